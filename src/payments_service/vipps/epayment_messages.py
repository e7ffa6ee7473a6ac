"""ePayment's replies on the wire: open to fields we do not know, strict about money."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from payments_service.vipps.messages import Instant, Key, Ore, Reply, Word

UNTOUCHED: Final = "CREATED"

#: Three capital letters; anything else is as good as a foreign currency.
Currency = Annotated[str, Field(min_length=1, max_length=40)]


class Amount(Reply):
    """An amount in the currency's smallest unit."""

    currency: Currency
    value: Ore


class Aggregate(Reply):
    """Vipps' sums. All four are required: one that is missing may be the one that matters."""

    authorizedAmount: Amount
    cancelledAmount: Amount
    capturedAmount: Amount
    refundedAmount: Amount

    @property
    def amounts(self) -> tuple[Amount, ...]:
        return (self.authorizedAmount, self.cancelledAmount, self.capturedAmount, self.refundedAmount)


class Created(Reply):
    """Answer to a create. There is no link when the member is asked on the phone."""

    reference: str
    redirectUrl: str | None = Field(default=None, max_length=8192, repr=False)


class Payment(Reply):
    """Answer to a get. `state` stays AUTHORIZED for ever, whatever is captured, refunded or let go afterwards."""

    reference: str
    state: Word
    amount: Amount
    aggregate: Aggregate

    @property
    def is_untouched(self) -> bool:
        """Nobody has done anything yet, by word and by sums."""
        return self.state.upper() == UNTOUCHED and not any(a.value for a in self.aggregate.amounts)


class Modified(Reply):
    """Answer to a capture, cancel or refund. Its sums may be behind, so only the reference is looked at."""

    reference: str


def _own_word(value: object) -> object:
    """`name` is what the log has; the specification still requires its old name, `paymentAction`."""
    if isinstance(value, dict):
        renamed = {"name": value.get("paymentAction"), "timestamp": value.get("processedAt")}
        return {**renamed, **{key: found for key, found in value.items() if found is not None}}
    return value


class EventLine(Reply):
    """One line of the event log, oldest first as far as anybody says."""

    reference: str
    name: Word
    amount: Amount
    success: bool
    timestamp: Instant = None
    idempotencyKey: Key = None


Event = Annotated[EventLine, BeforeValidator(_own_word)]


class EventLog(Reply):
    """The whole log: on the wire a bare list."""

    events: list[Event] = Field(max_length=1000)
