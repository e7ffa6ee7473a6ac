"""The service is killed in the midst of giving everybody time; another one finishes under the same key."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.journeys.neighbours import eventually
from tests.journeys.pace import MORTAL, TAKEN_OVER_WITHIN
from tests.journeys.stack import Stack
from tests.organisers.extending import HOUR

MEMBERS, REACHED = 20, 7
SEATS = """
    INSERT INTO registrations (registration_id, event_id, user_id, status, payment_expiredate, due_at)
    SELECT 'r' || n, $1, 'u' || n, 'awaiting_payment', at, at
    FROM generate_series(1, $2::int) AS n, LATERAL (SELECT now() + (60 + n) * interval '1 minute' AS at) AS t
"""
WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()
"""


async def reached(connection: asyncpg.Connection) -> None:
    """Return when somebody waits for the lock."""
    while not await connection.fetchval(WAITING):  # noqa: ASYNC110  # PostgreSQL tells nobody when it is so
        await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_a_service_that_is_killed_half_way_extends_each_once(database_url: str, tmp_path: Path) -> None:
    connection = await asyncpg.connect(database_url)
    locking = await asyncpg.connect(database_url)
    with Stack(database_url, tmp_path) as stack:
        victim = stack.start_service(MORTAL)
        event_id = stack.event()
        await connection.execute(SEATS, event_id, MEMBERS)
        before = await connection.fetchval(
            "SELECT sum(extract(epoch FROM payment_expiredate)) FROM registrations"
        )

        def extend() -> httpx.Response:
            body = {"minutes": 60, "reason": "the bus was late"}
            return stack.service.post(
                f"/v1/paid-events/{event_id}/extension", body, **{"Idempotency-Key": "everybody"}
            )

        async with locking.transaction():
            await locking.execute(
                "SELECT 1 FROM registrations WHERE registration_id = $1 FOR UPDATE", f"r{REACHED + 1}"
            )
            asking = asyncio.create_task(asyncio.to_thread(extend))
            await reached(connection)
            victim.kill()
            with pytest.raises(httpx.TransportError):
                await asking
        moved = "SELECT count(*), count(DISTINCT registration_id) FROM history WHERE what = 'deadline_moved'"
        assert tuple(await connection.fetchrow(moved)) == (REACHED, REACHED)

        stack.start_service(MORTAL)
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            answers.append(extend())
            return answers[-1].status_code != 409

        eventually(is_answered, within=TAKEN_OVER_WITHIN + 5.0)
        assert (answers[-1].status_code, answers[-1].json()["extended"]) == (200, MEMBERS)
        assert tuple(await connection.fetchrow(moved)) == (MEMBERS, MEMBERS)
        after = await connection.fetchval(
            "SELECT sum(extract(epoch FROM payment_expiredate)) FROM registrations"
        )
        assert timedelta(seconds=float(after - before)) == MEMBERS * HOUR
    await connection.close()
    await locking.close()
