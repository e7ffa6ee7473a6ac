"""Refusals: everything the service may say no with. They know nothing of HTTP.

Refusal
├── NotFound          paid_event_not_found  registration_not_found  order_not_found  user_not_found
│                     notice_not_found
├── Conflict          already_paid  payment_time_expired  on_waiting_list  registration_exempt
│                     registration_conflict  registration_ended  registration_decided
│                     event_has_payments  payment_in_progress  request_in_progress
│                     nothing_to_capture  nothing_to_cancel  nothing_to_refund  amount_too_high
├── Invalid           return_url_not_allowed
├── TooMany           too_many_requests
├── Rejected          vipps_rejected
└── Unavailable       vipps_unavailable  event_service_unavailable
"""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """The service understood what was asked and says no. `code` is stable; callers may act on it."""

    code: ClassVar[str] = "refused"
    retry_after_seconds: int | None = None

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").partition("\n")[0])


class NotFound(Refusal):
    """There is no such thing, or it is not the caller's to see."""

    code = "not_found"


class PaidEventNotFound(NotFound):
    """No paid event has this id."""

    code = "paid_event_not_found"


class RegistrationNotFound(NotFound):
    """No registration has this id, or this member has no seat at this event."""

    code = "registration_not_found"


class OrderNotFound(NotFound):
    """No order has this id."""

    code = "order_not_found"


class NoticeNotFound(NotFound):
    """No notice has this id."""

    code = "notice_not_found"


class UserNotFound(NotFound):
    """Nothing is kept about this member."""

    code = "user_not_found"


class Conflict(Refusal):
    """What was asked does not fit what is already so."""

    code = "conflict"


class AlreadyPaid(Conflict):
    """The registration is paid."""

    code = "already_paid"


class PaymentTimeExpired(Conflict):
    """The time to pay is over."""

    code = "payment_time_expired"


class OnWaitingList(Conflict):
    """The member is on the waiting list and has no seat to pay for."""

    code = "on_waiting_list"


class RegistrationExempt(Conflict):
    """The registration pays nothing here."""

    code = "registration_exempt"


class RegistrationConflict(Conflict):
    """The registration id is already known with another event or member."""

    code = "registration_conflict"


class RegistrationEnded(Conflict):
    """The registration id belonged to a sign-up that is over; a new sign-up has a new id."""

    code = "registration_ended"


class RegistrationDecided(Conflict):
    """The registration is already decided."""

    code = "registration_decided"


class EventHasPayments(Conflict):
    """The event has paid registrations or an open checkout, so it cannot be made free."""

    code = "event_has_payments"


class PaymentInProgress(Conflict):
    """A payment of this registration is being looked at by a person."""

    code = "payment_in_progress"

    def __init__(self, message: str = "", *, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class RequestInProgress(Conflict):
    """Another request is starting this payment right now."""

    code = "request_in_progress"
    retry_after_seconds = 2


class NothingToCapture(Conflict):
    """No reserved money is left that is not already being captured."""

    code = "nothing_to_capture"


class NothingToCancel(Conflict):
    """There is neither an open checkout nor a reservation."""

    code = "nothing_to_cancel"


class NothingToRefund(Conflict):
    """No captured money is left that is not already on its way back."""

    code = "nothing_to_refund"


class AmountTooHigh(Conflict):
    """More than what is left."""

    code = "amount_too_high"


class Invalid(Refusal):
    """A field is well formed and still not acceptable."""

    code = "invalid_request"


class ReturnUrlNotAllowed(Invalid):
    """The return address is not on the list of allowed origins."""

    code = "return_url_not_allowed"


class TooMany(Refusal):
    """More new payments for one registration than is reasonable."""

    code = "too_many_requests"

    def __init__(self, message: str = "", *, retry_after_seconds: int = 60) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Rejected(Refusal):
    """Vipps refused to start the payment."""

    code = "vipps_rejected"


class Unavailable(Refusal):
    """A neighbour does not answer; the same request may be sent again."""

    code = "unavailable"
    retry_after_seconds = 5


class VippsUnavailable(Unavailable):
    """Vipps gives no usable answer right now."""

    code = "vipps_unavailable"


class EventServiceUnavailable(Unavailable):
    """The event backend gives no usable answer right now."""

    code = "event_service_unavailable"
