"""What is forgotten when its time is over: one rule a kind of thing, carried out in batches small enough to wait for.

A rule may run anywhere and any number of times at once: it takes rows that nobody has locked, and finds none it has
been through already. `now` is the database's clock, or a test's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.registrations import OVER
from payments_service.domain.retention import (
    BODIES_KEPT,
    NOTICES_KEPT,
    UNPAID_SEATS_KEPT,
    accounts_cutoff,
)
from payments_service.storage import idempotency, personal
from payments_service.storage import imported_orders as storage_of_imported
from payments_service.storage.personal import Traces
from payments_service.storage.tables import (
    attention,
    deliveries,
    imported_orders,
    notices,
    operations,
    orders,
    registrations,
)

_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """`what` is forgotten, as figures and logs call it; `one_batch` returns how many there were, 0 when it is done."""

    what: str
    one_batch: Callable[[AsyncConnection, datetime], Awaitable[int]]


async def _bodies(connection: AsyncConnection, now: datetime) -> int:
    """Of every delivery, settled or not, known or not: nothing ever reads one again. That it came stays written."""
    t = deliveries.c
    old = (t.received_at <= now - BODIES_KEPT) & (func.octet_length(t.body) > 0)
    keys = await _take(connection, select(t.delivery_id).where(old).order_by(t.received_at))
    await connection.execute(deliveries.update().where(t.delivery_id.in_(keys)).values(body=b""))
    return len(keys)


async def _answers(connection: AsyncConnection, now: datetime) -> int:
    return await idempotency.sweep(connection, now=now)


async def _orders(connection: AsyncConnection, now: datetime) -> int:
    """By the last thing that money did: made, paid, or moved at somebody's request."""
    o, p = orders.c, operations.c
    moved = select(func.max(p.updated_at)).where(p.order_id == o.order_id).scalar_subquery()
    last = func.greatest(o.created_at, o.paid_at, moved)  # which leaves out what is not there
    # the first comparison has an index
    old = (o.created_at < accounts_cutoff(now)) & (last < accounts_cutoff(now))
    query = select(o.order_id).where(o.user_id.is_not(None), o.status != "INITIATE", old)
    keys = await _take(connection, query.order_by(o.created_at))
    await personal.forget(connection, Traces(order_ids=keys, registration_ids=[]))
    return len(keys)


async def _registrations(connection: AsyncConnection, now: datetime) -> int:
    """A seat with an order is forgotten after the last of them; one that never had any, a year after it was lost."""
    r, o = registrations.c, orders.c
    mine = exists().where(o.registration_id == r.registration_id)
    named = exists().where(o.registration_id == r.registration_id, o.user_id.is_not(None))
    is_over = r.status.in_([str(status) for status in OVER])
    unpaid = is_over & (r.over_at <= now - UNPAID_SEATS_KEPT) & ~mine
    old = (r.created_at < accounts_cutoff(now)) & (r.payment_expiredate < accounts_cutoff(now)) & ~named
    query = select(r.registration_id).where(r.user_id.is_not(None), unpaid | old)
    keys = await _take(connection, query.order_by(r.created_at), of=registrations)
    await personal.forget(connection, Traces(order_ids=[], registration_ids=keys))
    return len(keys)


async def _imported(connection: AsyncConnection, now: datetime) -> int:
    """Of the system before this one: those that became an order here go with it, the rest by their own time."""
    t = imported_orders.c
    # when it was is not always told; a name that guards a seat must not go for want of a date
    last = func.coalesce(func.greatest(t.created_at, t.updated_at), t.imported_at)
    became_order = exists().where(orders.c.order_id == t.order_id, orders.c.user_id.is_not(None))
    old = (last < accounts_cutoff(now)) & ~became_order
    keys = await _take(connection, select(t.order_id).where(t.user_id.is_not(None), old).order_by(t.order_id))
    await connection.execute(storage_of_imported.forgetting(t.order_id.in_(keys)))
    return len(keys)


async def _cases(connection: AsyncConnection, now: datetime) -> int:
    return await _delete(connection, attention, attention.c.closed_at < accounts_cutoff(now))


async def _notices(connection: AsyncConnection, now: datetime) -> int:
    """Told, or given up; one that waits is kept, for the next ones of its seat wait behind it."""
    t = notices.c
    return await _delete(connection, notices, (t.state != "waiting") & (t.created_at <= now - NOTICES_KEPT))


RULES: Final = (
    Rule("delivery_bodies", _bodies),
    Rule("idempotency_answers", _answers),
    Rule("orders", _orders),
    Rule("registrations", _registrations),
    Rule("imported_orders", _imported),
    Rule("closed_cases", _cases),
    Rule("notices", _notices),
)


async def _delete(connection: AsyncConnection, table: Table, old: ColumnElement[bool]) -> int:
    (key,) = table.primary_key.columns
    keys = await _take(connection, select(key).where(old).order_by(key))
    await connection.execute(table.delete().where(key.in_(keys)))
    return len(keys)


async def _take(connection: AsyncConnection, query: Select[Any], *, of: Table | None = None) -> list[Any]:
    """Lock a batch of what is to be forgotten, passing by what somebody else has."""
    locking = query.limit(_BATCH).with_for_update(skip_locked=True, of=of)
    return list((await connection.execute(locking)).scalars())
