"""A database to play in: an embedded PostgreSQL, or a new database on the server that DATABASE_URL names."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from payments_service.demo.children import StackFailed
from payments_service.embedded_postgres import EmbeddedPostgres

NAME = "payments"


@contextmanager
def embedded_database(folder: Path | None = None) -> Iterator[str]:
    """Give the URL of a database in a PostgreSQL of our own; without a folder it is thrown away at the end."""
    with EmbeddedPostgres(folder, durable=folder is not None) as postgres:
        yield postgres.create_database(NAME)


@contextmanager
def fresh_database(given: str) -> Iterator[str]:
    """Give the URL of a new database beside the given one, and drop it at the end.

    The given one is only connected to. What it holds may be real, and a story must not settle real payments
    with a simulated Vipps.
    """
    name = f"payments_demo_{secrets.token_hex(4)}"
    try:
        asyncio.run(_execute(given, f'CREATE DATABASE "{name}"'))
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StackFailed(
            f"DATABASE_URL is set, and no database of our own can be made on that server: {error}. "
            "Without DATABASE_URL the demo brings its own PostgreSQL."
        ) from None
    try:
        yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    finally:
        asyncio.run(_execute(given, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
