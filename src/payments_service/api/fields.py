"""The kinds of value that cross our API, read strictly and written in one way only."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)

from payments_service.domain.errors import OrderNotFound
from payments_service.domain.money import PRICE_MAX_ORE, PRICE_MIN_ORE, kroner

BACKEND_ID = r"^(?=.*[A-Za-z0-9])[A-Za-z0-9._:@-]{1,64}$"
ORDER_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
KRONER = r"^[0-9]{1,4}(\.[0-9]{1,2})?$"
PAYTIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
PHONE = r"^(\+?47)?[0-9]{8}$"
INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
#: Years a payment can be about; anything else is a slip and would overflow sums of time later.
FIRST_YEAR, LAST_YEAR = 2000, 2199


def backend_id(value: object) -> str:
    """An id of the event backend. Whole numbers become text; booleans and fractions are no ids."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not re.fullmatch(BACKEND_ID, value):
        raise ValueError("must be 1-64 characters of A-Z a-z 0-9 . _ : @ - with a letter or digit among them")
    return value


def order_id(value: object) -> UUID:
    """An order id as we write it. Any other text is the id of no order, and that is the answer: OrderNotFound."""
    if not isinstance(value, str) or not re.fullmatch(ORDER_ID, value):
        raise OrderNotFound
    return UUID(value)


def ore(value: object) -> int:
    """Kroner as text -> whole øre. A JSON number is refused: it may have been a float on its way."""
    if not isinstance(value, str) or not re.fullmatch(KRONER, value):
        raise ValueError('must be kroner as text, as "250.00"')
    kroner_part, _, ore_part = value.partition(".")
    return int(kroner_part) * 100 + int(ore_part.ljust(2, "0"))


def price_ore(value: object) -> int:
    found = ore(value)
    if not PRICE_MIN_ORE <= found <= PRICE_MAX_ORE:
        raise ValueError("must be from 1.00 to 9999.99")
    return found


def positive_ore(value: object) -> int:
    found = ore(value)
    if found < 1:
        raise ValueError("must be more than 0.00")
    return found


def paytime_seconds(value: object) -> int:
    """`HH:MM:SS` -> seconds."""
    if not isinstance(value, str) or not re.fullmatch(PAYTIME, value) or value == "00:00:00":
        raise ValueError("must be HH:MM:SS from 00:00:01 to 23:59:59")
    hours, minutes, seconds = value.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def instant_utc(value: object) -> datetime:
    """RFC 3339 with any offset -> the same instant in UTC. Digits beyond the microsecond are dropped."""
    found = INSTANT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("must be an RFC 3339 instant with an offset, as 2026-11-23T15:00:00Z")
    day, clock, fraction, offset = found.groups()
    offset = "+00:00" if offset in {"Z", "z"} else offset
    try:
        parsed = datetime.fromisoformat(
            f"{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}{offset}"
        ).astimezone(UTC)
    except (ValueError, OverflowError):  # a 30th of February, a leap second, an offset of a day
        raise ValueError("must be an instant that exists") from None
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise ValueError(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return parsed


def plain_text(value: str) -> str:
    """Text for people on one line: no control characters, no invisible re-ordering, no half characters."""
    if any(
        ch < " " or "\x7f" <= ch <= "\x9f" or ch in _INVISIBLE or "\ud800" <= ch <= "\udfff" for ch in value
    ):
        raise ValueError("must not contain control characters")
    return value


#: Line and paragraph separators, and what turns the reading direction round (Unicode TR 9).
_INVISIBLE = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def instant(moment: datetime) -> str:
    """UTC with `Z`. Sub-second digits stay when there are any: the deadline shown is the one enforced."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def paytime(seconds: int) -> str:
    """Seconds -> `HH:MM:SS`."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"


def _schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


_INSTANT_SCHEMA = WithJsonSchema(
    {"type": "string", "format": "date-time", "examples": ["2026-11-23T15:00:00Z"]}
)
_ID_SCHEMA = WithJsonSchema(
    {"anyOf": [{"type": "string", "pattern": BACKEND_ID}, {"type": "integer"}], "examples": ["123"]}
)

# In. A body's field, or a query parameter's.
BackendId = Annotated[str, PlainValidator(backend_id), _ID_SCHEMA]
PathId = Annotated[str, PlainValidator(backend_id), _schema(BACKEND_ID, "123")]
OrderId = Annotated[UUID, PlainValidator(order_id), WithJsonSchema({"type": "string", "format": "uuid"})]
Price = Annotated[int, PlainValidator(price_ore), _schema(KRONER, "250.00")]
Amount = Annotated[int, PlainValidator(positive_ore), _schema(KRONER, "100.00")]
Paytime = Annotated[int, PlainValidator(paytime_seconds), _schema(PAYTIME, "01:00:00")]
Instant = Annotated[datetime, PlainValidator(instant_utc), _INSTANT_SCHEMA]
Title = Annotated[str, Field(max_length=200), AfterValidator(plain_text)]
PersonName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(plain_text)]
Reason = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(plain_text)]
Phone = Annotated[str, Field(pattern=PHONE)]

# Out.
Kroner = Annotated[int, PlainSerializer(kroner, return_type=str), _schema(r"^-?[0-9]+\.[0-9]{2}$", "250.00")]
InstantOut = Annotated[datetime, PlainSerializer(instant, return_type=str), _INSTANT_SCHEMA]
PaytimeOut = Annotated[int, PlainSerializer(paytime, return_type=str), _schema(PAYTIME, "01:00:00")]


def _digits(text: Any) -> Any:
    """Pydantic alone would also take ` 5`, `5.0` and `1_0`."""
    if isinstance(text, str) and not re.fullmatch(r"[0-9]{1,3}", text):
        raise ValueError("must be a whole number from 1 to 100")
    return text


class Input(BaseModel):
    """A request body: nothing it does not name, nothing of another type than it says."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Query(BaseModel):
    """The query of a list. Everything arrives as text, so numbers are parsed; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    limit: Annotated[int, BeforeValidator(_digits), Field(ge=1, le=100)] = 50
    cursor: Annotated[str, Field(min_length=1, max_length=512)] | None = None


class Output(BaseModel):
    """An answer. Built from our own values, so nothing is parsed."""

    model_config = ConfigDict(frozen=True)
