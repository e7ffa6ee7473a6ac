"""An order of the system before this one: its word for it is all there is to go by until Vipps has been asked. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from payments_service.domain.money import PRICE_MAX_ORE, PRICE_MIN_ORE
from payments_service.domain.orders import OrderStatus
from payments_service.domain.readings import Reading
from payments_service.domain.vocabulary import Meaning, meaning_of

# A declined card may have been followed by another one, so it ends nothing.
_STATUS: Final[dict[Meaning, OrderStatus]] = {
    Meaning.STARTED: OrderStatus.INITIATE,
    Meaning.DECLINED: OrderStatus.INITIATE,
    Meaning.RESERVED: OrderStatus.RESERVED,
    Meaning.SOLD: OrderStatus.SALE,
    Meaning.CAPTURED: OrderStatus.CAPTURE,
    Meaning.REFUNDED: OrderStatus.REFUND,
    Meaning.CLOSED: OrderStatus.CANCEL,
    Meaning.VOIDED: OrderStatus.VOID,
}
_ENDS: Final = frozenset({OrderStatus.CANCEL, OrderStatus.VOID, OrderStatus.REFUND})
_PAID: Final = frozenset({OrderStatus.RESERVED, OrderStatus.SALE, OrderStatus.CAPTURE})
_NAMING: Final = frozenset({Meaning.STARTED, Meaning.RESERVED, Meaning.SOLD})
_APPROVALS: Final = frozenset({Meaning.RESERVED, Meaning.SOLD})


class Answer(StrEnum):
    """What settled an imported order: Vipps knows it, Vipps does not, or a person says that it does not count."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    DISREGARDED = "disregarded"


@dataclass(frozen=True, slots=True)
class ImportedOrder:
    """`word` is the old system's own, `status` what we take it for, None for a word nobody knows.

    `is_resting`: it is too early to ask Vipps again. `order_status`, `registration_id`: of the order it has become.
    `is_unit_proven`: Vipps knows at least one imported order, so that the sales unit asked is the one that took them.
    """

    order_id: str
    word: str
    status: OrderStatus | None
    event_id: str | None
    user_id: str | None
    payment_link: str | None
    created_at: datetime | None
    answer: Answer | None = None
    missing_since: datetime | None = None
    attempts: int = 0
    is_resting: bool = False
    is_unit_proven: bool = False
    order_status: OrderStatus | None = None
    registration_id: str | None = None

    @property
    def says_paid(self) -> bool:
        return self.status in _PAID

    @property
    def is_unlinked(self) -> bool:
        """It has become an order, and no registration has it yet."""
        return self.answer is Answer.KNOWN and self.registration_id is None

    @property
    def is_open_question(self) -> bool:
        """Nobody may lose a seat over it, or pay beside it, before it is answered.

        Vipps' "no such payment" ends it only where the old word does not say that it was paid: that word may be an
        organiser's, who took the money otherwise. And only once the sales unit is known to be the right one.
        """
        if self.answer is None:
            return self.status not in _ENDS
        if self.answer is Answer.UNKNOWN:
            return self.says_paid or (self.status not in _ENDS and not self.is_unit_proven)
        return False


def status_of_word(word: str) -> OrderStatus | None:
    """Return the status that a word of the old system's stands for; it has stored Vipps' own words as well."""
    meaning = meaning_of(word)
    return None if meaning is None else _STATUS[meaning]


def named_amount(reading: Reading) -> int | None:
    """Return the amount that Vipps itself names for a payment, in øre; None when it names none that can be one.

    Nothing else is asked: today's price is not what was paid then.
    """
    named = [e.amount_ore for e in reading.entries if e.succeeded and meaning_of(e.word) in _NAMING]
    if not named or not PRICE_MIN_ORE <= named[0] <= PRICE_MAX_ORE:
        return None
    return named[0]


def approved_at(reading: Reading) -> datetime | None:
    """Return when the member approved it, by Vipps' log."""
    instants = [
        e.happened_at
        for e in reading.entries
        if e.succeeded and e.happened_at is not None and meaning_of(e.word) in _APPROVALS
    ]
    return min(instants, default=None)


def open_questions(found: Sequence[ImportedOrder]) -> list[ImportedOrder]:
    """Return those of a member's imported orders for an event that are not answered."""
    return [order for order in found if order.is_open_question]
