"""Orders of the system before this one in the database: what it said of them, and what Vipps said since.

`forgotten_at` keeps a later import from bringing back a member or an event that was erased here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, Update, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.imported import Answer, ImportedOrder
from payments_service.domain.orders import Order, OrderStatus
from payments_service.storage.claims import Claim, finished
from payments_service.storage.tables import imported_orders, orders

_PAID = ("RESERVED", "SALE", "CAPTURE")
_other = imported_orders.alias("other")
_IMPORTED = select(
    imported_orders,
    orders.c.status.label("order_status"),
    orders.c.registration_id,
    (imported_orders.c.attempts > 0)
    .__and__(func.coalesce(imported_orders.c.due_at > func.clock_timestamp(), False))
    .label("is_resting"),
    select(_other.c.order_id).where(_other.c.answer == "known").exists().label("is_unit_proven"),
).outerjoin(orders, orders.c.order_id == imported_orders.c.order_id)


async def of_pair(connection: AsyncConnection, event_id: str, user_id: str) -> list[ImportedOrder]:
    """Return a member's imported orders for an event, in one look: none can be answered without being an order."""
    t = imported_orders.c
    query = _IMPORTED.where(t.event_id == event_id, t.user_id == user_id).order_by(t.created_at, t.order_id)
    return [_imported(row) for row in await connection.execute(query)]


async def find(connection: AsyncConnection, order_id: str) -> ImportedOrder | None:
    """Return one without locking it."""
    row = (await connection.execute(_IMPORTED.where(imported_orders.c.order_id == order_id))).one_or_none()
    return None if row is None else _imported(row)


async def lock(connection: AsyncConnection, order_id: str) -> tuple[ImportedOrder, int] | None:
    """Lock one; return it and its fence."""
    query = _IMPORTED.where(imported_orders.c.order_id == order_id).with_for_update(of=imported_orders)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else (_imported(row), row.fence)


async def ask_soon(connection: AsyncConnection, order_ids: Sequence[str]) -> None:
    """Make due what has not been answered and nobody was going to ask about."""
    t = imported_orders.c
    await connection.execute(
        imported_orders.update()
        .where(t.order_id.in_(order_ids), t.answer.is_(None), t.due_at.is_(None))
        .values(due_at=func.clock_timestamp())
    )


async def ask_all(connection: AsyncConnection) -> int:
    """Make everything due that Vipps has not told of yet, what it did not know included; return how many that is."""
    t = imported_orders.c
    asked = await connection.execute(
        imported_orders.update()
        .where(or_(t.answer.is_(None), t.answer == str(Answer.UNKNOWN)))
        .values(due_at=func.clock_timestamp(), attempts=0)
    )
    return asked.rowcount


async def postpone(
    connection: AsyncConnection,
    order_id: str,
    claim: Claim | None,
    *,
    wait: timedelta,
    said: Mapping[str, Any],
    missing_since: datetime | None,
) -> None:
    """Write that Vipps gave nothing to go by, and when to ask again."""
    t = imported_orders.c
    await connection.execute(
        imported_orders.update()
        .where(t.order_id == order_id, finished(claim, imported_orders))
        .values(
            due_at=func.clock_timestamp() + wait,
            attempts=t.attempts + 1,
            vipps_said=dict(said),
            missing_since=missing_since,
            **({} if claim is None else {"lease_until": None}),
        )
    )


async def answered(
    connection: AsyncConnection,
    order_id: str,
    answer: Answer,
    *,
    said: Mapping[str, Any],
    amount_ore: int | None = None,
) -> None:
    """Write what settled it; nobody is to be asked again. The row is locked by the caller."""
    await connection.execute(
        imported_orders.update()
        .where(imported_orders.c.order_id == order_id)
        .values(
            answer=str(answer),
            enriched_at=func.clock_timestamp(),
            amount_ore=amount_ore,
            vipps_said=dict(said),
            due_at=None,
            lease_until=None,
        )
    )


async def let_go(connection: AsyncConnection, claim: Claim) -> None:
    """Let a claim go on what needs no answer any more."""
    await connection.execute(
        imported_orders.update()
        .where(imported_orders.c.order_id == claim.key, finished(claim, imported_orders))
        .values(lease_until=None, due_at=None)
    )


async def make_order(connection: AsyncConnection, order: Order, *, due_at: datetime | None) -> None:
    """Add what Vipps knows to our orders, as belonging to no registration yet."""
    columns = (
        "order_id", "event_id", "user_id", "vipps_api", "amount_ore", "authorized_ore", "captured_ore",
        "refunded_ore", "held_ore", "payment_link", "started_at", "checkout_ends_at", "paid_at", "read_at",
        "read_sha256", "is_closed", "is_frozen", "is_declined", "created_at",
    )  # fmt: skip
    values = {name: getattr(order, name) for name in columns}
    await connection.execute(
        orders.insert().values(**values, status=str(order.status), is_imported=True, due_at=due_at)
    )


async def hold_money(connection: AsyncConnection, event_id: str) -> bool:
    """Tell whether an event has an order that was paid by the old system's word and is not answered for."""
    t = imported_orders.c
    query = select(t.order_id).where(t.event_id == event_id, t.answer.is_(None), t.status.in_(_PAID))
    return bool((await connection.execute(select(query.exists()))).scalar_one())


async def next_in_seconds(connection: AsyncConnection, *, tries: int) -> float | None:
    """Return how long until something falls due that was asked fewer times than `tries`; None when nothing will."""
    t = imported_orders.c
    at = func.greatest(t.due_at, func.coalesce(t.lease_until, t.due_at))
    query = select(func.extract("epoch", func.min(at) - func.clock_timestamp())).where(
        t.due_at.is_not(None), t.attempts < tries
    )
    found: Any = (await connection.execute(query)).scalar_one()
    return None if found is None else max(0.0, float(found))


async def count_unanswered(connection: AsyncConnection) -> int:
    """Count what Vipps has neither told of nor called unknown."""
    query = select(func.count()).select_from(imported_orders).where(imported_orders.c.answer.is_(None))
    return int((await connection.execute(query)).scalar_one())


async def count_answers(connection: AsyncConnection) -> Counter[Answer]:
    """Count what has been settled, by what settled it."""
    t = imported_orders.c
    query = select(t.answer, func.count()).where(t.answer.is_not(None)).group_by(t.answer)
    return Counter({Answer(row[0]): int(row[1]) for row in await connection.execute(query)})


def forgetting(where: ColumnElement[bool]) -> Update:
    """The statement after which nobody's name is in these orders, nor in the rows that they came from; they stay."""
    t = imported_orders.c
    return (
        imported_orders.update()
        .where(where, t.user_id.is_not(None))
        .values(
            user_id=None,
            payment_link=None,
            raw=t.raw.op("-")(cast(["user_id", "payment_link"], ARRAY(Text))),
            forgotten_at=func.clock_timestamp(),
        )
    )


async def forget_event(connection: AsyncConnection, event_id: str) -> None:
    """The event is gone at the backend; its orders stay."""
    await connection.execute(
        imported_orders.update()
        .where(imported_orders.c.event_id == event_id)
        .values(event_id=None, forgotten_at=func.clock_timestamp())
    )


def _imported(row: Row[Any]) -> ImportedOrder:
    return ImportedOrder(
        order_id=row.order_id,
        word=row.word,
        status=None if row.status is None else OrderStatus(row.status),
        event_id=row.event_id,
        user_id=row.user_id,
        payment_link=row.payment_link,
        created_at=row.created_at,
        answer=None if row.answer is None else Answer(row.answer),
        missing_since=row.missing_since,
        attempts=row.attempts,
        is_resting=row.is_resting,
        is_unit_proven=row.is_unit_proven,
        order_status=None if row.order_status is None else OrderStatus(row.order_status),
        registration_id=row.registration_id,
    )
