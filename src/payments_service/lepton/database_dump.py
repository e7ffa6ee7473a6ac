"""The same tables straight from a PostgreSQL database, read in one transaction that cannot write."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg

from payments_service.lepton.csv_dump import Row, UnreadableDump, must_have

_SECONDS: Final = 60.0


async def read_tables(url: str, tables: dict[str, tuple[str, ...]]) -> dict[str, list[Row]]:
    """Return the rows of each table. Raises UnreadableDump, with what to do about a database that is none of these."""
    scheme = urlsplit(url).scheme
    if scheme not in ("postgresql", "postgres"):
        raise UnreadableDump(
            f"--from takes postgresql://…, not {scheme or 'this'}; from MySQL write each table to a file "
            "(mysql --batch does, with tabs) and give the files with --orders and --paid-events"
        )
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as error:
        raise UnreadableDump(
            f"the database given with --from does not answer: {type(error).__name__}"
        ) from None
    try:
        # one snapshot: an order written between two reads would be in one table's world and not in the other's
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return {name: await _read(connection, name, columns) for name, columns in tables.items()}
    except asyncpg.PostgresError as error:
        raise UnreadableDump(f"the database given with --from says: {error}") from None
    finally:
        await connection.close()


async def _read(connection: Any, name: str, columns: tuple[str, ...]) -> list[Row]:
    records = await connection.fetch(f"SELECT * FROM {name}", timeout=_SECONDS)  # noqa: S608  # the names are ours
    if records:
        must_have(name, list(records[0].keys()), columns)
    return [
        Row(f"{name} row {number}", {column: _text(value) for column, value in record.items()})
        for number, record in enumerate(records, start=1)
    ]


def _text(value: Any) -> str | None:
    """As `\\copy … csv` would write it."""
    if value is None:
        return None
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
