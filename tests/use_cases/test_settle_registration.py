"""The clock takes a seat back only on facts that stay so, and only from the sign-up it is about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from payments_service.domain.decisions import ExpiryMode, Rules
from payments_service.event_service.errors import Refused, Unanswered
from payments_service.use_cases.policy import Policy
from tests.use_cases.neighbours import AfterTheEffect, Call
from tests.use_cases.world import REG, World, seat

TIMEOUT = Unanswered("timeout")


@pytest.fixture
async def due(seated: World) -> World:
    """The deadline has passed and nobody has paid; the backend still has the seat."""
    seated.seats.seats = [seat()]
    await seated.fall_due()
    return seated


async def test_a_due_unpaid_seat_is_released_and_the_evidence_kept(due: World) -> None:
    await due.clock(due=False)
    found = await due.registration()
    assert (found.status, found.released_by) == ("expired", "unregister")
    assert [call.operation for call in due.seats.calls] == ["find_seat", "release"]
    assert due.seats.asked("release")[0].key == REG
    assert (await due.happened())[-3:] == ["decided", "release_intended", "released"]
    await due.clock()
    assert len(due.seats.asked("release")) == 1


async def test_the_release_is_committed_before_it_is_sent(due: World) -> None:
    seen: list[bool] = []

    async def look(call: Call) -> None:
        if call.operation == "release":
            row = await due.second.fetchrow("SELECT status, release_sent_at, sealed_at FROM registrations")
            seen.append(bool(row["status"] == "expiring" and row["release_sent_at"] and row["sealed_at"]))

    due.seats.witness = look
    await due.clock(due=False)
    assert seen == [True]


async def test_nothing_is_released_before_its_deadline(seated: World) -> None:
    seated.seats.seats = [seat()]
    await seated.clock()
    assert seated.seats.calls == []
    assert await seated.status() == "awaiting_payment"


@pytest.mark.parametrize("mode", [ExpiryMode.OFF, ExpiryMode.SHADOW])
async def test_the_clock_that_may_not_release_asks_nobody(due: World, mode: ExpiryMode) -> None:
    due.policy = Policy(rules=Rules(expiry_mode=mode))
    await due.clock(due=False)
    await due.clock()
    assert due.seats.calls == []
    found = await due.registration()
    assert found.status == "awaiting_payment"
    assert (found.shadow_decided_at is not None) is (mode is ExpiryMode.SHADOW)
    assert (await due.happened()).count("decided") == (1 if mode is ExpiryMode.SHADOW else 0)


# What the seat's read says


@pytest.mark.parametrize(
    ("there", "on_list"),
    [
        ([], None),
        ([seat("78")], None),
        ([seat(is_on_wait=True)], "waiting_list"),
    ],
    ids=["no such sign-up", "another sign-up", "on the waiting list"],
)
async def test_a_seat_that_is_not_ours_any_more_has_ended_and_is_not_released(
    due: World, there: list[Any], on_list: str | None
) -> None:
    due.seats.seats = there
    await due.clock(due=False)
    found = await due.registration()
    assert (found.status, found.released_by) == ("ended", on_list)
    assert due.seats.asked("release") == []
    assert due.seats.seats == there


async def test_a_later_deadline_at_the_backend_counts_and_nothing_is_released(due: World) -> None:
    later = (await due.registration()).payment_expiredate + timedelta(hours=2)
    due.seats.seats = [seat(payment_expiredate=later)]
    await due.clock(due=False)
    found = await due.registration()
    assert (found.status, found.payment_expiredate, found.sealed_at) == ("awaiting_payment", later, None)
    assert due.seats.asked("release") == []
    assert (await due.start())[1]


async def test_an_earlier_deadline_at_the_backend_changes_nothing(due: World) -> None:
    earlier = (await due.registration()).payment_expiredate - timedelta(hours=2)
    due.seats.seats = [seat(payment_expiredate=earlier)]
    await due.clock(due=False)
    assert await due.status() == "expired"


@pytest.mark.parametrize("operation", ["find_seat", "release"])
async def test_without_a_usable_answer_it_is_tried_again_with_a_growing_pause(
    due: World, operation: str
) -> None:
    waits = []
    for _ in range(6):
        due.seats.script[operation] = [TIMEOUT]
        await due.clock()
        query = "SELECT round(extract(epoch FROM due_at - clock_timestamp()))::int FROM registrations"
        waits.append(await due.second.fetchval(query))
    assert (waits[0], waits[-1]) == (1, 15)
    assert waits == sorted(waits)
    assert await due.status() == "expiring"
    assert await due.cases() == []
    await due.clock()
    assert await due.status() == "expired"


async def test_a_release_nobody_knows_the_end_of_is_read_before_it_is_repeated(due: World) -> None:
    due.seats.script["release"] = [AfterTheEffect(TIMEOUT)]
    await due.clock(due=False)
    assert await due.status() == "expiring"
    await due.clock()
    assert [call.operation for call in due.seats.calls] == ["find_seat", "release", "find_seat"]
    assert await due.status() == "expired"  # by our release, not by another hand


async def test_a_seat_given_anew_after_an_unclear_release_is_not_taken(due: World) -> None:
    due.seats.script["release"] = [AfterTheEffect(TIMEOUT)]
    await due.clock(due=False)
    due.seats.seats = [seat("78")]
    await due.clock()
    assert len(due.seats.asked("release")) == 1
    assert await due.status() == "ended"
    assert due.seats.seats == [seat("78")]


@pytest.mark.parametrize("operation", ["find_seat", "release"])
async def test_a_refusal_is_a_persons_matter_and_is_repeated(due: World, operation: str) -> None:
    due.seats.script[operation] = [Refused("no", status=403)] * 2
    await due.clock(due=False)
    await due.clock()
    assert await due.status() == "expiring"
    assert await due.cases() == ["release_refused"]
    await due.clock()
    assert await due.status() == "expired"
    assert await due.cases() == []
