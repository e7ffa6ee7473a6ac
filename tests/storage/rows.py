"""Rows with every column filled in sensibly; a test names only the ones it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select

from payments_service.storage.database import Database
from payments_service.storage.tables import deliveries, operations, orders, paid_events, registrations

NOW = datetime.now(UTC)
AGO, AHEAD = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
PRICE = 25_000


def order_id(n: int) -> str:
    return str(UUID(int=n))


def a_paid_event(**columns: Any) -> dict[str, Any]:
    return {"event_id": "123", "price_ore": PRICE, "paytime_seconds": 3600, **columns}


def a_registration(**columns: Any) -> dict[str, Any]:
    return {
        "registration_id": "77",
        "event_id": "123",
        "user_id": "olanor",
        "status": "awaiting_payment",
        "payment_expiredate": AHEAD,
        **columns,
    }


def an_order(n: int = 1, **columns: Any) -> dict[str, Any]:
    return {
        "order_id": order_id(n),
        "registration_id": "77",
        "event_id": "123",
        "user_id": "olanor",
        "vipps_api": "ecom",
        "amount_ore": PRICE,
        **columns,
    }


def a_captured_order(n: int = 1, **columns: Any) -> dict[str, Any]:
    money = {"status": "CAPTURE", "authorized_ore": PRICE, "captured_ore": PRICE, "paid_at": AGO}
    return an_order(n, **{**money, **columns})


def an_operation(**columns: Any) -> dict[str, Any]:
    return {
        "operation_key": f"{order_id(1)}-c1",
        "order_id": order_id(1),
        "kind": "capture",
        "purpose": "capture",
        "amount_ore": PRICE,
        "actor": "service",
        "due_at": NOW,
        **columns,
    }


def a_delivery(**columns: Any) -> dict[str, Any]:
    return {"channel": "ecom", "fingerprint": b"f", "order_id": order_id(1), "body": b"{}", **columns}


ORDINARY = {
    paid_events: a_paid_event(),
    registrations: a_registration(),
    orders: an_order(),
    operations: an_operation(),
    deliveries: a_delivery(),
}


async def add(database: Database, table: Table, *rows: dict[str, Any]) -> None:
    """Add rows in a transaction of their own."""
    async with database.begin() as connection:
        for row in rows:
            await connection.execute(table.insert().values(row))


async def all_of(database: Database, table: Table) -> list[Any]:
    async with database.autocommit() as connection:
        return list(await connection.execute(select(table)))


async def only(database: Database, table: Table) -> Any:
    """The one row of a table."""
    (row,) = await all_of(database, table)
    return row
