"""What Vipps delivers is kept once and wakes its order once, whoever repeats it."""

from __future__ import annotations

import asyncio

from payments_service.storage import deliveries
from payments_service.storage.database import Database
from payments_service.storage.deliveries import Stored
from payments_service.storage.tables import attention, orders
from payments_service.storage.tables import deliveries as table
from tests.storage.rows import AHEAD, add, all_of, an_order, only, order_id

OURS, NOT_OURS = order_id(1), order_id(2)


async def store(database: Database, order: str = OURS, fingerprint: bytes = b"one") -> Stored:
    async with database.autocommit() as connection:
        return await deliveries.store(
            connection, channel="ecom", fingerprint=fingerprint, order_id=order, order_uuid=order, body=b"{}"
        )


async def test_a_new_delivery_is_kept_and_its_order_is_due_at_once(database: Database) -> None:
    await add(database, orders, an_order(due_at=AHEAD))
    assert await store(database) == Stored(is_new=True, is_known=True)
    row = await only(database, table)
    assert (row.order_id, row.body, row.settled_at) == (OURS, b"{}", None)
    assert (await only(database, orders)).due_at < AHEAD


async def test_a_repeat_changes_nothing_at_all(database: Database) -> None:
    await add(database, orders, an_order())
    await store(database)
    before = (await all_of(database, table), await all_of(database, orders))
    assert await store(database) == Stored(is_new=False, is_known=True)
    assert (await all_of(database, table), await all_of(database, orders)) == before


async def test_another_body_is_another_delivery(database: Database) -> None:
    await add(database, orders, an_order())
    await store(database)
    assert (await store(database, fingerprint=b"two")).is_new
    assert len(await all_of(database, table)) == 2


async def test_one_for_no_order_of_ours_is_kept_for_a_person(database: Database) -> None:
    await add(database, orders, an_order(due_at=AHEAD))
    assert await store(database, NOT_OURS) == Stored(is_new=True, is_known=False, is_case=True)
    assert (await only(database, table)).settled_at is not None  # nothing of ours waits for it
    case = await only(database, attention)
    assert (case.code, case.order_id) == ("unknown_payment", NOT_OURS)
    assert (await only(database, orders)).due_at == AHEAD
    await store(database, NOT_OURS, b"two")
    assert len(await all_of(database, attention)) == 1


async def test_an_id_that_is_none_is_kept_too(database: Database) -> None:
    async with database.autocommit() as connection:
        stored = await deliveries.store(
            connection, channel="ecom", fingerprint=b"f", order_id="x' OR 1=1", order_uuid=None, body=b"\0"
        )
    assert stored == Stored(is_new=True, is_known=False, is_case=True)
    assert (await only(database, table)).order_id == "x' OR 1=1"


async def test_those_that_name_no_payment_at_all_are_one_case(database: Database) -> None:
    for number in range(3):
        async with database.autocommit() as connection:
            await deliveries.store(
                connection,
                channel="webhooks",
                fingerprint=bytes([number]),
                order_id="",
                order_uuid=None,
                body=b"[]",
            )
    assert len(await all_of(database, table)) == 3
    assert (await only(database, attention)).order_id is None


async def test_many_at_once_of_the_same_leave_one_row(database: Database) -> None:
    await add(database, orders, an_order())
    stored = await asyncio.gather(*(store(database) for _ in range(12)))
    assert [s.is_new for s in stored].count(True) == 1
    assert all(s.is_known for s in stored)
    await only(database, table)


async def test_many_at_once_for_an_unknown_payment_open_one_case(database: Database) -> None:
    await asyncio.gather(*(store(database, NOT_OURS, bytes([n])) for n in range(12)))
    assert len(await all_of(database, table)) == 12
    await only(database, attention)


async def test_settling_reaches_what_was_there_before_vipps_was_asked_and_no_further(
    database: Database,
) -> None:
    await add(database, orders, an_order())
    await store(database, fingerprint=b"before")
    async with database.begin() as connection:
        newest = await deliveries.last_id(connection, OURS)
        assert newest is not None
    await store(database, fingerprint=b"meanwhile")
    async with database.begin() as connection:
        await deliveries.settle(connection, OURS, up_to=newest)
        assert await deliveries.is_waiting(connection, OURS)
        second = await deliveries.last_id(connection, OURS)
        assert second is not None
        await deliveries.settle(connection, OURS, up_to=second)
        assert not await deliveries.is_waiting(connection, OURS)


async def test_the_oldest_unsettled_one_has_an_age(database: Database) -> None:
    await add(database, orders, an_order())
    async with database.autocommit() as connection:
        assert await deliveries.oldest_unsettled_seconds(connection) == 0
        await store(database, NOT_OURS, b"two")
        assert await deliveries.oldest_unsettled_seconds(connection) == 0
        await store(database)
        assert 0 < await deliveries.oldest_unsettled_seconds(connection) < 5
