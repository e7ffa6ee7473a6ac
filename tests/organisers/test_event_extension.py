"""More time for everybody of an event who still owes: who gets it, from when, and who is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from payments_service.domain.registrations import RegistrationStatus
from payments_service.storage.tables import orders
from tests.organisers.extending import HOUR, PATH, deadlines, extend, many, moves
from tests.organisers.office import EVENT, Office
from tests.storage.rows import AGO, AHEAD, a_captured_order

#: What a registration needs beside its status.
ROWS: dict[str, dict[str, Any]] = {
    "held": {"held_since": AGO},
    "expired": {"over_at": AGO, "released_by": "unregister"},
    "ended": {"over_at": AGO},
}


async def test_who_waits_gets_more_time_and_whose_time_was_up_gets_it_from_now(office: Office) -> None:
    await office.event()
    await office.seat("ahead", payment_expiredate=AHEAD)
    await office.seat("past", payment_expiredate=AGO)
    await office.seat("held", status="held", payment_expiredate=AGO, held_since=AGO, sealed_at=AGO)
    before = await office.sql.fetchval("SELECT clock_timestamp()")
    answer = (await extend(office)).json()
    after = await office.sql.fetchval("SELECT clock_timestamp()")
    now = await deadlines(office)
    assert now["ahead"] == AHEAD + HOUR
    assert before + HOUR <= now["past"] <= after + HOUR
    assert before + HOUR <= now["held"] <= after + HOUR
    assert (answer["event_id"], answer["extended"], answer["too_late"]) == (EVENT, 3, [])
    assert [item["registration_id"] for item in answer["items"]] == sorted(now, key=lambda name: now[name])
    assert set(answer["items"][0]) == {"registration_id", "user_id", "status", "payment_expiredate"}
    assert {item["status"] for item in answer["items"]} == {"awaiting_payment"}
    row = await office.sql.fetchrow("SELECT * FROM registrations WHERE registration_id = 'held'")
    assert (row["status"], row["sealed_at"], row["held_since"]) == ("awaiting_payment", None, None)
    assert row["due_at"] == row["payment_expiredate"]


async def test_nobody_else_is_touched(office: Office) -> None:
    await office.event()
    for status in set(RegistrationStatus) - {RegistrationStatus.AWAITING_PAYMENT, RegistrationStatus.HELD}:
        await office.seat(str(status), status=str(status), payment_expiredate=AGO, **ROWS.get(status, {}))
    await office.seat("elsewhere", event_id="elsewhere")
    everything = "SELECT * FROM registrations ORDER BY registration_id"
    before = await office.sql.fetch(everything)
    answer = (await extend(office)).json()
    assert await office.sql.fetch(everything) == before
    assert (answer["extended"], answer["items"]) == (0, [])
    assert [item["registration_id"] for item in answer["too_late"]] == ["expiring"]


async def test_the_refunded_are_left_alone_though_each_alone_may_be_extended(office: Office) -> None:
    """Their money was given back on purpose; a word to everybody must not make them owe again."""
    await office.event()
    await office.seat("77", status="refunded", payment_expiredate=AGO)
    assert (await extend(office)).json()["extended"] == 0
    body = {"minutes": 60, "reason": "wants to come after all"}
    alone = await office.backend.post("/v1/registrations/77/extension", json=body)
    assert (alone.status_code, alone.json()["status"]) == (200, "awaiting_payment")


async def test_the_history_says_who_gave_it_and_why(office: Office) -> None:
    await office.event()
    await office.seat("77")
    await extend(office, by="organiser with finance", reason="the bus was late", key="bus")
    lines = (await office.get("/v1/registrations/77/history"))["items"]
    (moved,) = [line["evidence"] for line in lines if line["what"] == "deadline_moved"]
    assert (moved["by"], moved["reason"]) == ("member:karin", "the bus was late")
    assert "bus" not in moved["key"]


async def test_money_that_is_here_already_pays_the_seat_and_gets_no_time(office: Office) -> None:
    """What the clock would have found at its next look, the extension finds as well."""
    await office.event()
    await office.seat("77", payment_expiredate=AGO)
    await office.add(orders, a_captured_order(1, is_closed=True))
    answer = (await extend(office)).json()
    assert [item["status"] for item in answer["items"]] == ["paid"]


WRONG_BODIES: list[dict[str, object]] = [
    {},
    {"minutes": 60},
    {"reason": "because"},
    {"minutes": 0, "reason": "because"},
    {"minutes": 10_081, "reason": "because"},
    {"minutes": "60", "reason": "because"},
    {"minutes": 60.5, "reason": "because"},
    {"minutes": 60, "reason": ""},
    {"minutes": 60, "reason": "because", "status": "held"},
]


async def test_a_wrong_body_gives_nobody_time(office: Office) -> None:
    await office.event()
    await office.seat("77")
    for body in WRONG_BODIES:
        answer = await office.backend.post(PATH, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), body
    assert await moves(office) == {}


@pytest.mark.slow
async def test_a_thousand_get_their_time_in_one_request(office: Office) -> None:
    await many(office, 1000)
    answer = (await extend(office, key="all")).json()
    assert answer["extended"] == len(answer["items"]) == 1000
    assert set((await deadlines(office)).values()) == {AHEAD + HOUR}
    assert set((await moves(office)).values()) == {1}


async def test_the_same_key_is_answered_from_what_was_kept(office: Office) -> None:
    await many(office, 3)
    first = await extend(office, key="once")
    again = await extend(office, key="once")
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    other = await extend(office, key="once", minutes=61)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert set((await moves(office)).values()) == {1}


async def test_another_key_another_caller_and_no_key_are_further_extensions(office: Office) -> None:
    await many(office, 2)
    for key, by in (("a", "service"), ("b", "service"), ("a", "organiser with finance"), (None, "service")):
        assert (await extend(office, key=key, by=by)).json()["extended"] == 2
    assert set((await deadlines(office)).values()) == {AHEAD + 4 * HOUR}
