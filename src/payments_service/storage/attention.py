"""Cases that a person must look at; one open case per cause."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.decisions import Attention
from payments_service.storage.tables import attention

_DECIDED: Final = (
    Attention.PAID_WITHOUT_SEAT,
    Attention.SEAT_WITHOUT_ANSWER,
    Attention.SEAT_WITHOUT_PAYMENT,
    Attention.PAID_TWICE,
    Attention.AMOUNT_MISMATCH,
)


async def open_case(
    connection: AsyncConnection,
    code: Attention,
    *,
    event_id: str | None = None,
    registration_id: str | None = None,
    order_id: str | None = None,
) -> bool:
    """Open a case unless the same is open already. True when it is new."""
    statement = (
        insert(attention)
        .values(code=str(code), event_id=event_id, registration_id=registration_id, order_id=order_id)
        .on_conflict_do_nothing()
        .returning(attention.c.attention_id)
    )
    return (await connection.execute(statement)).one_or_none() is not None


async def close_cases(connection: AsyncConnection, *codes: Attention, registration_id: str) -> None:
    """Close a registration's open cases of these kinds: their cause is gone."""
    await connection.execute(
        attention.update()
        .where(
            attention.c.registration_id == registration_id,
            attention.c.closed_at.is_(None),
            attention.c.code.in_([str(code) for code in codes]),
        )
        .values(closed_at=func.clock_timestamp())
    )


async def close_case_of_order(connection: AsyncConnection, code: Attention, order_id: str) -> None:
    """Close the open case of an order that belongs to no registration: no decision would."""
    t = attention.c
    await connection.execute(
        attention.update()
        .where(
            t.order_id == order_id, t.registration_id.is_(None), t.code == str(code), t.closed_at.is_(None)
        )
        .values(closed_at=func.clock_timestamp())
    )


async def close_settled(
    connection: AsyncConnection, registration_id: str, *, still_open: Collection[tuple[Attention, str | None]]
) -> None:
    """Close what every decision looks at anew and did not find this time; `still_open` are (code, order id)."""
    t = attention.c
    query = select(t.attention_id, t.code, t.order_id).where(
        t.registration_id == registration_id,
        t.closed_at.is_(None),
        t.code.in_([str(code) for code in _DECIDED]),
        # a payer on the waiting list is the pull's case, which knows no order
        or_(t.order_id.is_not(None), t.code != str(Attention.PAID_WITHOUT_SEAT)),
    )
    keep = {(str(code), order_id) for code, order_id in still_open}
    gone = [
        row.attention_id for row in await connection.execute(query) if (row.code, row.order_id) not in keep
    ]
    if gone:
        await connection.execute(
            attention.update().where(t.attention_id.in_(gone)).values(closed_at=func.clock_timestamp())
        )


@dataclass(frozen=True, slots=True)
class Case:
    """An open case. `age` by the database's clock."""

    attention_id: int
    code: Attention
    event_id: str | None
    registration_id: str | None
    order_id: str | None
    opened_at: datetime
    age: timedelta


async def page(
    connection: AsyncConnection, *, event_id: str | None, after: tuple[datetime, str] | None, limit: int
) -> list[Case]:
    """Return open cases, newest first; `after` is the (opened_at, id) of the last one seen."""
    t = attention.c
    query = (
        select(attention, (func.clock_timestamp() - t.opened_at).label("age"))
        .where(t.closed_at.is_(None))
        .order_by(t.opened_at.desc(), t.attention_id.desc())
        .limit(limit)
    )
    if event_id is not None:
        query = query.where(t.event_id == event_id)
    if after is not None:
        # typed, or a number beyond 32 bits would be bound as one within them
        position = tuple_(after[0], literal(int(after[1]), t.attention_id.type))
        query = query.where(tuple_(t.opened_at, t.attention_id) < position)
    return [
        Case(
            row.attention_id,
            Attention(row.code),
            row.event_id,
            row.registration_id,
            row.order_id,
            row.opened_at,
            row.age,
        )
        for row in await connection.execute(query)
    ]


async def count_open(connection: AsyncConnection) -> dict[str, int]:
    """Count the open cases by code; codes without any are left out."""
    query = (
        select(attention.c.code, func.count())
        .where(attention.c.closed_at.is_(None))
        .group_by(attention.c.code)
    )
    return {row[0]: row[1] for row in await connection.execute(query)}
