"""What must be true of a database before it is served from, and what holds in every session."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from payments_service.settings_values import asyncpg_dsn
from payments_service.storage.database import Database, database_now, is_passing
from payments_service.storage.schema import head_revision, migrate
from payments_service.storage.tables import paid_events
from tests.storage.rows import a_paid_event, add, all_of

HEAD = head_revision()


async def problems(dsn: str, revision: str = HEAD) -> list[str]:
    database = Database(dsn)
    found = await database.problems(expected_revision=revision)
    await database.aclose()
    return found


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def test_a_migrated_database_has_no_problems(database_url: str) -> None:
    assert await problems(asyncpg_dsn(database_url)) == []


@pytest.mark.parametrize("there", ["0000", "9999"])
async def test_a_schema_behind_or_ahead_is_a_problem(database_url: str, there: str) -> None:
    await execute(database_url, f"UPDATE alembic_version SET version_num = '{there}'")  # noqa: S608
    assert await problems(asyncpg_dsn(database_url)) == [
        f"the schema is at {there}, this version needs {HEAD}: run migrate"
    ]


async def test_a_database_without_a_schema_is_a_problem(database_url: str) -> None:
    await migrate(asyncpg_dsn(database_url), revision="base")
    assert "the schema is at nothing" in " ".join(await problems(asyncpg_dsn(database_url)))
    await execute(database_url, "DROP TABLE alembic_version")
    assert "the schema is at nothing" in " ".join(await problems(asyncpg_dsn(database_url)))


async def test_a_database_that_may_lose_acknowledged_rows_is_a_problem(database_url: str) -> None:
    name = database_url.rpartition("/")[2].partition("?")[0]
    await execute(database_url, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    assert "synchronous_commit is off" in " ".join(await problems(asyncpg_dsn(database_url)))


async def test_a_database_that_is_not_there_is_a_problem_within_seconds() -> None:
    async with asyncio.timeout(3):
        (found,) = await problems("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    assert "does not answer" in found


async def test_every_session_has_limits_and_utc(database: Database) -> None:
    limits = {
        "application_name": "payments-service",
        "TimeZone": "UTC",
        "lock_timeout": "4s",
        "statement_timeout": "8s",
        "idle_in_transaction_session_timeout": "10s",
        "transaction_isolation": "read committed",
    }
    async with database.begin() as connection:
        seen = {name: (await connection.execute(text(f"SHOW {name}"))).scalar_one() for name in limits}
    assert seen == limits


async def test_a_transaction_is_kept_when_its_block_ends_and_not_when_it_raises(database: Database) -> None:
    async def fails() -> None:
        async with database.begin() as connection:
            await connection.execute(paid_events.insert().values(a_paid_event()))
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await fails()
    assert await all_of(database, paid_events) == []
    await add(database, paid_events, a_paid_event())
    assert len(await all_of(database, paid_events)) == 1


async def test_the_databases_clock_moves_within_a_transaction(database: Database) -> None:
    async with database.begin() as connection:
        earlier = await database_now(connection)
        later = await database_now(connection)
    assert earlier < later
    assert earlier.utcoffset() is not None


async def test_what_may_be_gone_on_a_second_try_is_told_from_what_will_not(database: Database) -> None:
    async with database.autocommit() as connection:
        await connection.execute(text("SET statement_timeout = 20"))
        with pytest.raises(DBAPIError) as too_slow:
            await connection.execute(text("SELECT pg_sleep(5)"))
    await add(database, paid_events, a_paid_event())
    with pytest.raises(IntegrityError) as twice:
        await add(database, paid_events, a_paid_event())
    assert (is_passing(too_slow.value), is_passing(twice.value)) == (True, False)
    assert is_passing(ConnectionResetError())
    assert not is_passing(ValueError())
