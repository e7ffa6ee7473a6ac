"""Every word Vipps uses for what happened to a payment, and the one thing each means to us."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Meaning(StrEnum):
    """What a word of Vipps' says, whichever of its vocabularies it comes from."""

    STARTED = "started"  # the payment exists, the member has not decided
    RESERVED = "reserved"  # approved, the money is held
    SOLD = "sold"  # approved and taken at once (direct capture)
    DECLINED = "declined"  # a card was refused; another may follow in the same payment
    CLOSED = "closed"  # over before any approval: cancelled by the member, by us, or by time
    VOIDED = "voided"  # a reservation was let go
    CAPTURED = "captured"
    REFUNDED = "refunded"


class ClosedBy(StrEnum):
    """Who ended a checkout before any approval, where a word of Vipps' tells."""

    MEMBER = "member"
    TIME = "time"
    MERCHANT = "merchant"


# One table over all vocabularies: eCom's details log, its callback, its old status route and its replies to operations;
# ePayment's states and event log. Spellings that only old or odd payloads carry are kept, since they cost nothing and
# silence costs a seat.
WORDS: Final[dict[str, Meaning]] = {
    "INITIATE": Meaning.STARTED,
    "REGISTER": Meaning.STARTED,
    "REGISTERED": Meaning.STARTED,
    "RESERVE": Meaning.RESERVED,
    "RESERVED": Meaning.RESERVED,
    "SALE": Meaning.SOLD,
    "RESERVE_FAILED": Meaning.DECLINED,
    "SALE_FAILED": Meaning.DECLINED,
    "FAILED": Meaning.DECLINED,
    "CANCEL": Meaning.CLOSED,
    "CANCELLED": Meaning.CLOSED,
    "CANCELED": Meaning.CLOSED,
    "REJECT": Meaning.CLOSED,
    "REJECTED": Meaning.CLOSED,
    "USER_CANCEL": Meaning.CLOSED,
    "AUTOCANCEL": Meaning.CLOSED,
    "AUTO_CANCEL": Meaning.CLOSED,
    "VOID": Meaning.VOIDED,
    "AUTOREVERSAL": Meaning.VOIDED,
    "CAPTURE": Meaning.CAPTURED,
    "CAPTURED": Meaning.CAPTURED,
    "REFUND": Meaning.REFUNDED,
    "REFUNDED": Meaning.REFUNDED,
    "CREATED": Meaning.STARTED,
    "AUTHORIZED": Meaning.RESERVED,
    "AUTHORISED": Meaning.RESERVED,
    "ABORTED": Meaning.CLOSED,
    "EXPIRED": Meaning.CLOSED,
    "TERMINATED": Meaning.CLOSED,
}
# ePayment says who closed a payment. eCom does not: its CANCEL and REJECTED stand for all three.
CLOSED_BY: Final[dict[str, ClosedBy]] = {
    "ABORTED": ClosedBy.MEMBER,
    "EXPIRED": ClosedBy.TIME,
    "TERMINATED": ClosedBy.MERCHANT,
}


def meaning_of(word: str) -> Meaning | None:
    """Return what a word of Vipps' means, or None for one we have never heard."""
    return WORDS.get(word.strip().upper())


def closed_by(word: str | None) -> ClosedBy | None:
    """Return who closed a payment that has this word in its log, or None when the word does not tell."""
    return None if word is None else CLOSED_BY.get(word.strip().upper())
