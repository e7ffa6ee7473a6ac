"""The event backend's way to talk to payments-service: every `/v1` route, typed; and the check of our signed events.

    client          PaymentsClient: where it all hangs together
    paid_events  registrations  orders  the_rest      a method for each route
    calls           one call from arguments to a model, pages walked
    wire            one request: the total deadline, the key, what is repeated and what never
    notices         verify_notice: is this event from payments-service, and what does it say
    models  words  values  errors

Nothing of `payments_service` is imported here, and nothing of this there: the wire between them is the contract.

    async with PaymentsClient("https://payments.example.org", token=KEY) as payments:
        await payments.registrations.put(77, event_id=123, user_id="olanor")
        order = await payments.orders.start(event_id=123, user_id="olanor")
        return order.payment_link
"""

from payments_service_client.client import PaymentsClient
from payments_service_client.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    NoAnswer,
    NotFound,
    NoticeNotVerified,
    PaymentsError,
    Refused,
    ServiceFailed,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnreadableAnswer,
    VippsRejected,
)
from payments_service_client.models import (
    Case,
    Deadline,
    EventExtension,
    Happening,
    Movement,
    Order,
    PaidEvent,
    Registration,
    SentNotice,
    Summary,
    Unpaid,
)
from payments_service_client.notices import Notice, NoticeData, verify_notice
from payments_service_client.values import UNSET
from payments_service_client.words import (
    CaseCode,
    ExemptionKind,
    NoticeStatus,
    NoticeType,
    OrderStatus,
    RegistrationStatus,
    StatusReason,
    VippsApi,
)

__all__ = [
    "UNSET",
    "Case",
    "CaseCode",
    "Conflict",
    "Deadline",
    "EventExtension",
    "ExemptionKind",
    "Forbidden",
    "Happening",
    "InvalidRequest",
    "Movement",
    "NoAnswer",
    "NotFound",
    "Notice",
    "NoticeData",
    "NoticeNotVerified",
    "NoticeStatus",
    "NoticeType",
    "Order",
    "OrderStatus",
    "PaidEvent",
    "PaymentsClient",
    "PaymentsError",
    "Refused",
    "Registration",
    "RegistrationStatus",
    "SentNotice",
    "ServiceFailed",
    "StatusReason",
    "Summary",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "Unpaid",
    "UnreadableAnswer",
    "VippsApi",
    "VippsRejected",
    "verify_notice",
]
