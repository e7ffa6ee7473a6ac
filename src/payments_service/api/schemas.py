"""The bodies of our API: what comes in, strictly; what goes out, in one way only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from payments_service.api.fields import (
    BackendId,
    Input,
    Instant,
    InstantOut,
    Kroner,
    Output,
    Paytime,
    PaytimeOut,
    PersonName,
    Phone,
    Price,
    Query,
    Title,
    plain_text,
)
from payments_service.domain.deadlines import seconds_left
from payments_service.domain.money import CURRENCY
from payments_service.domain.orders import OrderStatus, StatusReason
from payments_service.domain.paid_events import PaidEvent
from payments_service.domain.registrations import DECIDED, RegistrationStatus
from payments_service.storage.history import Happening
from payments_service.storage.views import OrderView, RegistrationView

Url = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^https?://[!-~]+$")]
Organizer = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(plain_text)]
SearchText = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(plain_text)]


class PaidEventIn(Input):
    """A paid event. An optional field left out keeps its value, an explicit null clears it."""

    price: Price
    paytime: Paytime
    title: Title | None = None
    organizer: Organizer | None = None
    starts_at: Instant | None = None
    url: Url | None = None

    def changes(self) -> dict[str, object]:
        """Return the columns to write: those that were sent."""
        values: dict[str, object] = {"price_ore": self.price, "paytime_seconds": self.paytime}
        for name in ("title", "organizer", "starts_at", "url"):
            if name in self.model_fields_set:
                values[name] = getattr(self, name)
        return values


class PaidEventOut(Output):
    event_id: str
    price: Kroner
    currency: str = CURRENCY
    paytime: PaytimeOut
    title: str | None
    organizer: str | None
    starts_at: InstantOut | None
    url: str | None

    @classmethod
    def of(cls, event: PaidEvent) -> PaidEventOut:
        return cls(
            event_id=event.event_id,
            price=event.price_ore,
            paytime=int(event.paytime.total_seconds()),
            title=event.title,
            organizer=event.organizer,
            starts_at=event.starts_at,
            url=event.url,
        )


class RegistrationIn(Input):
    """A sign-up. A deadline of the backend's own wins over `from_waiting_list`."""

    event_id: BackendId
    user_id: BackendId
    from_waiting_list: bool = False
    payment_expiredate: Instant | None = None


class OrderIn(Input):
    """Who wants to pay for what. The name is shown at Vipps and kept nowhere."""

    event_id: BackendId
    user_id: BackendId
    payer_name: PersonName | None = None
    return_url: Annotated[str, Field(max_length=2000)] | None = None
    phone_number: Phone | None = None


class OrderOut(Output):
    order_id: str
    event_id: str | None
    user_id: str | None
    registration_id: str | None
    status: OrderStatus
    status_reason: StatusReason | None
    is_paid: bool
    amount: Kroner
    captured: Kroner
    refunded: Kroner
    currency: str = CURRENCY
    payment_link: str | None
    payment_expiredate: InstantOut | None
    server_time: InstantOut
    vipps_api: Literal["ecom", "epayment"]
    created_at: InstantOut
    updated_at: InstantOut

    @classmethod
    def of(cls, view: OrderView) -> OrderOut:
        order = view.order
        return cls.model_construct(
            order_id=order.order_id,
            event_id=order.event_id,
            user_id=order.user_id,
            registration_id=order.registration_id,
            status=order.status,
            status_reason=order.status_reason,
            is_paid=order.is_paid,
            amount=order.amount_ore,
            captured=order.captured_ore,
            refunded=order.refunded_ore,
            payment_link=order.payment_link,
            payment_expiredate=view.payment_expiredate,
            server_time=view.server_time,
            vipps_api=order.vipps_api,
            created_at=order.created_at,
            updated_at=order.updated_at,
        )


class RegistrationOut(Output):
    registration_id: str
    event_id: str
    user_id: str | None
    status: RegistrationStatus
    has_paid: bool
    payment_expiredate: InstantOut
    seconds_left: int | None
    server_time: InstantOut
    price: Kroner | None
    currency: str = CURRENCY
    orders: list[OrderOut]

    @classmethod
    def of(cls, view: RegistrationView) -> RegistrationOut:
        registration = view.registration
        status = registration.status
        left: int | None = None
        if status is RegistrationStatus.HELD:
            left = 0
        elif status not in DECIDED and status is not RegistrationStatus.REFUNDED:
            left = seconds_left(registration.payment_expiredate, view.server_time)
        return cls(
            registration_id=registration.registration_id,
            event_id=registration.event_id,
            user_id=registration.user_id,
            status=status,
            has_paid=any(view.order.is_paid for view in view.orders),
            payment_expiredate=registration.payment_expiredate,
            seconds_left=left,
            server_time=view.server_time,
            price=view.price_ore,
            orders=[OrderOut.of(order) for order in view.orders],
        )


class PaidEventPage(Output):
    items: list[PaidEventOut]
    next_cursor: str | None


class RegistrationPage(Output):
    items: list[RegistrationOut]
    next_cursor: str | None


class OrderPage(Output):
    items: list[OrderOut]
    next_cursor: str | None


class HappeningOut(Output):
    at: InstantOut
    what: str
    evidence: dict[str, object]


class HistoryOut(Output):
    items: list[HappeningOut]

    @classmethod
    def of(cls, lines: Iterable[Happening]) -> HistoryOut:
        return cls(
            items=[HappeningOut(at=line.at, what=line.what, evidence=dict(line.evidence)) for line in lines]
        )


class EventOrderQuery(Query):
    """Which of an event's orders to list."""

    user_id: BackendId | None = None
    status: OrderStatus | None = None
    search: SearchText | None = None


class OrderQuery(EventOrderQuery):
    event_id: BackendId | None = None


class RegistrationQuery(Query):
    event_id: BackendId | None = None
    user_id: BackendId | None = None
    status: RegistrationStatus | None = None
