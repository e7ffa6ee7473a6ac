"""Looking into the service's database, breaking it on purpose, and the operator's commands."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Insert

from payments_service.storage.database import Database
from payments_service.storage.invariants import INVARIANTS

ROOT = Path(__file__).parents[2]


def rows(database_url: str, statement: str, *values: object) -> list[dict[str, Any]]:
    """Run one statement and return what it returns."""

    async def run() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(database_url)
        try:
            return [dict(row) for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    return asyncio.run(run())


def execute(database_url: str, *statements: Insert) -> None:
    """Run statements in one transaction."""

    async def run() -> None:
        database = Database(database_url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=1)
        async with database.begin() as connection:
            for statement in statements:
                await connection.execute(statement)
        await database.aclose()

    asyncio.run(run())


def broken_truths(database_url: str) -> list[tuple[str, str]]:
    """Return (invariant, key) of everything that `check` would print, without starting a process."""

    async def run() -> list[tuple[str, str]]:
        connection = await asyncpg.connect(database_url)
        try:
            return [
                (invariant.name, str(row[0]))
                for invariant in INVARIANTS
                for row in await connection.fetch(invariant.query)
            ]
        finally:
            await connection.close()

    return asyncio.run(run())


def command(*words: str, database_url: str) -> tuple[int, list[str]]:
    """Run `payments-service WORDS` to its end; return its exit status and the lines it printed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "payments_service", *words],
        env={**kept, "DATABASE_URL": database_url, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, done.stdout.splitlines()
