"""What is shown of orders and registrations: joined, paged by key, never locked and never asking Vipps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, cast, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.orders import Order
from payments_service.domain.registrations import Registration
from payments_service.storage.orders import of_registrations, order_of
from payments_service.storage.registrations import registration_of
from payments_service.storage.tables import orders, paid_events, registrations

Position = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order, its registration's deadline, its event's organizer, and the database's clock when it was read."""

    order: Order
    payment_expiredate: datetime | None
    organizer: str | None
    server_time: datetime


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """A registration with its orders, newest first, and what an order started now would cost, in øre."""

    registration: Registration
    price_ore: int | None
    organizer: str | None
    server_time: datetime
    orders: list[OrderView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which orders or registrations a list is to show; `after` is the last one of the page before."""

    event_id: str | None = None
    user_id: str | None = None
    status: str | None = None
    search: str | None = None
    after: Position | None = None
    limit: int = 50


_ORDERS = (
    select(
        orders,
        registrations.c.payment_expiredate,
        paid_events.c.organizer,
        func.clock_timestamp().label("server_time"),
    )
    .outerjoin(registrations, registrations.c.registration_id == orders.c.registration_id)
    .outerjoin(paid_events, paid_events.c.event_id == orders.c.event_id)
)
_REGISTRATIONS = select(
    registrations,
    paid_events.c.price_ore,
    paid_events.c.organizer,
    func.clock_timestamp().label("server_time"),
).outerjoin(paid_events, paid_events.c.event_id == registrations.c.event_id)


async def find_order(connection: AsyncConnection, order_id: str) -> OrderView | None:
    """Return one order."""
    row = (await connection.execute(_ORDERS.where(orders.c.order_id == order_id))).one_or_none()
    return None if row is None else _order_view(row)


async def page_of_orders(connection: AsyncConnection, wanted: Filter) -> list[OrderView]:
    """Return orders, newest first. `search` matches order, member and event ids by prefix, as written."""
    t = orders.c
    query = _filtered(_ORDERS, t, wanted, t.order_id)
    if wanted.search:
        searched = (cast(t.order_id, Text), t.user_id, t.event_id)
        query = query.where(or_(*(column.startswith(wanted.search, autoescape=True) for column in searched)))
    return [_order_view(row) for row in await connection.execute(query)]


async def find_registration(connection: AsyncConnection, registration_id: str) -> RegistrationView | None:
    """Return one registration with its orders."""
    query = _REGISTRATIONS.where(registrations.c.registration_id == registration_id)
    found = [_registration_view(row) for row in await connection.execute(query)]
    return (await _with_orders(connection, found))[0] if found else None


async def page_of_registrations(connection: AsyncConnection, wanted: Filter) -> list[RegistrationView]:
    """Return registrations with their orders, newest first."""
    query = _filtered(_REGISTRATIONS, registrations.c, wanted, registrations.c.registration_id)
    return await _with_orders(
        connection, [_registration_view(row) for row in await connection.execute(query)]
    )


async def organizer_of(connection: AsyncConnection, event_id: str) -> str | None:
    """Return who organises a paid event; None when nobody is named or it is unknown."""
    query = select(paid_events.c.organizer).where(paid_events.c.event_id == event_id)
    organizer: str | None = (await connection.execute(query)).scalar_one_or_none()
    return organizer


def _filtered(query: Select[Any], t: Any, wanted: Filter, key: ColumnElement[Any]) -> Select[Any]:
    if wanted.event_id is not None:
        query = query.where(t.event_id == wanted.event_id)
    if wanted.user_id is not None:
        query = query.where(t.user_id == wanted.user_id)
    if wanted.status is not None:
        query = query.where(t.status == wanted.status)
    if wanted.after is not None:
        query = query.where(tuple_(t.created_at, key) < tuple_(*_typed(wanted.after, t.created_at, key)))
    return query.order_by(t.created_at.desc(), key.desc()).limit(wanted.limit)


def _typed(position: Position, *columns: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """Bind a position as its columns' types: a row comparison does not do that by itself."""
    return [literal(value, column.type) for value, column in zip(position, columns, strict=True)]


async def _with_orders(connection: AsyncConnection, views: list[RegistrationView]) -> list[RegistrationView]:
    found = await of_registrations(connection, [view.registration.registration_id for view in views])
    for view in views:
        deadline = view.registration.payment_expiredate
        view.orders.extend(
            OrderView(order, deadline, view.organizer, view.server_time)
            for order in found[view.registration.registration_id]
        )
    return views


def _order_view(row: Row[Any]) -> OrderView:
    return OrderView(order_of(row), row.payment_expiredate, row.organizer, row.server_time)


def _registration_view(row: Row[Any]) -> RegistrationView:
    return RegistrationView(registration_of(row), row.price_ore, row.organizer, row.server_time)
