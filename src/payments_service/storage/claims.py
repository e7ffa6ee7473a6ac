"""Due work lives in rows; a replica takes some of it for a while.

A work item is a row with `due_at`, `lease_until` and `fence`. A claim takes the oldest due rows that nobody holds, for
the length of a lease, and raises their fence; whoever finishes a claim repeats its fence, so that one that slept
through its lease changes nothing. Rows that another transaction has locked are skipped, never waited for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Claim:
    """A work item held until its lease ends."""

    key: str
    fence: int


async def claim_due(
    connection: AsyncConnection, table: Table, *, limit: int, lease: timedelta, only: str = "TRUE"
) -> list[Claim]:
    """Claim up to `limit` due rows, oldest first. `only` narrows them by a constant condition, never by input."""
    key = next(iter(table.primary_key.columns)).name
    # MATERIALIZED, or the planner may run the locking part again and take more than the limit.
    statement = f"""
        WITH due AS MATERIALIZED (
            SELECT {key} FROM {table.name}
            WHERE due_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp()) AND {only}
            ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)
        UPDATE {table.name} AS t SET lease_until = clock_timestamp() + :lease, fence = fence + 1
        FROM due WHERE t.{key} = due.{key} RETURNING t.{key}, t.fence
    """  # noqa: S608  # table and column names are ours
    rows = await connection.execute(text(statement), {"limit": limit, "lease": lease})
    return [Claim(str(row[0]), int(row[1])) for row in rows]


def finished(claim: Claim | None, table: Table) -> Any:
    """A condition for the write that finishes a claim: nobody has claimed the row since. True without a claim."""
    return text("TRUE") if claim is None else table.c.fence == claim.fence
