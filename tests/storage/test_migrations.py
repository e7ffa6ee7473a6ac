"""The schema is made by migrations, both ways, by any number of processes at once; and is what the code thinks."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect, text

from payments_service.settings_values import asyncpg_dsn
from payments_service.storage.database import Database
from payments_service.storage.schema import head_revision, migrate
from payments_service.storage.tables import metadata
from tests.postgres import Server

CONSTRAINTS = """
    SELECT conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = current_schema::regnamespace AND conrelid::regclass::text <> 'alembic_version'
"""
INDEXES = (
    "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema AND tablename <> 'alembic_version'"
)
REST = """
    SELECT proname FROM pg_proc WHERE pronamespace = current_schema::regnamespace
    UNION ALL SELECT relname FROM pg_class WHERE relnamespace = current_schema::regnamespace
    UNION ALL SELECT typname FROM pg_type WHERE typnamespace = current_schema::regnamespace
"""
PARTIAL_AND_UNIQUE = {
    "uq_registrations_current": "(event_id, user_id) WHERE (status <> ALL (ARRAY['expired'::text, 'ended'::text]))",
    "uq_orders_open": "(registration_id) WHERE (status = 'INITIATE'::text)",
    "uq_orders_pays_seat": "(registration_id) WHERE pays_seat",
    "uq_attention_open": "WHERE (closed_at IS NULL)",
}


@pytest.fixture
def empty_dsn(postgres_server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database that nothing has been migrated in."""
    name = f"payments_empty_{abs(hash(request.node.name))}"
    postgres_server.execute(f'CREATE DATABASE "{name}"')
    yield asyncpg_dsn(postgres_server.database(name))
    postgres_server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def said(dsn: str, query: str) -> set[str]:
    database = Database(dsn)
    async with database.autocommit() as connection:
        found = set((await connection.execute(text(query))).scalars())
    await database.aclose()
    return found


async def test_up_from_nothing_down_to_nothing_and_up_again(empty_dsn: str) -> None:
    await migrate(empty_dsn)
    up = [await said(empty_dsn, query) for query in (CONSTRAINTS, INDEXES, REST)]
    assert await said(empty_dsn, "SELECT version_num FROM alembic_version") == {head_revision()}
    await migrate(empty_dsn, revision="base")
    left = {name for name in await said(empty_dsn, REST) if "alembic_version" not in name}
    assert left == set()
    await migrate(empty_dsn)
    assert [await said(empty_dsn, query) for query in (CONSTRAINTS, INDEXES, REST)] == up


async def test_several_processes_may_migrate_at_once(empty_dsn: str) -> None:
    url = empty_dsn.replace("postgresql+asyncpg", "postgresql")
    environment = {**os.environ, "DATABASE_URL": url}
    command = (sys.executable, "-m", "payments_service", "migrate")
    processes = [await asyncio.create_subprocess_exec(*command, env=environment) for _ in range(3)]
    assert [await process.wait() for process in processes] == [0, 0, 0]
    assert await said(empty_dsn, "SELECT version_num FROM alembic_version") == {head_revision()}


async def test_migrating_what_is_migrated_changes_nothing(database: Database, database_url: str) -> None:
    dsn = asyncpg_dsn(database_url)
    before = [await said(dsn, query) for query in (CONSTRAINTS, INDEXES, REST)]
    await migrate(dsn)
    assert [await said(dsn, query) for query in (CONSTRAINTS, INDEXES, REST)] == before


async def test_columns_types_and_defaults_are_those_the_code_thinks(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with database.begin() as connection:
        assert await connection.run_sync(differences) == []


async def test_constraints_and_indexes_are_those_the_code_thinks(database: Database, empty_dsn: str) -> None:
    """The tables made straight from the code have the same CHECKs and indexes, word for word."""
    by_the_code = Database(empty_dsn)
    async with by_the_code.begin() as connection:
        await connection.run_sync(metadata.create_all)
    for query in (CONSTRAINTS, INDEXES):
        async with database.autocommit() as ours, by_the_code.autocommit() as theirs:
            migrated = set((await ours.execute(text(query))).scalars())
            made = set((await theirs.execute(text(query))).scalars())
        assert migrated == made
    await by_the_code.aclose()


@pytest.mark.parametrize(("name", "rule"), PARTIAL_AND_UNIQUE.items())
async def test_what_may_exist_once_only_is_an_index(database: Database, name: str, rule: str) -> None:
    async with database.autocommit() as connection:
        query = text("SELECT indexdef FROM pg_indexes WHERE indexname = :name")
        definition: str = (await connection.execute(query, {"name": name})).scalar_one()
    assert definition.startswith("CREATE UNIQUE INDEX")
    assert definition.endswith(rule)


async def test_there_is_no_table_that_the_code_does_not_know(database: Database) -> None:
    async with database.begin() as connection:
        names = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
    assert names - {"alembic_version"} == set(known(metadata))


def known(of: MetaData) -> list[str]:
    return [table.name for table in of.sorted_tables]
