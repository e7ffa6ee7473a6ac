"""Check that a member may pay, and write down the order; the first phase of starting a payment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.decisions import ExpiryMode
from payments_service.domain.errors import (
    AlreadyPaid,
    PaidEventNotFound,
    PaymentInProgress,
    PaymentTimeExpired,
    RegistrationExempt,
    TooMany,
    VippsUnavailable,
)
from payments_service.domain.orders import Order, OrderStatus
from payments_service.domain.paid_events import PaidEvent
from payments_service.domain.registrations import DECIDED, Registration, RegistrationStatus
from payments_service.storage import history, orders, paid_events, registrations
from payments_service.storage.database import Database
from payments_service.use_cases.conclude import conclude
from payments_service.use_cases.describe_payment import PaymentRequest, as_written, describe_payment
from payments_service.use_cases.policy import Policy
from payments_service.use_cases.take_over_imported import has_come, imported_of, refuse_beside
from payments_service.vipps.port import NewPayment

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Intent:
    """An order to start now, with what Vipps is to be asked; or the open one there is."""

    order: Order
    payment: NewPayment | None = None


async def intend_payment(
    registration_id: str,
    wanted: PaymentRequest,
    *,
    return_url: str,
    database: Database,
    policy: Policy,
    is_start_repeatable: bool,
) -> Intent | None:
    """Return what to do; None when the ground moved meanwhile. One transaction. Raises the refusals of the contract."""

    def describe(order: Order, event: PaidEvent) -> NewPayment:
        return describe_payment(order, event, wanted, return_url=return_url, policy=policy)

    try:
        async with database.begin() as connection:
            return await _lock_and_intend(
                connection, registration_id, describe, policy, is_start_repeatable=is_start_repeatable
            )
    except IntegrityError:
        return None


async def _lock_and_intend(
    connection: AsyncConnection,
    registration_id: str,
    describe: Callable[[Order, PaidEvent], NewPayment],
    policy: Policy,
    *,
    is_start_repeatable: bool,
) -> Intent | None:
    seen = await registrations.find(connection, registration_id)
    if seen is None:
        return None
    event = await paid_events.find(connection, seen.event_id, share=True)
    locked = await registrations.lock(connection, registration_id)
    if event is None:
        raise PaidEventNotFound
    if locked is None or not locked[0].has_seat:
        _refuse_expired(locked[0] if locked else None)
        return None
    registration, now, _ = locked
    mine = await orders.of_registration(connection, registration_id, lock=True)
    imported = await imported_of(connection, registration)
    if has_come(imported, mine):
        await conclude(connection, registration, now=now, policy=policy, cause="wants to pay")
        return None
    refuse_beside(imported, now=now, checkout=policy.checkout)
    _refuse_unless_payable(registration, mine, now, policy)
    for order in mine:
        if order.is_open:
            return Intent(order)
    if any(not order.is_closed for order in mine):
        raise VippsUnavailable("an earlier attempt is still being closed at Vipps")
    if await orders.started_lately(connection, registration_id, within=_MINUTE) >= policy.orders_a_minute:
        raise TooMany(retry_after_seconds=60)
    order = _new_order(registration, event, now, policy)
    payment = describe(order, event)
    await orders.insert(
        connection,
        order,
        due_at=now,
        lease_until=now + policy.lease,
        start_request=as_written(payment) if is_start_repeatable else None,
    )
    await _note(connection, registration, order, now)
    return Intent(order, payment)


def _new_order(registration: Registration, event: PaidEvent, now: datetime, policy: Policy) -> Order:
    return Order(
        order_id=str(uuid4()),
        registration_id=registration.registration_id,
        event_id=registration.event_id,
        user_id=registration.user_id,
        vipps_api=policy.vipps_api,
        amount_ore=event.price_ore,
        status=OrderStatus.INITIATE,
        created_at=now,
        updated_at=now,
    )


async def _note(connection: AsyncConnection, registration: Registration, order: Order, now: datetime) -> None:
    """What follows from a new order: a refunded seat waits for payment again, and the history says on what grounds."""
    if registration.status is RegistrationStatus.REFUNDED:
        await registrations.update(
            connection,
            registration.registration_id,
            status="awaiting_payment",
            due_at=registration.payment_expiredate,
        )
    await history.record(
        connection,
        "order_intended",
        order_id=order.order_id,
        registration_id=registration.registration_id,
        amount_ore=order.amount_ore,
        vipps_api=order.vipps_api,
        clock=now,
        payment_expiredate=registration.payment_expiredate,
    )


def _refuse_expired(registration: Registration | None) -> None:
    """The seat went between looking it up and locking it: an expired one is refused, a replaced one looked up."""
    if registration is not None and registration.status is RegistrationStatus.EXPIRED:
        raise PaymentTimeExpired


def _refuse_unless_payable(
    registration: Registration, mine: list[Order], now: datetime, policy: Policy
) -> None:
    if any(order.is_frozen for order in mine):
        raise PaymentInProgress
    if registration.status is RegistrationStatus.PAID:
        raise AlreadyPaid
    if registration.status is RegistrationStatus.EXEMPT:
        raise RegistrationExempt
    is_over_time = policy.rules.expiry_mode is ExpiryMode.ENFORCE and now >= registration.payment_expiredate
    if is_over_time or registration.status in DECIDED or registration.status is RegistrationStatus.HELD:
        raise PaymentTimeExpired
