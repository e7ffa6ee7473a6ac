"""Write down what the event backend is to be told, in the transaction of its cause.

The caller holds the lock of the registration, or of the order if there is none. Nothing is written where nobody
listens (`Policy.tells_backend`).
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.decisions import Attention
from payments_service.domain.notices import News, NoticeType
from payments_service.domain.orders import Order, OrderStatus, is_order_id
from payments_service.domain.registrations import Registration, RegistrationStatus
from payments_service.storage import attention, notices, orders, paid_events, registrations
from payments_service.use_cases.policy import Policy

_CAME_TO_NOTHING = frozenset({OrderStatus.CANCEL, OrderStatus.VOID})
_TOLD = {
    RegistrationStatus.EXPIRED: NoticeType.REGISTRATION_EXPIRED,
    RegistrationStatus.HELD: NoticeType.REGISTRATION_HELD,
}


async def tell_of_order(connection: AsyncConnection, before: Order, after: Order, *, policy: Policy) -> None:
    """Tell what has become of an order: paid, come to nothing, or given back. What is as before is no news."""
    if not policy.tells_backend:
        return
    if after.is_paid and not before.is_paid:
        await _write_order(connection, NoticeType.ORDER_PAID, after, after.amount_ore)
    if after.refunded_ore > before.refunded_ore:
        await _write_order(connection, NoticeType.ORDER_REFUNDED, after, after.refunded_ore)
    if after.status in _CAME_TO_NOTHING and before.status not in _CAME_TO_NOTHING:
        await _write_order(connection, NoticeType.ORDER_CANCELLED, after, after.amount_ore)


async def tell_of_seat_paid_before(
    connection: AsyncConnection, before: Registration, payer: Order | None, *, policy: Policy
) -> None:
    """Tell that an order of the system before this one has come to a seat and pays it: no reading of ours did."""
    if payer is None or not payer.is_imported or before.status is RegistrationStatus.PAID:
        return
    if policy.tells_backend:
        await _write_order(connection, NoticeType.ORDER_PAID, payer, payer.amount_ore)


async def tell_of_registration(
    connection: AsyncConnection, before: Registration, status: RegistrationStatus, *, policy: Policy
) -> None:
    """Tell that a seat was taken back, or is kept past its deadline until Vipps answers."""
    if not policy.tells_backend or status is before.status or status not in _TOLD:
        return
    news = News(
        _TOLD[status],
        status=str(status),
        amount_ore=await _price(connection, before.event_id),
        event_id=before.event_id,
        user_id=before.user_id,
        registration_id=before.registration_id,
    )
    await notices.write(connection, news)


async def open_case(
    connection: AsyncConnection,
    code: Attention,
    *,
    policy: Policy,
    event_id: str | None = None,
    registration_id: str | None = None,
    order_id: str | None = None,
) -> None:
    """Open a case for a person unless the same is open already, and tell of a new one."""
    is_new = await attention.open_case(
        connection, code, event_id=event_id, registration_id=registration_id, order_id=order_id
    )
    if is_new:
        await tell_of_case(
            connection,
            code,
            policy=policy,
            event_id=event_id,
            registration_id=registration_id,
            order_id=order_id,
        )


async def tell_of_case(
    connection: AsyncConnection,
    code: Attention,
    *,
    policy: Policy,
    event_id: str | None,
    registration_id: str | None,
    order_id: str | None,
) -> None:
    """Tell that a case was opened. Whose it is and what is at stake is looked up."""
    if not policy.tells_backend:
        return
    is_ours = order_id is not None and is_order_id(order_id)
    order = await orders.find(connection, order_id) if order_id is not None and is_ours else None
    registration = await registrations.find(connection, registration_id) if registration_id else None
    owner = registration or order
    news = News(
        NoticeType.ATTENTION_OPENED,
        status=str(code),
        amount_ore=order.amount_ore if order is not None else await _price(connection, event_id),
        event_id=event_id,
        user_id=owner.user_id if owner is not None else None,
        registration_id=registration_id,
        order_id=order_id,
    )
    await notices.write(connection, news)


async def _write_order(connection: AsyncConnection, kind: NoticeType, order: Order, amount_ore: int) -> None:
    news = News(
        kind,
        status=str(order.status),
        amount_ore=amount_ore,
        event_id=order.event_id,
        user_id=order.user_id,
        registration_id=order.registration_id,
        order_id=order.order_id,
    )
    await notices.write(connection, news)


async def _price(connection: AsyncConnection, event_id: str | None) -> int:
    """What the seat costs; 0 where nothing says."""
    event = await paid_events.find(connection, event_id) if event_id is not None else None
    return event.price_ore if event is not None else 0
