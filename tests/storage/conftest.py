"""A migrated, empty database through the service's own engine.

Tests of one file share it, emptied before each of them: a copy for each would take longer than they do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from payments_service.settings_values import asyncpg_dsn
from payments_service.storage.database import Database
from payments_service.storage.tables import metadata
from tests.postgres import Server, fresh_database

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
async def database(shared_url: str) -> AsyncIterator[Database]:
    emptying = await asyncpg.connect(shared_url)
    await emptying.execute(EMPTY)
    await emptying.close()
    database = Database(asyncpg_dsn(shared_url))
    yield database
    await database.aclose()
