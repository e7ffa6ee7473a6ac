"""More time for everybody, at every instant at which a seat is being taken back: it comes in time or not at all."""

from __future__ import annotations

import pytest

from payments_service.event_service.errors import Unanswered
from payments_service.storage.tables import registrations
from payments_service.use_cases.extend_event import ExtendedEvent, extend_event
from payments_service.use_cases.grant import Grant
from payments_service.use_cases.settle_registration import settle_registration
from tests.use_cases.neighbours import AfterTheEffect, Call
from tests.use_cases.world import EVENT, REG, World, seat


async def extend(world: World) -> ExtendedEvent:
    return await extend_event(
        EVENT,
        60,
        Grant("service:ops", "the bus was late"),
        database=world.database,
        policy=world.policy,
        nudge=world.nudges.append,
    )


def told(found: ExtendedEvent) -> tuple[list[str], list[str]]:
    extended, too_late = (
        [each.registration_id for each in part] for part in (found.extended, found.too_late)
    )
    return extended, too_late


@pytest.fixture
async def due(seated: World) -> World:
    """The deadline has passed and nobody has paid; the backend still has the seat."""
    seated.seats.seats = [seat()]
    await seated.fall_due()
    return seated


async def test_a_due_seat_that_the_clock_has_not_looked_at_is_kept(due: World) -> None:
    assert told(await extend(due)) == ([REG], [])
    await due.clock()
    assert (await due.status(), due.seats.calls) == ("awaiting_payment", [])


async def test_a_claim_from_before_the_extension_releases_nothing(due: World) -> None:
    """A worker took the seat up, slept, and decides after the deadline was moved."""
    (claim,) = await due.claim(registrations)
    assert told(await extend(due)) == ([REG], [])
    await settle_registration(
        claim,
        database=due.database,
        event_service=due.seats,
        policy=due.policy,
        nudge=due.nudges.append,
    )
    assert (await due.status(), due.seats.calls) == ("awaiting_payment", [])


@pytest.mark.parametrize("instant", ["find_seat", "release"])
async def test_a_seat_that_is_being_released_is_too_late_and_goes(due: World, instant: str) -> None:
    seen: list[tuple[list[str], list[str]]] = []

    async def meanwhile(call: Call) -> None:
        if call.operation == instant:
            seen.append(told(await extend(due)))

    due.seats.witness = meanwhile
    await due.clock(due=False)
    assert seen == [([], [REG])]
    assert await due.status() == "expired"
    assert "deadline_moved" not in await due.happened()


async def test_a_release_without_an_answer_is_too_late_until_it_is_known(due: World) -> None:
    due.seats.script["release"] = [AfterTheEffect(Unanswered("timeout"))]
    await due.clock(due=False)
    assert told(await extend(due)) == ([], [REG])
    await due.clock()
    assert await due.status() == "expired"
    assert told(await extend(due)) == ([], [])
