"""Kept answers: one taker at a time, the same answer to a repeat, gone after three days."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from payments_service.storage.database import Database
from payments_service.storage.idempotency import Kept, Reused, Running, Slot, Taken, keep, let_go, sweep, take

SLOT = Slot("service:backend", "POST", "/v1/orders", "once")
LEASE = timedelta(seconds=60)


async def taken(
    database: Database, *, fingerprint: bytes = b"a", slot: Slot = SLOT, lease: timedelta = LEASE
) -> object:
    async with database.autocommit() as connection:
        return await take(connection, slot, fingerprint=fingerprint, lease=lease)


async def answered(database: Database, first: object) -> None:
    assert isinstance(first, Taken)
    async with database.autocommit() as connection:
        await keep(
            connection, SLOT, first, status=201, headers={"content-type": "application/json"}, body=b"{}"
        )


async def test_one_takes_it_and_the_other_is_told_that_it_runs(database: Database) -> None:
    assert isinstance(await taken(database), Taken)
    assert isinstance(await taken(database), Running)


async def test_a_repeat_gets_the_answer_and_another_request_none(database: Database) -> None:
    await answered(database, await taken(database))
    assert await taken(database) == Kept(201, {"content-type": "application/json"}, b"{}")
    assert isinstance(await taken(database, fingerprint=b"b"), Reused)
    assert isinstance(await taken(database, slot=Slot("member:ola", "POST", "/v1/orders", "once")), Taken)


async def test_what_died_half_way_is_taken_up_again_and_the_dead_one_keeps_nothing(
    database: Database,
) -> None:
    dead = await taken(database, lease=timedelta(0))
    again = await taken(database)
    assert isinstance(again, Taken)
    await answered(database, dead)
    assert isinstance(await taken(database), Running)
    await answered(database, again)
    assert isinstance(await taken(database), Kept)


async def test_what_was_let_go_may_be_taken_at_once(database: Database) -> None:
    first = await taken(database)
    assert isinstance(first, Taken)
    async with database.autocommit() as connection:
        await let_go(connection, SLOT, first)
    assert isinstance(await taken(database), Taken)


async def test_after_three_days_an_answer_is_swept_and_its_key_is_free(database: Database) -> None:
    await answered(database, await taken(database))
    async with database.autocommit() as connection:
        assert await sweep(connection) == 0
        await connection.execute(
            text("UPDATE idempotency_keys SET created_at = created_at - interval '73 hours'")
        )
    assert isinstance(await taken(database, fingerprint=b"b"), Taken), "too old to count, swept or not"
    async with database.autocommit() as connection:
        await connection.execute(
            text("UPDATE idempotency_keys SET created_at = created_at - interval '73 hours'")
        )
        assert await sweep(connection) == 1
