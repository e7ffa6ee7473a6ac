"""What the service answers with. Frozen, and open to new fields: amounts are Decimal, instants aware."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from payments_service_client.words import (
    CaseCode,
    NoticeStatus,
    NoticeType,
    OrderStatus,
    RegistrationStatus,
    StatusReason,
    VippsApi,
)


class Model(BaseModel):
    """Takes what it knows and leaves the rest, so that a newer service is no trouble."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class PaidEvent(Model):
    """An event that costs money."""

    event_id: str
    price: Decimal
    currency: str
    paytime: timedelta
    title: str | None
    organizer: str | None
    starts_at: AwareDatetime | None
    url: str | None


class Order(Model):
    """One attempt to pay. `payment_link` is where to send the member, and null once there is nothing to pay."""

    order_id: str
    event_id: str | None
    user_id: str | None
    registration_id: str | None
    status: OrderStatus
    status_reason: StatusReason | None
    is_paid: bool
    amount: Decimal
    captured: Decimal
    refunded: Decimal
    currency: str
    payment_link: str | None = Field(repr=False)
    payment_expiredate: AwareDatetime | None
    server_time: AwareDatetime
    vipps_api: VippsApi
    created_at: AwareDatetime
    updated_at: AwareDatetime


class Registration(Model):
    """One sign-up. Count down with `seconds_left`, not with the phone's clock."""

    registration_id: str
    event_id: str
    user_id: str | None
    status: RegistrationStatus
    has_paid: bool
    payment_expiredate: AwareDatetime
    seconds_left: int | None
    server_time: AwareDatetime
    price: Decimal | None
    currency: str
    orders: tuple[Order, ...]


class Movement(Model):
    """A capture, cancel or refund. Not `is_done`: Vipps has left it open, and it goes on by itself."""

    order: Order
    is_done: bool
    retry_after: int | None


class Happening(Model):
    """Something that happened to an order or a registration, and what it was decided from."""

    at: AwareDatetime
    what: str
    evidence: dict[str, Any]


class Histories(Model):
    """All that happened, in order."""

    items: tuple[Happening, ...]


class Unpaid(Model):
    """Somebody who has not paid."""

    registration_id: str
    user_id: str | None
    payment_expiredate: AwareDatetime


class Summary(Model):
    """An event's money and seats, in figures."""

    event_id: str
    currency: str
    captured: Decimal
    refunded: Decimal
    net: Decimal
    orders: dict[OrderStatus, int]
    registrations: dict[RegistrationStatus, int]
    unpaid: tuple[Unpaid, ...]


class Deadline(Model):
    """Until when one member may pay."""

    registration_id: str
    user_id: str | None
    status: RegistrationStatus
    payment_expiredate: AwareDatetime


class EventExtension(Model):
    """`items` got more time; `too_late` owe and got none, since their deadline has passed and is being settled."""

    event_id: str
    extended: int
    items: tuple[Deadline, ...]
    too_late: tuple[Deadline, ...]


class Case(Model):
    """Something a person must look at, and what can be done about it."""

    code: CaseCode
    event_id: str | None
    registration_id: str | None
    order_id: str | None
    opened_at: AwareDatetime
    age_seconds: int
    actions: tuple[str, ...]


class SentNotice(Model):
    """A signed event as the service keeps it, and how its delivery goes. `body` is what is sent."""

    notice_id: str
    type: NoticeType
    status: NoticeStatus
    attempts: int
    last_answer: str | None
    created_at: AwareDatetime
    due_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    body: dict[str, Any]


class Export(RootModel[dict[str, Any]]):
    """Everything that is kept about a member, in the service's own words."""
