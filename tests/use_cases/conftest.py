"""A world of the test's own: the use cases on real PostgreSQL, one event that costs money, neighbours by hand.

Tests of one file share a database that is emptied before each of them: a copy for each would take longer than they do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from payments_service.settings_values import asyncpg_dsn
from payments_service.storage.database import Database
from payments_service.storage.tables import metadata
from tests.postgres import Server, fresh_database
from tests.use_cases.world import World

TABLES = ", ".join(table.name for table in metadata.sorted_tables)
# the history refuses to be emptied, but for a session that says it is a replica
EMPTY = f"""
    SET session_replication_role = replica;
    TRUNCATE {TABLES} RESTART IDENTITY;
    SET session_replication_role = DEFAULT;
"""


@pytest.fixture(scope="module")
def shared_url(postgres_server: Server) -> Iterator[str]:
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture
async def world(shared_url: str) -> AsyncIterator[World]:
    database = Database(asyncpg_dsn(shared_url))
    second = await asyncpg.connect(shared_url)
    await second.execute(EMPTY)
    world = World(database, second)
    await world.paid_event()
    yield world
    await second.close()
    await database.aclose()
    assert world.idle_in_transaction == [], "a transaction was open while a neighbour was called"


@pytest.fixture
async def seated(world: World) -> World:
    """A member has a seat and an hour to pay for it."""
    await world.register()
    return world
