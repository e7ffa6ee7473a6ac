"""Due work is taken by one worker at a time, and a worker that slept through its lease changes nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from payments_service.storage import operations as intended
from payments_service.storage import orders, registrations
from payments_service.storage.claims import Claim, claim_due
from payments_service.storage.database import Database
from payments_service.storage.tables import operations as operations_table
from payments_service.storage.tables import orders as orders_table
from payments_service.storage.tables import registrations as registrations_table
from tests.storage.rows import AGO, AHEAD, NOW, a_registration, add, an_operation, an_order, only, order_id

LEASE = timedelta(seconds=60)


async def claim(database: Database, limit: int = 10, lease: timedelta = LEASE) -> list[Claim]:
    async with database.autocommit() as connection:
        return await claim_due(connection, orders_table, limit=limit, lease=lease)


def due(n: int, **columns: Any) -> dict[str, Any]:
    return an_order(n, registration_id=str(n), **{"due_at": AGO + timedelta(seconds=n), **columns})


async def test_the_oldest_are_taken_first_and_no_more_than_the_limit(database: Database) -> None:
    await add(database, orders_table, *(due(n) for n in (5, 3, 1, 4, 2)))
    assert {c.key for c in await claim(database, limit=2)} == {order_id(1), order_id(2)}
    assert {c.key for c in await claim(database, limit=2)} == {order_id(3), order_id(4)}
    assert {c.key for c in await claim(database, limit=2)} == {order_id(5)}
    assert await claim(database) == []


async def test_what_is_not_due_or_held_by_somebody_is_left_alone(database: Database) -> None:
    await add(
        database, orders_table, due(1, due_at=None), due(2, due_at=AHEAD), due(3, lease_until=AHEAD), due(4)
    )
    assert {c.key for c in await claim(database)} == {order_id(4)}


async def test_a_lease_that_ended_frees_the_row_and_raises_its_fence(database: Database) -> None:
    await add(database, orders_table, due(1))
    first = await claim(database, lease=timedelta(milliseconds=1))
    await asyncio.sleep(0.01)
    second = await claim(database)
    assert first == [Claim(order_id(1), 1)]
    assert second == [Claim(order_id(1), 2)]


async def test_no_row_is_waited_for(database: Database) -> None:
    await add(database, orders_table, due(1), due(2))
    async with database.begin() as busy:
        await orders.lock(busy, order_id(1))
        async with asyncio.timeout(1):
            assert [c.key for c in await claim(database)] == [order_id(2)]


async def test_many_at_once_never_get_the_same_row(database: Database) -> None:
    await add(database, orders_table, *(due(n) for n in range(1, 61)))
    batches = await asyncio.gather(*(claim(database, limit=6) for _ in range(12)))
    keys = [c.key for batch in batches for c in batch]
    while batch := await claim(database):  # what was locked by a neighbour just then is still there
        keys += [c.key for c in batch]
    assert len(keys) == len(set(keys)) == 60
    assert all(len(batch) <= 6 for batch in batches)


async def test_a_claim_can_be_narrowed(database: Database) -> None:
    await add(database, orders_table, due(1), due(2, vipps_api="epayment"))
    async with database.autocommit() as connection:
        found = await claim_due(connection, orders_table, limit=9, lease=LEASE, only="vipps_api = 'epayment'")
    assert [c.key for c in found] == [order_id(2)]


async def test_an_old_fence_changes_nothing_about_an_order(database: Database) -> None:
    await add(database, orders_table, due(1, fence=2, lease_until=AHEAD))
    async with database.begin() as connection:
        assert not await orders.reschedule(connection, order_id(1), due_at=None, claim=Claim(order_id(1), 1))
    row = await only(database, orders_table)
    assert (row.due_at is None, row.lease_until) == (False, AHEAD)
    async with database.begin() as connection:
        assert await orders.reschedule(connection, order_id(1), due_at=None, claim=Claim(order_id(1), 2))
    assert (await only(database, orders_table)).lease_until is None


async def test_an_old_fence_changes_nothing_about_a_registration(database: Database) -> None:
    await add(database, registrations_table, a_registration(fence=2, lease_until=AHEAD, due_at=AGO))
    old = Claim("77", 1)
    async with database.begin() as connection:
        assert not await registrations.reschedule(connection, "77", due_at=None, claim=old, attempts=9)
        await registrations.let_go(connection, old)
    row = await only(database, registrations_table)
    assert (row.due_at, row.lease_until, row.attempts) == (AGO, AHEAD, 0)


async def test_an_old_fence_changes_nothing_about_an_operation(database: Database) -> None:
    await add(database, orders_table, an_order())
    await add(database, operations_table, an_operation(fence=2, lease_until=AHEAD))
    old = Claim(f"{order_id(1)}-c1", 1)
    before = await only(database, operations_table)
    async with database.begin() as connection:
        assert not await intended.begin_attempt(connection, old)
        assert not await intended.postpone(connection, old, due_at=AHEAD, is_in_doubt=False, answer="")
    assert await only(database, operations_table) == before


@pytest.mark.parametrize("table", [orders_table, registrations_table, operations_table], ids=lambda t: t.name)
async def test_looking_for_work_costs_the_same_however_much_lies_there(
    database: Database, table: Any
) -> None:
    """Ten thousand rows of which a few are due: the plan goes by the partial index, never over the table."""
    rows = [due(n, due_at=NOW if n < 20 else None, status="CANCEL") for n in range(10_000)]
    registrations = [
        a_registration(registration_id=str(n), user_id=str(n), due_at=NOW if n < 20 else None)
        for n in range(10_000)
    ]
    states = [("pending", NOW) if n < 20 else ("done", None) for n in range(10_000)]
    operations = [
        an_operation(operation_key=str(n), order_id=order_id(1), state=state, due_at=at)
        for n, (state, at) in enumerate(states)
    ]
    async with database.begin() as connection:
        if table is registrations_table:
            await connection.execute(table.insert(), registrations)
        else:
            await connection.execute(orders_table.insert(), rows if table is orders_table else [rows[1]])
        if table is operations_table:
            await connection.execute(table.insert(), operations)
    key = next(iter(table.primary_key.columns)).name
    query = f"""
        EXPLAIN SELECT {key} FROM {table.name}
        WHERE due_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp()) AND TRUE
        ORDER BY due_at LIMIT 16 FOR UPDATE SKIP LOCKED
    """  # noqa: S608 - table and column names are ours
    async with database.autocommit() as connection:
        await connection.execute(text(f"ANALYZE {table.name}"))
        plan = "\n".join((await connection.execute(text(query))).scalars())
    assert f"Index Scan using ix_{table.name}_due" in plan
    assert "Seq Scan" not in plan
