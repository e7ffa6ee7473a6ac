"""The database: an engine whose sessions have limits, and what must be true of it before we serve."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

# A lock is held for the length of a few statements; whoever waits longer than this is told to come back.
_SESSION: Final = {
    "application_name": "payments-service",
    "timezone": "UTC",
    "lock_timeout": "4000",
    "statement_timeout": "8000",
    "idle_in_transaction_session_timeout": "10000",
}
_POOL_SIZE: Final = 16
_POOL_WAIT_SECONDS: Final = 5.0


class Database:
    """Connections to PostgreSQL. Transactions are READ COMMITTED; the caller's `async with` commits or rolls back."""

    def __init__(self, dsn: str, *, pool_size: int = _POOL_SIZE) -> None:
        self.engine: AsyncEngine = create_async_engine(
            dsn,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=pool_size,
            max_overflow=4,
            pool_timeout=_POOL_WAIT_SECONDS,
            pool_recycle=900,
            hide_parameters=True,
            connect_args={"server_settings": _SESSION, "timeout": 5, "command_timeout": 15},
        )
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._snapshot = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction; committed when the block ends, rolled back when it raises."""
        async with self.engine.connect() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncConnection]:
        """A connection for lone statements, each its own transaction."""
        async with self._autocommit.connect() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads, and whose statements all see one instant."""
        async with self._snapshot.connect() as connection, connection.begin():
            yield connection

    async def problems(self, *, expected_revision: str) -> list[str]:
        """Return what keeps this database from being served from; empty when nothing does."""
        try:
            async with asyncio.timeout(1.0), self.autocommit() as connection:
                return await _problems(connection, expected_revision)
        except TimeoutError:
            return ["the database does not answer within a second"]
        except (SQLAlchemyError, OSError) as error:
            return [f"the database does not answer: {type(error).__name__}"]

    async def aclose(self) -> None:
        await self.engine.dispose()


async def _problems(connection: AsyncConnection, expected_revision: str) -> list[str]:
    found: list[str] = []
    if (await connection.execute(text("SHOW synchronous_commit"))).scalar_one() == "off":
        found.append("synchronous_commit is off: an acknowledged callback could be lost")
    exists = await connection.execute(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    revision = None
    if exists.scalar_one():
        revision = (
            await connection.execute(text("SELECT version_num FROM alembic_version"))
        ).scalar_one_or_none()
    if revision != expected_revision:
        found.append(
            f"the schema is at {revision or 'nothing'}, this version needs {expected_revision}: run migrate"
        )
    return found


async def database_now(connection: AsyncConnection) -> datetime:
    """Return the database's clock, which every deadline is written and compared with."""
    now: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now


def is_passing(error: BaseException) -> bool:
    """Tell whether a database error may be gone on a second try (cut connection, deadlock, lock or pool wait)."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or state[:2] in {"08", "40", "53", "55", "57"}
    return isinstance(error, (SQLAlchemyError, OSError, TimeoutError))
