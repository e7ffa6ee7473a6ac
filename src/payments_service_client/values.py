"""Values on their way out: what could be misread is refused here, before anything is sent."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final

Id = str | int
_ID: Final = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9._:@-]{1,64}")


class Unset(Enum):
    """Tells a field left out, which keeps its value, from None, which clears it."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


def identifier(value: Id) -> str:
    """An id as the service takes it; all its characters may stand in a path, and it is never `.` or `..`."""
    text = str(value)
    if isinstance(value, bool) or not _ID.fullmatch(text):
        raise ValueError(
            "an id has 1-64 characters of A-Z a-z 0-9 . _ : @ - with a letter or digit among them"
        )
    return text


def optional_identifier(value: Id | None) -> str | None:
    return None if value is None else identifier(value)


def kroner(amount: Decimal) -> str:
    """`Decimal("250")` -> `"250.00"`. A float is refused: it may not be the amount that was meant."""
    if not isinstance(amount, Decimal):
        raise TypeError(f"an amount is a Decimal, not {type(amount).__name__}")
    if not amount.is_finite() or amount < 0 or amount != round(amount, 2):
        raise ValueError("an amount has whole øre and is not negative")
    return f"{amount:.2f}"


def instant(moment: datetime) -> str:
    """RFC 3339. Without a time zone nobody knows which hour is meant."""
    if moment.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    return moment.isoformat()


def clock(duration: timedelta) -> str:
    """A paytime as `HH:MM:SS`, in whole seconds below a day."""
    seconds = int(duration.total_seconds())
    if timedelta(seconds=seconds) != duration or not 1 <= seconds < 86_400:
        raise ValueError("a paytime is from 00:00:01 to 23:59:59, in whole seconds")
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def given(**fields: Any) -> dict[str, Any]:
    """The fields that are not None: what is left out is left to the service."""
    return {name: value for name, value in fields.items() if value is not None}
