"""Events that are gone at the backend: noted first, so that whatever is left to do about one can be found again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.registrations import OVER
from payments_service.storage import paid_events
from payments_service.storage.tables import orders, registrations, removals


async def begin(connection: AsyncConnection, event_id: str) -> datetime:
    """Take the paid event away, for nothing to begin any more, and note that the rest is to follow; return when.

    Whoever registers or starts a payment holds the event's row meanwhile, so all that was let in is older than that.
    """
    await paid_events.find(connection, event_id, lock=True)
    await paid_events.delete(connection, event_id)
    now = func.clock_timestamp()
    noted = insert(removals).values(event_id=event_id, gone_at=now)
    statement = noted.on_conflict_do_update(index_elements=[removals.c.event_id], set_={"gone_at": now})
    gone_at: datetime = (await connection.execute(statement.returning(removals.c.gone_at))).scalar_one()
    return gone_at


async def unfinished(connection: AsyncConnection, *, older_than: timedelta) -> list[tuple[str, datetime]]:
    """Return the (event, when it went) that somebody began with that long ago and has not finished."""
    query = select(removals).where(removals.c.gone_at < func.clock_timestamp() - older_than)
    return [(row.event_id, row.gone_at) for row in await connection.execute(query)]


async def finish(connection: AsyncConnection, event_id: str, gone_at: datetime) -> None:
    """Forget the note, unless the event came and went again since."""
    await connection.execute(
        removals.delete().where(removals.c.event_id == event_id, removals.c.gone_at == gone_at)
    )


async def registrations_left(connection: AsyncConnection, event_id: str, gone_at: datetime) -> list[str]:
    """Return the registrations that still have a seat at the event, or an order that still names it.

    An event that has come back under the same id has its own: only what is older counts.
    """
    t = registrations.c
    named = exists().where(
        orders.c.registration_id == t.registration_id,
        orders.c.event_id == event_id,
        orders.c.created_at <= gone_at,
    )
    has_seat = and_(t.status.not_in([str(status) for status in OVER]), t.created_at <= gone_at)
    query = select(t.registration_id).where(t.event_id == event_id, or_(has_seat, named))
    return list((await connection.execute(query.order_by(t.registration_id))).scalars())


async def orders_left(connection: AsyncConnection, event_id: str, gone_at: datetime) -> list[str]:
    """Return the orders that still name the event."""
    query = select(orders.c.order_id).where(orders.c.event_id == event_id, orders.c.created_at <= gone_at)
    return list((await connection.execute(query)).scalars())


async def take_from(connection: AsyncConnection, registration_id: str, gone_at: datetime) -> None:
    """Take the event out of the orders of a registration that the caller has locked."""
    await connection.execute(
        orders.update()
        .where(orders.c.registration_id == registration_id, orders.c.created_at <= gone_at)
        .values(event_id=None)
    )
