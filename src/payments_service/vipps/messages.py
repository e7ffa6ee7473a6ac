"""Vipps' replies on the wire: open to fields we do not know, strict about money."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

AMOUNT_CAP: Final = 10**10  # øre; ten digits are more than any sales unit may take at once
SHORTEST_LIFE: Final = 300.0  # seconds, taken when a token comes without a readable life
LONGEST_LIFE: Final = 24 * 3600.0  # what production tokens live


class Unreadable(Exception):
    """A body that is not what it should be. Says where, never what: bodies hold names and phone numbers."""


def read_json(body: bytes) -> Any:
    """Parse a body. Raises `Unreadable` for what is no JSON, NaN, a key said twice, and depths no reply has."""
    try:
        return json.loads(body, parse_constant=_refuse, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None


def _refuse(_: str) -> NoReturn:
    raise ValueError("not a number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")  # which of two amounts is meant nobody can tell
    return found


def _whole_ore(value: object) -> object:
    """Amounts were strings in 2018 and are integers now; 1.0 and true are neither."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value):
        return int(value)
    if type(value) is not int:
        raise ValueError("no whole amount")
    return value


def _instant(value: object) -> datetime | None:
    """RFC 3339; without an offset UTC, on which Vipps' servers run. None when unreadable: order still tells."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        if found is None:
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _word(value: object) -> object:
    """An operation's name fit to be stored and logged; odd characters become `?`, which no known word has."""
    return re.sub(r"[^A-Za-z0-9_ -]", "?", value)[:40] if isinstance(value, str) else value


def _token_text(value: object) -> str | None:
    """Our own key coming back. `""`: somebody else's doing, as in the portal; None: the log names nobody."""
    if not isinstance(value, str):
        return None
    return value if re.fullmatch(r"[!-~]{1,64}", value) else ""


Ore = Annotated[int, BeforeValidator(_whole_ore), Field(ge=0, lt=AMOUNT_CAP)]
Word = Annotated[str, BeforeValidator(_word), Field(min_length=1)]
Instant = Annotated[datetime | None, BeforeValidator(_instant)]
Key = Annotated[str | None, BeforeValidator(_token_text)]


class Reply(BaseModel):
    """What Vipps says, whatever it is about."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, hide_input_in_errors=True)


class Started(Reply):
    """Answer to an initiate."""

    orderId: str
    url: str = Field(max_length=8192, repr=False)


class TransactionInfo(Reply):
    """What became of an operation; the number of the transaction is optional since 2021 and not needed."""

    status: Word | None = None


class Done(Reply):
    """Answer to a capture, cancel or refund. A refund says `transaction` where the others say `transactionInfo`."""

    orderId: str
    transactionInfo: TransactionInfo | None = None
    transaction: TransactionInfo | None = None

    @property
    def word(self) -> str | None:
        info = self.transactionInfo or self.transaction
        return info.status if info else None


class Summary(Reply):
    """Vipps' sums. Any may be missing; one that is there must be an amount."""

    capturedAmount: Ore | None = None
    remainingAmountToCapture: Ore | None = None
    refundedAmount: Ore | None = None


class LogLine(Reply):
    """One line of the details log."""

    operation: Word
    amount: Ore
    operationSuccess: bool
    timeStamp: Instant = None
    requestId: Key = None


class Details(Reply):
    """Answer to details. The summary is absent until the member has reacted; the log is newest first."""

    orderId: str
    transactionLogHistory: list[LogLine] = Field(max_length=1000)
    transactionSummary: Summary | None = None


class AccessToken(Reply):
    """A token and how long it lives, in seconds."""

    value: str = Field(alias="access_token", pattern=r"^[!-~]{1,16384}$", repr=False)
    expires_in: Any = None

    @property
    def life_seconds(self) -> float:
        """Documented as a string, sent as a number by some; anything else counts as a short life."""
        text = str(self.expires_in) if type(self.expires_in) in (str, int, float) else ""
        try:
            life = float(text) if len(text) <= 20 else math.nan
        except ValueError:
            life = math.nan
        return min(life, LONGEST_LIFE) if life > 0 and math.isfinite(life) else SHORTEST_LIFE


AnyReply = TypeVar("AnyReply", bound=BaseModel)


def parse(shape: type[AnyReply], body: bytes, *, under: str | None = None) -> AnyReply:
    """Read a body as one of the replies above, or raise `Unreadable`. `under` names what a bare list is a list of."""
    found = read_json(body)
    try:
        return shape.model_validate(found if under is None else {under: found})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise Unreadable(f"{shape.__name__}: {first['type']}") from None
