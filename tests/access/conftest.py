"""The world of who may do what: made once for a file, and put back between requests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.access.world import World, open_world
from tests.postgres import Server, fresh_database


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(postgres_server: Server) -> AsyncIterator[World]:
    with fresh_database(postgres_server) as url:
        async with open_world(url) as world:
            yield world
