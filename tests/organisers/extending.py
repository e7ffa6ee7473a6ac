"""Asking for more time for everybody, and looking at what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx

from tests.organisers.office import EVENT, Office
from tests.storage.rows import AHEAD

PATH = f"/v1/paid-events/{EVENT}/extension"
HOUR = timedelta(hours=1)


async def extend(
    office: Office,
    *,
    minutes: int = 60,
    key: str | None = None,
    by: str = "service",
    reason: str = "late bus",
) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await office.caller(by).post(PATH, json={"minutes": minutes, "reason": reason}, headers=headers)


async def deadlines(office: Office) -> dict[str, datetime]:
    rows = await office.sql.fetch("SELECT registration_id, payment_expiredate FROM registrations")
    return {row["registration_id"]: row["payment_expiredate"] for row in rows}


async def moves(office: Office) -> dict[str, int]:
    """How often each registration's deadline was moved."""
    rows = await office.sql.fetch(
        "SELECT registration_id, count(*) AS n FROM history WHERE what = 'deadline_moved' GROUP BY 1"
    )
    return {row["registration_id"]: row["n"] for row in rows}


async def many(office: Office, n: int) -> None:
    await office.event()
    await office.sql.execute(
        """INSERT INTO registrations (registration_id, event_id, user_id, status, payment_expiredate, due_at)
           SELECT 'r' || n, $1, 'u' || n, 'awaiting_payment', $2, $2 FROM generate_series(1, $3::int) AS n""",
        EVENT,
        AHEAD,
        n,
    )
