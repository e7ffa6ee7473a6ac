"""Taking rows of the old system in: what is here already, what is added, and whether it came out as it went in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Uuid, any_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.storage.tables import imported_orders, orders, paid_events, registrations

COMPARED: Final = ("word", "event_id", "user_id", "payment_link", "created_at", "updated_at")
_AT_ONCE: Final = 500  # rows a statement: each stays far below the statement's time limit


@dataclass(frozen=True, slots=True)
class Kept:
    """What is here of an imported order. `is_answered`: Vipps or a person has settled it."""

    columns: Mapping[str, Any]
    is_answered: bool
    is_forgotten: bool


async def kept(connection: AsyncConnection, order_ids: Sequence[str]) -> dict[str, Kept]:
    """Return what is here already of these orders."""
    t = imported_orders.c
    query = select(t.order_id, t.answer, t.forgotten_at, *(t[name] for name in COMPARED))
    rows = await connection.execute(query.where(_among(t.order_id, order_ids)))
    return {
        row.order_id: Kept(
            {name: getattr(row, name) for name in COMPARED},
            row.answer is not None,
            row.forgotten_at is not None,
        )
        for row in rows
    }


async def ours_among(connection: AsyncConnection, order_ids: Sequence[str]) -> set[str]:
    """Return which of these ids are those of orders that this service has started itself."""
    query = select(orders.c.order_id).where(_among(orders.c.order_id, order_ids), ~orders.c.is_imported)
    return set((await connection.execute(query)).scalars())


async def add(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows that are not here."""
    for some in _portions(rows):
        await connection.execute(imported_orders.insert(), some)


async def change(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change rows that are here and not answered. Asked about anew: what they were may have changed with them."""
    t = imported_orders.c
    statement = (
        imported_orders.update()
        .where(t.order_id == bindparam("_id"), t.answer.is_(None))
        .values({name: bindparam(f"_{name}") for name in (*COMPARED, "status", "raw")})
    )
    for some in _portions(rows):
        await connection.execute(
            statement, [{f"_{'id' if k == 'order_id' else k}": v for k, v in row.items()} for row in some]
        )


async def ask_for_seats(connection: AsyncConnection, order_ids: Sequence[str]) -> int:
    """Make due what a seat hangs on right now; return how many that is. The rest waits to be asked for."""
    t = imported_orders.c
    has_seat = select(registrations.c.registration_id).where(
        registrations.c.event_id == t.event_id,
        registrations.c.user_id == t.user_id,
        registrations.c.status.not_in(["expired", "ended"]),
    )
    asked = await connection.execute(
        imported_orders.update()
        .where(_among(t.order_id, order_ids), t.answer.is_(None), has_seat.exists())
        .values(due_at=func.clock_timestamp())
    )
    return asked.rowcount


async def count_by_word(connection: AsyncConnection, order_ids: Sequence[str]) -> dict[str, int]:
    """Count these orders by the old system's word, as they are stored."""
    t = imported_orders.c
    query = select(t.word, func.count()).where(_among(t.order_id, order_ids)).group_by(t.word)
    return {row[0]: row[1] for row in await connection.execute(query)}


async def known_amounts(connection: AsyncConnection, order_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return (how many, øre in all) of the amounts that Vipps has named, by the old system's word."""
    t = imported_orders.c
    query = (
        select(t.word, func.count(), func.sum(t.amount_ore))
        .where(_among(t.order_id, order_ids), t.amount_ore.is_not(None))
        .group_by(t.word)
    )
    return {row[0]: (row[1], int(row[2])) for row in await connection.execute(query)}


async def paid_events_among(
    connection: AsyncConnection, event_ids: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Return (price in øre, paytime in seconds) of those that are here already."""
    t = paid_events.c
    query = select(t.event_id, t.price_ore, t.paytime_seconds).where(t.event_id.in_(list(event_ids)))
    return {row[0]: (row[1], row[2]) for row in await connection.execute(query)}


async def add_paid_events(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add paid events; one that came meanwhile by the backend's own word stays as it is."""
    for some in _portions(rows):
        await connection.execute(insert(paid_events).on_conflict_do_nothing(), some)


def _among(column: Any, order_ids: Sequence[str]) -> Any:
    return column == any_(literal(list(order_ids), ARRAY(Uuid(as_uuid=False))))


def _portions(rows: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    return [[dict(row) for row in rows[at : at + _AT_ONCE]] for at in range(0, len(rows), _AT_ONCE)]
