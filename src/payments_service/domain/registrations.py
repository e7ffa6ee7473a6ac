"""A registration: one sign-up, and with it the duty to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class RegistrationStatus(StrEnum):
    """What a registration is."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    HELD = "held"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    EXEMPT = "exempt"
    ENDED = "ended"


OVER: Final = frozenset({RegistrationStatus.EXPIRED, RegistrationStatus.ENDED})
DECIDED: Final = OVER | {RegistrationStatus.PAID, RegistrationStatus.EXPIRING, RegistrationStatus.EXEMPT}


@dataclass(frozen=True, slots=True)
class Registration:
    """One sign-up. `over_at` is when it lost its seat; `sealed_at` when no new order could start any more.

    `announced_at`: when the event backend told us of it; None for one we found ourselves.
    `backend_expiredate`: the deadline the backend itself last named, if it ever did.
    `released_by`: how the seat went, `unregister` or `waiting_list`; from the waiting list the same id may come back.
    """

    registration_id: str
    event_id: str
    user_id: str | None
    status: RegistrationStatus
    payment_expiredate: datetime
    from_waiting_list: bool
    created_at: datetime
    announced_at: datetime | None = None
    backend_expiredate: datetime | None = None
    sealed_at: datetime | None = None
    held_since: datetime | None = None
    shadow_decided_at: datetime | None = None
    release_sent_at: datetime | None = None
    over_at: datetime | None = None
    released_by: str | None = None

    @property
    def may_reopen(self) -> bool:
        """The same sign-up may get a seat again: it went back to the waiting list, not away."""
        return self.status in OVER and self.released_by == "waiting_list"

    @property
    def has_seat(self) -> bool:
        return self.status not in OVER
