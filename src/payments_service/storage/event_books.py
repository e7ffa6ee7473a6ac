"""What came of an event: its sums, its counts, who still owes, and every order as a line of its books.

Each is read in `Database.snapshot`, so that its parts are true of one instant.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.orders import OrderStatus
from payments_service.domain.registrations import OWING, RegistrationStatus
from payments_service.storage.tables import orders, registrations

MOST_UNPAID: Final = 1000  # the counts say how many there are in all; no event has had half as many seats
_LINES_AT_ONCE: Final = 1000
# PostgreSQL knows the zone's past and coming rules wherever it runs; the machine we run on may not
_LOCAL: Final = "Europe/Oslo"


@dataclass(frozen=True, slots=True)
class Debt:
    """Somebody who has not paid, and by when they should."""

    registration_id: str
    user_id: str | None
    payment_expiredate: datetime


@dataclass(frozen=True, slots=True)
class Books:
    """An event in figures. Every status is named, with 0 where there is none; sums are whole øre."""

    captured_ore: int
    refunded_ore: int
    orders: Mapping[OrderStatus, int]
    registrations: Mapping[RegistrationStatus, int]
    unpaid: Sequence[Debt]


async def of_event(connection: AsyncConnection, event_id: str) -> Books:
    """Add up an event."""
    t = orders.c
    sums = (
        select(
            t.status,
            func.count().label("n"),
            func.sum(t.captured_ore).label("captured_ore"),
            func.sum(t.refunded_ore).label("refunded_ore"),
        )
        .where(t.event_id == event_id)
        .group_by(t.status)
    )
    found = list(await connection.execute(sums))
    return Books(
        captured_ore=sum(row.captured_ore for row in found),
        refunded_ore=sum(row.refunded_ore for row in found),
        orders={**dict.fromkeys(OrderStatus, 0), **{OrderStatus(row.status): row.n for row in found}},
        registrations=await _registrations(connection, event_id),
        unpaid=await _unpaid(connection, event_id),
    )


async def _registrations(connection: AsyncConnection, event_id: str) -> Mapping[RegistrationStatus, int]:
    t = registrations.c
    query = select(t.status, func.count().label("n")).where(t.event_id == event_id).group_by(t.status)
    found = {RegistrationStatus(row.status): row.n for row in await connection.execute(query)}
    return {**dict.fromkeys(RegistrationStatus, 0), **found}


async def _unpaid(connection: AsyncConnection, event_id: str) -> list[Debt]:
    """Who owes and has no paid order: money that a person must look at is no reason to remind its payer."""
    t = registrations.c
    has_paid = (
        select(orders.c.order_id)
        .where(orders.c.registration_id == t.registration_id, orders.c.is_paid)
        .exists()
    )
    query = (
        select(t.registration_id, t.user_id, t.payment_expiredate)
        .where(t.event_id == event_id, t.status.in_([str(status) for status in OWING]), ~has_paid)
        .order_by(t.payment_expiredate, t.registration_id)
        .limit(MOST_UNPAID)
    )
    rows = await connection.execute(query)
    return [Debt(row.registration_id, row.user_id, row.payment_expiredate) for row in rows]


async def lines(connection: AsyncConnection, event_id: str) -> AsyncIterator[Sequence[Any]]:
    """Return every order of an event, newest first, a thousand at a time: one statement, read through a cursor.

    Instants come as text in Norwegian local time, `YYYY-MM-DD HH:MM:SS`.
    """
    t = orders.c
    query = (
        select(
            t.order_id,
            t.user_id,
            t.registration_id,
            t.status,
            t.status_reason,
            t.is_paid,
            t.amount_ore,
            t.captured_ore,
            t.refunded_ore,
            t.vipps_api,
            _local(registrations.c.payment_expiredate).label("payment_expiredate"),
            _local(t.created_at).label("created_at"),
            _local(t.updated_at).label("updated_at"),
        )
        .outerjoin(registrations, registrations.c.registration_id == t.registration_id)
        .where(t.event_id == event_id)
        .order_by(t.created_at.desc(), t.order_id.desc())
    )
    async with connection.stream(query) as result:
        async for page in result.partitions(_LINES_AT_ONCE):
            yield page


def _local(instant: ColumnElement[datetime]) -> ColumnElement[str]:
    return func.to_char(func.timezone(_LOCAL, instant), "YYYY-MM-DD HH24:MI:SS")
