"""A world of the test's own: the use cases on real PostgreSQL, one event that costs money, neighbours by hand.

Tests of one file share a database that is emptied before each of them: a copy for each would take longer than they do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from payments_service.settings_values import asyncpg_dsn
from payments_service.storage.database import Database
from tests.storage.conftest import EMPTY, shared_url
from tests.use_cases.world import World

__all__ = ["seated", "shared_url", "world"]


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
