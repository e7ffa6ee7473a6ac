"""Paid events in the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.paid_events import PaidEvent
from payments_service.storage.tables import paid_events

_COLUMNS = select(paid_events)


async def find(
    connection: AsyncConnection, event_id: str, *, lock: bool = False, share: bool = False
) -> PaidEvent | None:
    """Return a paid event; `lock` keeps everybody else out until the transaction ends, `share` only its removal."""
    query = _COLUMNS.where(paid_events.c.event_id == event_id)
    if lock or share:
        query = query.with_for_update(read=share)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _event(row)


async def put(
    connection: AsyncConnection, event_id: str, changes: Mapping[str, Any]
) -> tuple[PaidEvent, bool]:
    """Create or change; `changes` are column values, absent ones keep theirs. Returns (event, was it new)."""
    values = dict(changes)
    statement = (
        insert(paid_events)
        .values(event_id=event_id, **values)
        .on_conflict_do_update(
            index_elements=[paid_events.c.event_id], set_={**values, "updated_at": func.clock_timestamp()}
        )
        # xmax is 0 for a row this statement inserted
        .returning(paid_events, text("(xmax = 0) AS is_new"))
    )
    row = (await connection.execute(statement)).one()
    return _event(row), bool(row.is_new)


async def delete(connection: AsyncConnection, event_id: str) -> None:
    """Forget that an event costs money."""
    await connection.execute(paid_events.delete().where(paid_events.c.event_id == event_id))


async def page(
    connection: AsyncConnection, *, after: tuple[datetime, str] | None, limit: int
) -> list[PaidEvent]:
    """Return paid events, newest first; `after` is the (created_at, id) of the last one seen."""
    t = paid_events.c
    query = _COLUMNS.order_by(t.created_at.desc(), t.event_id.desc()).limit(limit)
    if after is not None:
        query = query.where(tuple_(t.created_at, t.event_id) < tuple_(*after))
    return [_event(row) for row in await connection.execute(query)]


async def claim_pulls(connection: AsyncConnection, *, pulled_before: datetime, limit: int) -> list[str]:
    """Take some events that are not over and were last pulled before the given instant; they count as pulled now."""
    due = (
        select(paid_events.c.event_id)
        .where(or_(paid_events.c.pulled_at.is_(None), paid_events.c.pulled_at < pulled_before))
        .where(
            or_(
                paid_events.c.starts_at.is_(None),
                paid_events.c.starts_at > func.clock_timestamp() - timedelta(days=1),
            )
        )
        .order_by(paid_events.c.pulled_at.nulls_first())
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
        .prefix_with("MATERIALIZED")
    )
    rows = await connection.execute(
        paid_events.update()
        .where(paid_events.c.event_id == due.c.event_id)
        .values(pulled_at=func.clock_timestamp())
        .returning(paid_events.c.event_id)
    )
    return [row.event_id for row in rows]


def _event(row: Row[Any]) -> PaidEvent:
    return PaidEvent(
        event_id=row.event_id,
        price_ore=row.price_ore,
        paytime=timedelta(seconds=row.paytime_seconds),
        created_at=row.created_at,
        title=row.title,
        organizer=row.organizer,
        starts_at=row.starts_at,
        url=row.url,
    )
