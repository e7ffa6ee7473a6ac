"""Single values of Lepton's columns: lenient where only the spelling differs, strict where the meaning might."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from payments_service.domain.money import PRICE_MAX_ORE, PRICE_MIN_ORE

_UUID: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ID: Final = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9._:@-]{1,64}")
_WHOLE: Final = re.compile(r"([0-9]+)\.0+")
_PRICE: Final = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,2})0*)?")
_PAYTIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.0+)?")
_BEFORE_OFFSET: Final = re.compile(r"\s+(?=[+-][0-9]{2}:?(?:[0-9]{2})?$|Z$|UTC$)")
FIRST_YEAR, LAST_YEAR = 2000, 2199


def order_id(text: str | None) -> str | None:
    """A UUID as Vipps was given it, with dashes and in small letters; MySQL keeps it without dashes."""
    if text is None or _UUID.fullmatch(text.lower()) is None:
        return None
    return str(UUID(text))


def backend_id(text: str | None) -> str | None:
    """An id as the backend names it on the wire. `123.0` is what tools make of a whole number beside missing ones."""
    if text is None:
        return None
    whole = _WHOLE.fullmatch(text)
    found = whole.group(1) if whole else text
    return found if _ID.fullmatch(found) else None


def instant(text: str | None) -> datetime | None:
    """An instant in UTC; without an offset it is UTC, which is how Django stores it. None when it is none."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(_BEFORE_OFFSET.sub("", text).replace("UTC", "+00:00"))
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def price_ore(text: str | None) -> int | None:
    """Kroner, with a point or a comma, as whole øre; None for what nobody can be asked to pay."""
    found = None if text is None else _PRICE.fullmatch(text)
    if found is None:
        return None
    ore = int(found.group(1)) * 100 + int((found.group(2) or "0").ljust(2, "0"))
    return ore if PRICE_MIN_ORE <= ore <= PRICE_MAX_ORE else None


def paytime_seconds(text: str | None) -> int | None:
    """`HH:MM:SS` as seconds, at least one."""
    found = None if text is None else _PAYTIME.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (int(part) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds or None
