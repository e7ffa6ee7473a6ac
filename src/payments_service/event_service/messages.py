"""The event backend's replies on the wire: open to new fields, closed to missing or changed ones.

A field that was renamed must look like silence, not like a seat without a deadline or an event without seats.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, NoReturn, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from payments_service.domain.seats import Seat

ID: Final = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9._:@-]{1,64}")


class Unreadable(Exception):
    """A body that is not what it should be. Says where, never what."""


def _identifier(value: object) -> object:
    """Ids are opaque text to us; the backend writes some as integers."""
    text = str(value) if type(value) is int and abs(value) < 10**64 else value
    if not isinstance(text, str) or ID.fullmatch(text) is None:
        raise ValueError("no id")
    return text


def _instant(value: object) -> datetime | None:
    """RFC 3339 with an offset -> aware UTC. Without one nobody knows which hour is meant."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
        if found.tzinfo is None:
            raise ValueError("no offset")
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError("no instant") from None


def _page_number(value: object) -> object:
    """A number, or the address that other paginations of the same framework give."""
    if isinstance(value, str):
        value = (parse_qs(urlsplit(value).query).get("page") or [value])[-1]
        if re.fullmatch(r"[0-9]{1,9}", value):
            return int(value)
    if value is not None and type(value) is not int:
        raise ValueError("no page")
    return value


Identifier = Annotated[str, BeforeValidator(_identifier)]
Instant = Annotated[datetime | None, BeforeValidator(_instant)]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, hide_input_in_errors=True)


class UserInfo(_Reply):
    """Whose sign-up it is; names and addresses beside the id are not read."""

    user_id: Identifier


class Registration(_Reply):
    """One sign-up. `payment_expiredate` may be null and may not be missing."""

    registration_id: Identifier
    is_on_wait: bool
    payment_expiredate: Instant
    user_info: UserInfo

    def seat(self, event_id: str) -> Seat:
        return Seat(
            registration_id=self.registration_id,
            event_id=event_id,
            user_id=self.user_info.user_id,
            is_on_wait=self.is_on_wait,
            payment_expiredate=self.payment_expiredate,
        )


class RegistrationPage(_Reply):
    """One page of sign-ups; `next` is null on the last and may not be missing."""

    results: list[Registration]
    next: Annotated[int | None, BeforeValidator(_page_number)]


Reply = TypeVar("Reply", bound=BaseModel)


def parse(shape: type[Reply], body: bytes) -> Reply:
    """Read a body as one of the replies above, or raise `Unreadable`."""
    try:
        found: Any = json.loads(body, parse_constant=_refuse)
        return shape.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join("#" if isinstance(part, int) else str(part) for part in first["loc"])
        raise Unreadable(f"{where}: {first['type']}") from None
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None


def _refuse(_: str) -> NoReturn:
    raise ValueError("not a number")
