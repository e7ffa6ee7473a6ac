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


# One table over four vocabularies: the details log, the callback, the old status route and the replies to
# operations. Spellings that only old or odd payloads carry are kept, since they cost nothing and silence costs a seat.
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
}


def meaning_of(word: str) -> Meaning | None:
    """Return what a word of Vipps' means, or None for one we have never heard."""
    return WORDS.get(word.strip().upper())
