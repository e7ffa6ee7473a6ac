"""Run migrations: one transaction, one at a time however many replicas start at once."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from payments_service.settings import load_database_url
from payments_service.storage.tables import metadata

# Any constant will do, as long as nothing else in this database locks the same one.
MIGRATION_LOCK = 0x7061796D656E7473


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
    with context.begin_transaction():
        # transaction-scoped, so that it also holds behind a transaction pooler and never outlives us
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()


async def connect_and_migrate() -> None:
    url = context.config.attributes.get("database_dsn") or load_database_url()
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


if context.is_offline_mode():
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
elif (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    asyncio.run(connect_and_migrate())
