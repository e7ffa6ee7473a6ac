"""What the fixtures of this test suite promise."""

from __future__ import annotations

import socket
import traceback

import asyncpg
import httpx
import pytest

from tests.postgres import Server, fresh_database


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_every_test_gets_a_database_of_its_own(database_url: str, turn: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE mine (turn text)")  # fails where the other turn has been
    await connection.execute("INSERT INTO mine VALUES ($1)", turn)
    assert await connection.fetchval("SELECT count(*) FROM mine") == 1
    await connection.close()


async def test_a_database_goes_with_its_test_even_while_connected(postgres_server: Server) -> None:
    with fresh_database(postgres_server) as url:
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
    connection.terminate()
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)


@pytest.mark.parametrize("url", ["https://apitest.vipps.no/", "http://192.0.2.1/"])
async def test_no_other_machine_can_be_reached(url: str) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises((RuntimeError, ExceptionGroup)) as caught:
            await client.get(url)
    assert "no network in tests" in "".join(traceback.format_exception(caught.value))


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        socket.create_connection(listener.getsockname()).close()
