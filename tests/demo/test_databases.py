"""A server that DATABASE_URL names is used for a database of the demo's own, and left as it was."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest

from payments_service.demo.children import StackFailed
from payments_service.demo.databases import fresh_database


def databases(url: str) -> set[str]:
    """Return the names of a server's databases."""

    async def ask() -> set[str]:
        connection = await asyncpg.connect(url)
        try:
            return {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_a_new_database_is_made_beside_the_given_one_and_dropped(database_url: str) -> None:
    with fresh_database(database_url) as url:
        name = urlsplit(url).path.strip("/")
        assert name.startswith("payments_demo_")
        assert url != database_url
        assert name in databases(url)
    assert name not in databases(database_url)


def test_a_server_that_is_not_there_is_told_with_the_way_out() -> None:
    with (
        pytest.raises(StackFailed, match="Without DATABASE_URL"),
        fresh_database("postgresql://a:b@127.0.0.1:1/c"),
    ):
        pass
