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


_S = RegistrationStatus

# Every change of status there is, and what causes it; `docs/states.md` is made from this.
CHANGES: Final[dict[tuple[RegistrationStatus, RegistrationStatus], str]] = {
    (_S.AWAITING_PAYMENT, _S.PAID): "an order is paid",
    (_S.AWAITING_PAYMENT, _S.EXPIRING): "the deadline passed",
    (_S.AWAITING_PAYMENT, _S.HELD): "the deadline passed, and Vipps does not answer",
    (_S.AWAITING_PAYMENT, _S.EXEMPT): "exempted by a person",
    (_S.AWAITING_PAYMENT, _S.ENDED): "signed off, replaced or gone",
    (_S.EXPIRING, _S.PAID): "an order is paid after all",
    (_S.EXPIRING, _S.HELD): "Vipps does not answer",
    (_S.EXPIRING, _S.AWAITING_PAYMENT): "the backend gives more time",
    (_S.EXPIRING, _S.EXPIRED): "the seat was taken back",
    (_S.EXPIRING, _S.EXEMPT): "exempted by a person",
    (_S.EXPIRING, _S.ENDED): "signed off, replaced or gone",
    (_S.HELD, _S.PAID): "Vipps answers: paid",
    (_S.HELD, _S.EXPIRING): "Vipps answers: not paid",
    (_S.HELD, _S.AWAITING_PAYMENT): "more time was given",
    (_S.HELD, _S.EXEMPT): "exempted by a person",
    (_S.HELD, _S.ENDED): "signed off, replaced or gone",
    (_S.PAID, _S.REFUNDED): "all money went back",
    (_S.PAID, _S.HELD): "due, and its money is a person's matter",
    (_S.PAID, _S.AWAITING_PAYMENT): "its money is a person's matter",
    (_S.PAID, _S.ENDED): "signed off with a refund, replaced or gone",
    (_S.REFUNDED, _S.AWAITING_PAYMENT): "a new order was started",
    (_S.REFUNDED, _S.PAID): "an order is paid",
    (_S.REFUNDED, _S.EXEMPT): "exempted by a person",
    (_S.REFUNDED, _S.ENDED): "signed off, replaced or gone",
    (_S.EXEMPT, _S.ENDED): "signed off, replaced or gone",
    (_S.EXPIRED, _S.AWAITING_PAYMENT): "a seat again, from the waiting list",
    (_S.ENDED, _S.AWAITING_PAYMENT): "a seat again, from the waiting list",
}

OVER: Final = frozenset({RegistrationStatus.EXPIRED, RegistrationStatus.ENDED})
OWING: Final = frozenset(
    {RegistrationStatus.AWAITING_PAYMENT, RegistrationStatus.HELD, RegistrationStatus.EXPIRING}
)
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
