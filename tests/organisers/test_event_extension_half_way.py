"""An extension of a whole event that stopped half-way, or runs twice at once: each seat is moved once for a key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from payments_service.storage.idempotency import KEPT_FOR
from tests.organisers.extending import HOUR, deadlines, extend, many, moves
from tests.organisers.office import Office
from tests.storage.rows import AGO, AHEAD

#: As a killed process leaves its key, when its lease is over.
DEAD = "UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL, lease_until = now() - interval '1 s'"
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def more(office: Office, first: int, last: int) -> None:
    for n in range(first, last + 1):
        await office.seat(f"r{n}", payment_expiredate=AHEAD)


@asynccontextmanager
async def locked(office: Office, registration_id: str) -> AsyncIterator[None]:
    """Somebody else is deciding about this registration for as long as the block runs."""
    async with office.sql.transaction():
        query = "SELECT 1 FROM registrations WHERE registration_id = $1 FOR UPDATE"
        await office.sql.execute(query, registration_id)
        yield


async def waiting(office: Office, n: int) -> None:
    """Return when so many are waiting for a lock."""
    while await office.sql.fetchval(WAITING) < n:
        await asyncio.sleep(
            0.01
        )  # PostgreSQL tells nobody when it is so, and a transaction the same thing again
        await office.sql.execute("SELECT pg_stat_clear_snapshot()")


@pytest.mark.parametrize("done", [0, 1, 4])
async def test_a_process_that_was_killed_is_taken_up_where_it_stopped(office: Office, done: int) -> None:
    """It had come to so many; the others are new to the one that goes on."""
    await many(office, done)
    await extend(office, key="all")
    await office.sql.execute(DEAD)
    await more(office, done + 1, 7)
    answer = await extend(office, key="all")
    assert "idempotent-replayed" not in answer.headers
    assert answer.json()["extended"] == len(answer.json()["items"]) == 7
    assert set((await moves(office)).values()) == {1}
    assert set((await deadlines(office)).values()) == {AHEAD + HOUR}


async def test_who_has_paid_or_gone_meanwhile_is_still_told_as_extended(office: Office) -> None:
    await many(office, 3)
    await extend(office, key="all")
    await office.sql.execute(DEAD)
    await office.sql.execute("UPDATE registrations SET status = 'exempt' WHERE registration_id = 'r2'")
    answer = (await extend(office, key="all")).json()
    found = {item["registration_id"]: item["status"] for item in answer["items"]}
    assert found == {"r1": "awaiting_payment", "r2": "exempt", "r3": "awaiting_payment"}
    assert set((await moves(office)).values()) == {1}


async def test_a_slow_process_and_the_one_that_took_over_from_it_move_each_once(office: Office) -> None:
    """The first is not dead, only late: its lease is over, and the same request runs beside it."""
    await many(office, 6)
    async with locked(office, "r3"):
        slow = asyncio.create_task(extend(office, key="all"))
        await waiting(office, 1)
        async with office.database.begin() as connection:  # the test's own is in the transaction that locks
            await connection.execute(text("UPDATE idempotency_keys SET lease_until = now() - interval '1 s'"))
        second = asyncio.create_task(extend(office, key="all"))
        await waiting(office, 2)
    answers = [(await task).json() for task in (slow, second)]
    assert set((await moves(office)).values()) == {1}
    assert set((await deadlines(office)).values()) == {AHEAD + HOUR}
    assert [answer["extended"] for answer in answers] == [6, 6]


@asynccontextmanager
async def busy(office: Office, when: str) -> AsyncIterator[None]:
    """What a lock that is held too long raises, raised by the rows themselves; `tries` counts how often."""
    await office.sql.execute(
        f"""CREATE SEQUENCE tries;
            CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN PERFORM nextval(''tries''); RAISE EXCEPTION ''busy'' USING ERRCODE = ''55P03''; END';
            CREATE TRIGGER busy BEFORE UPDATE ON registrations FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION busy()"""
    )
    try:
        yield
    finally:
        await office.sql.execute("DROP FUNCTION busy() CASCADE; DROP SEQUENCE tries")


async def test_a_row_that_cannot_be_had_stops_nobody_else_and_is_not_forgotten(office: Office) -> None:
    await many(office, 5)
    async with busy(office, "OLD.registration_id = 'r2'"):
        refused = await extend(office, key="all")
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert await moves(office) == {"r1": 1, "r3": 1, "r4": 1, "r5": 1}
    assert (await extend(office, key="all")).json()["extended"] == 5
    assert set((await moves(office)).values()) == {1}


async def test_when_none_can_be_had_it_is_given_up_soon(office: Office) -> None:
    """A thousand times the longest wait for a lock is more than anybody waits for an answer."""
    await many(office, 9)
    async with busy(office, "TRUE"):
        assert (await extend(office, key="all")).status_code == 503
        assert await office.sql.fetchval("SELECT last_value FROM tries") == 3
    assert await moves(office) == {}
    assert (await extend(office, key="all")).json()["extended"] == 9


async def test_a_connection_that_is_cut_half_way_is_gone_on_with(office: Office) -> None:
    await many(office, 5)
    async with locked(office, "r3"):
        asking = asyncio.create_task(extend(office, key="all"))
        await waiting(office, 1)
        await office.sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        refused = await asking
    assert refused.status_code == 503
    assert (await extend(office, key="all")).json()["extended"] == 5
    assert set((await moves(office)).values()) == {1}
    assert set((await deadlines(office)).values()) == {AHEAD + HOUR}


async def test_a_key_whose_answer_is_forgotten_names_another_extension(office: Office) -> None:
    """After 72 hours, as everywhere: the history keeps its line, and the line no longer counts."""
    await many(office, 2)
    await extend(office, key="all")
    await _let_time_pass(office, KEPT_FOR + timedelta(hours=1))
    assert (await extend(office, key="all")).json()["extended"] == 2
    assert set((await moves(office)).values()) == {2}


async def _let_time_pass(office: Office, passed: timedelta) -> None:
    await office.sql.execute("UPDATE idempotency_keys SET created_at = created_at - $1::interval", passed)
    # the history refuses to be changed, but for a session that says it is a replica
    await office.sql.execute("SET session_replication_role = replica")
    await office.sql.execute("UPDATE history SET at = at - $1::interval", passed)
    await office.sql.execute("SET session_replication_role = DEFAULT")


@pytest.mark.parametrize("status", ["expiring", "held"])
async def test_a_seat_whose_release_was_sent_is_too_late_to_extend(office: Office, status: str) -> None:
    """Nobody knows whether it is gone: more time would let the member pay for a seat that somebody else has."""
    await office.event()
    sent = {"release_sent_at": AGO, "sealed_at": AGO, "payment_expiredate": AGO}
    await office.seat("77", status=status, held_since=AGO if status == "held" else None, **sent)
    answer = (await extend(office)).json()
    assert (answer["extended"], [item["status"] for item in answer["too_late"]]) == (0, [status])
    alone = await office.backend.post(
        "/v1/registrations/77/extension", json={"minutes": 5, "reason": "because"}
    )
    assert (alone.status_code, alone.json()["code"]) == (409, "registration_decided")
    assert await moves(office) == {}


async def test_a_release_that_is_decided_while_the_extension_waits_wins(office: Office) -> None:
    await many(office, 2)
    async with locked(office, "r1"):
        asking = asyncio.create_task(extend(office))
        await waiting(office, 1)
        await office.sql.execute(
            "UPDATE registrations SET status = 'expiring', release_sent_at = now() WHERE registration_id = 'r1'"
        )
    answer = (await asking).json()
    assert [item["registration_id"] for item in answer["items"]] == ["r2"]
    assert [item["registration_id"] for item in answer["too_late"]] == ["r1"]


async def test_a_member_who_pays_while_the_extension_waits_has_paid(office: Office) -> None:
    await many(office, 2)
    async with locked(office, "r1"):
        asking = asyncio.create_task(extend(office))
        await waiting(office, 1)
        await office.sql.execute("UPDATE registrations SET status = 'paid' WHERE registration_id = 'r1'")
    answer = (await asking).json()
    assert ([item["registration_id"] for item in answer["items"]], answer["too_late"]) == (["r2"], [])


async def test_a_single_extension_goes_on_under_its_key_too(office: Office) -> None:
    """And the same key at another path is another request."""
    await many(office, 1)
    body, path = {"minutes": 60, "reason": "because"}, "/v1/registrations/r1/extension"

    async def alone() -> dict[str, Any]:
        answer = await office.backend.post(path, json=body, headers={"Idempotency-Key": "one"})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    first = await alone()
    await office.sql.execute(DEAD)
    assert (await alone())["payment_expiredate"] == first["payment_expiredate"]
    assert await deadlines(office) == {"r1": AHEAD + HOUR}
    assert (await extend(office, key="one")).json()["extended"] == 1
    assert await deadlines(office) == {"r1": AHEAD + 2 * HOUR}
