"""A migrated database of the test's own, through the service's own engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from payments_service.settings_values import asyncpg_dsn
from payments_service.storage.database import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(asyncpg_dsn(database_url))
    yield database
    await database.aclose()
