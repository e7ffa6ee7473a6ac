"""Orders of the system before this one, put down in a line, and short words for what becomes of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from payments_service.domain.imported import ImportedOrder
from payments_service.lepton.csv_dump import Row, read_csv
from payments_service.lepton.mapping import (
    EVENT_COLUMNS,
    ORDER_COLUMNS,
    PAID_EVENT_COLUMNS,
    Dump,
    read_dump,
)
from payments_service.storage import imported_orders
from payments_service.storage.tables import imported_orders as table
from payments_service.use_cases.read_imported_order import read_imported_order
from payments_service.use_cases.record_imported_answer import Outcome
from tests.storage.rows import add
from tests.use_cases.world import EVENT, PRICE, USER, World

DUMP: Final = Path(__file__).parent / "dump"
OLD: Final = "5b0f0000-0000-4000-8000-00000000000{}"
ONE, TWO = OLD.format(1), OLD.format(2)
AN_HOUR_AGO: Final = timedelta(hours=1)


def dump(orders: str = "payment_order.csv", *, paid_events: bool = False, events: bool = False) -> Dump:
    """Read the files."""
    return read_dump(
        read_csv(DUMP / orders, columns=ORDER_COLUMNS),
        read_csv(DUMP / "payment_paidevent.csv", columns=PAID_EVENT_COLUMNS) if paid_events else (),
        read_csv(DUMP / "content_event.csv", columns=EVENT_COLUMNS) if events else (),
    )


def row(number: int = 1, **values: Any) -> Row:
    """A row of payment_order."""
    ordinary = {"status": "SALE", "user_id": USER, "event_id": EVENT, "created_at": "2026-01-02 03:04:05"}
    return Row(f"row {number}", {"order_id": OLD.format(number), **ordinary, **values})


async def was(world: World, word: str = "SALE", number: int = 1, **columns: Any) -> str:
    """An order that was written before a seat hangs on it, or after; an hour old unless told otherwise."""
    now: datetime = await world.second.fetchval("SELECT clock_timestamp()")
    order_id = OLD.format(number)
    values = {
        "order_id": order_id,
        "word": word,
        "status": word,
        "event_id": EVENT,
        "user_id": USER,
        "payment_link": f"https://vipps.test/old/{number}",
        "created_at": now - AN_HOUR_AGO,
        "raw": {"status": word},
        **columns,
    }
    await add(world.database, table, values)
    return order_id


def vipps_has(world: World, order_id: str, *words: str, amount_ore: int = PRICE) -> None:
    """Vipps knows it, with these words in its log."""
    world.vipps.amounts[order_id] = amount_ore
    world.vipps.logs.setdefault(order_id, [])
    world.vipps.member(order_id, *words)


async def read(world: World, order_id: str) -> Outcome:
    """The queue comes round to it."""
    return (await read_imported_order(order_id, cause="test", **world.with_vipps)).outcome


async def old(world: World, order_id: str = ONE) -> ImportedOrder:
    async with world.database.autocommit() as connection:
        found = await imported_orders.find(connection, order_id)
    assert found is not None
    return found


async def is_due(world: World, order_id: str = ONE) -> bool:
    """Whether the queue will ask about it by itself."""
    query = "SELECT due_at <= clock_timestamp() FROM imported_orders WHERE order_id = $1"
    return bool(await world.second.fetchval(query, order_id))


async def rest(world: World, seconds: float = 60) -> None:
    """Time passes for what was asked about in vain."""
    await world.second.execute(
        "UPDATE imported_orders SET due_at = due_at - $1 * interval '1 second',"
        " missing_since = missing_since - $1 * interval '1 second'",
        seconds,
    )


async def proven(world: World) -> None:
    """Another order shows that Vipps is asked with the right keys."""
    order_id = await was(world, "CANCEL", 9, event_id="7", user_id="someone")
    vipps_has(world, order_id, "INITIATE", "CANCEL")
    assert await read(world, order_id) is Outcome.KNOWN
