"""Orders in the database. Never deleted, never reused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.orders import Order, OrderStatus, StatusReason
from payments_service.storage.claims import Claim, finished
from payments_service.storage.tables import orders


async def find(connection: AsyncConnection, order_id: str) -> Order | None:
    """Return an order without locking it: for showing, never for deciding."""
    row = (await connection.execute(select(orders).where(orders.c.order_id == order_id))).one_or_none()
    return None if row is None else order_of(row)


async def of_registration(
    connection: AsyncConnection, registration_id: str, *, lock: bool = False
) -> list[Order]:
    """Return all orders of a registration, newest first."""
    query = (
        select(orders)
        .where(orders.c.registration_id == registration_id)
        .order_by(orders.c.created_at.desc(), orders.c.order_id.desc())
    )
    return [order_of(row) for row in await connection.execute(query.with_for_update() if lock else query)]


async def of_registrations(
    connection: AsyncConnection, registration_ids: Sequence[str]
) -> dict[str, list[Order]]:
    """Return the orders of several registrations at once, newest first within each."""
    found: dict[str, list[Order]] = {key: [] for key in registration_ids}
    if found:
        query = (
            select(orders)
            .where(orders.c.registration_id.in_(list(found)))
            .order_by(orders.c.created_at.desc(), orders.c.order_id.desc())
        )
        for row in await connection.execute(query):
            found[row.registration_id].append(order_of(row))
    return found


async def lock(connection: AsyncConnection, order_id: str) -> datetime:
    """Lock one order; return the database's clock after the lock was had."""
    await connection.execute(select(orders.c.order_id).where(orders.c.order_id == order_id).with_for_update())
    now: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
    return now


async def age(connection: AsyncConnection, order_id: str) -> timedelta:
    """Return how long ago an order was started, by the database's clock."""
    query = select(func.clock_timestamp() - orders.c.started_at).where(orders.c.order_id == order_id)
    passed: timedelta = (await connection.execute(query)).scalar_one()
    return passed


async def fence_of(connection: AsyncConnection, order_id: str) -> int:
    """Return the fence of an order's work item."""
    return int(
        (await connection.execute(select(orders.c.fence).where(orders.c.order_id == order_id))).scalar_one()
    )


async def insert(
    connection: AsyncConnection,
    order: Order,
    *,
    due_at: datetime,
    lease_until: datetime,
    start_request: Mapping[str, Any] | None,
) -> None:
    """Add the intent to pay. Until `lease_until` its maker is starting the payment; afterwards anybody may look.

    `start_request` holds what Vipps is asked in so many words, where that may be asked again; it may name the member.
    """
    await connection.execute(
        orders.insert().values(
            order_id=order.order_id,
            registration_id=order.registration_id,
            event_id=order.event_id,
            user_id=order.user_id,
            vipps_api=order.vipps_api,
            amount_ore=order.amount_ore,
            created_at=order.created_at,
            due_at=due_at,
            lease_until=lease_until,
            fence=1,
            start_request=None if start_request is None else dict(start_request),
        )
    )


async def start_request(connection: AsyncConnection, order_id: str) -> Mapping[str, Any] | None:
    """Return what Vipps was asked to start, None when it has been answered or cannot be asked again."""
    query = select(orders.c.start_request).where(orders.c.order_id == order_id)
    found: Mapping[str, Any] | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def update(connection: AsyncConnection, order_id: str, **values: Any) -> None:
    """Write columns of an order that the caller has locked."""
    await connection.execute(
        orders.update()
        .where(orders.c.order_id == order_id)
        .values(updated_at=func.clock_timestamp(), **values)
    )


async def reschedule(
    connection: AsyncConnection, order_id: str, *, due_at: datetime | None, claim: Claim | None = None
) -> bool:
    """Set when to ask Vipps next. A claim is let go with it; False when somebody else has claimed the order since."""
    values: dict[str, Any] = {"due_at": due_at} if claim is None else {"due_at": due_at, "lease_until": None}
    done = await connection.execute(
        orders.update().where(orders.c.order_id == order_id, finished(claim, orders)).values(**values)
    )
    return done.rowcount == 1


async def read_soon(connection: AsyncConnection, order_id: str) -> None:
    """Make an order due now."""
    await connection.execute(
        orders.update().where(orders.c.order_id == order_id).values(due_at=func.clock_timestamp())
    )


async def hand_over(connection: AsyncConnection, order_ids: Sequence[str], registration_id: str) -> None:
    """Move orders to the registration that takes the place of theirs."""
    if order_ids:
        await connection.execute(
            orders.update()
            .where(orders.c.order_id.in_(order_ids))
            .values(registration_id=registration_id, updated_at=func.clock_timestamp())
        )


async def started_lately(connection: AsyncConnection, registration_id: str, *, within: timedelta) -> int:
    """Count the orders started for a registration within the time before now."""
    query = (
        select(func.count())
        .select_from(orders)
        .where(
            orders.c.registration_id == registration_id, orders.c.created_at > func.clock_timestamp() - within
        )
    )
    return int((await connection.execute(query)).scalar_one())


async def open_ids_of_member(connection: AsyncConnection, user_id: str) -> list[str]:
    """Return the orders that a member may still approve."""
    query = select(orders.c.order_id).where(orders.c.user_id == user_id, orders.c.status == "INITIATE")
    return list((await connection.execute(query)).scalars())


async def exist_for_event(connection: AsyncConnection, event_id: str) -> bool:
    """Tell whether an event has an order that is paid or in checkout."""
    t = orders.c
    query = select(
        select(orders).where(t.event_id == event_id).where(or_(t.status == "INITIATE", t.is_paid)).exists()
    )
    return bool((await connection.execute(query)).scalar_one())


def order_of(row: Row[Any]) -> Order:
    return Order(
        order_id=row.order_id,
        registration_id=row.registration_id,
        event_id=row.event_id,
        user_id=row.user_id,
        vipps_api=row.vipps_api,
        amount_ore=row.amount_ore,
        status=OrderStatus(row.status),
        status_reason=None if row.status_reason is None else StatusReason(row.status_reason),
        authorized_ore=row.authorized_ore,
        captured_ore=row.captured_ore,
        refunded_ore=row.refunded_ore,
        held_ore=row.held_ore,
        payment_link=row.payment_link,
        started_at=row.started_at,
        checkout_ends_at=row.checkout_ends_at,
        paid_at=row.paid_at,
        unanswered_since=row.unanswered_since,
        missing_since=row.missing_since,
        read_at=row.read_at,
        read_sha256=row.read_sha256,
        is_closed=row.is_closed,
        is_frozen=row.is_frozen,
        is_declined=row.is_declined,
        pays_seat=row.pays_seat,
        is_returning=row.is_returning,
        is_pushed=row.is_pushed,
        is_start_repeatable=row.start_request is not None,
        is_imported=row.is_imported,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
