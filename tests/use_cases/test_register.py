"""A sign-up starts the clock once; saying it again changes only what is new about it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from payments_service.domain.errors import PaidEventNotFound, RegistrationConflict, RegistrationEnded
from payments_service.domain.paid_events import PaidEvent
from payments_service.storage import paid_events
from payments_service.use_cases.adopt_seat import adopt_seat
from payments_service.use_cases.policy import Policy
from payments_service.use_cases.sign_off import sign_off
from tests.use_cases.world import EVENT, REG, World, seat

HOUR = timedelta(hours=1)
AHEAD = datetime.now(UTC).replace(microsecond=0) + 3 * HOUR


async def test_the_first_is_new_and_a_repeat_gets_the_same_deadline(world: World) -> None:
    assert await world.register()
    first = await world.registration()
    assert first.payment_expiredate == first.created_at + HOUR
    assert not await world.register()
    assert await world.registration() == first


async def test_a_promotion_has_the_waiting_lists_time(world: World) -> None:
    await world.register(from_waiting_list=True)
    found = await world.registration()
    assert found.payment_expiredate == found.created_at + world.policy.waiting_list_paytime


async def test_the_events_start_caps_the_deadline_while_it_lies_ahead(world: World) -> None:
    starts_at = datetime.now(UTC) + timedelta(minutes=10)
    await world.paid_event(starts_at=starts_at)
    await world.register("capped", user_id="a")
    await world.paid_event(starts_at=datetime.now(UTC) - HOUR)
    await world.register("begun", user_id="b")
    begun = await world.registration("begun")
    assert (await world.registration("capped")).payment_expiredate == starts_at
    assert begun.payment_expiredate == begun.created_at + HOUR


async def test_the_backends_own_deadline_wins_over_everything(world: World) -> None:
    await world.paid_event(starts_at=datetime.now(UTC) + HOUR)
    await world.register(from_waiting_list=True, payment_expiredate=AHEAD)
    assert (await world.registration()).payment_expiredate == AHEAD


async def test_a_repeat_with_another_deadline_moves_it_until_it_is_decided(seated: World) -> None:
    assert not await seated.register(payment_expiredate=AHEAD)
    assert (await seated.registration()).payment_expiredate == AHEAD
    await seated.register()  # a repeat that names none leaves it
    assert (await seated.registration()).payment_expiredate == AHEAD
    order, _ = await seated.start()
    seated.vipps.member(order.order_id, "RESERVE")
    await seated.settle(order.order_id)
    await seated.register(payment_expiredate=AHEAD + HOUR)
    assert (await seated.registration()).payment_expiredate == AHEAD
    assert await seated.status() == "paid"


async def test_a_deadline_in_the_past_is_due_at_once(world: World) -> None:
    await world.register(payment_expiredate=datetime.now(UTC) - HOUR)
    world.seats.seats = [seat()]
    await world.clock(due=False)
    assert await world.status() == "expired"


async def test_an_event_that_costs_nothing_is_unknown(world: World) -> None:
    with pytest.raises(PaidEventNotFound):
        await world.register(event_id="124")


@pytest.mark.parametrize("other", [{"user_id": "karin"}, {"event_id": "124"}])
async def test_an_id_never_means_another_member_or_event(seated: World, other: dict[str, str]) -> None:
    async with seated.database.begin() as connection:
        await paid_events.put(connection, "124", {"price_ore": 100, "paytime_seconds": 60})
    with pytest.raises(RegistrationConflict):
        await seated.register(**other)


async def test_an_id_that_is_over_is_not_taken_up_again(seated: World) -> None:
    await sign_off(REG, refund=False, **seated.with_vipps)
    with pytest.raises(RegistrationEnded):
        await seated.register()


async def test_an_id_that_went_to_the_waiting_list_opens_anew(world: World) -> None:
    world.policy = Policy(release="waiting_list")
    await world.register(payment_expiredate=datetime.now(UTC) - HOUR)
    world.seats.seats = [seat()]
    await world.clock(due=False)
    assert await world.status() == "expired"
    assert await world.register(from_waiting_list=True)
    again = await world.registration()
    assert (again.status, again.over_at, again.sealed_at) == ("awaiting_payment", None, None)
    assert again.payment_expiredate > datetime.now(UTC) + timedelta(hours=11)


async def adopt(world: World, deadline: datetime | None = None) -> None:
    async with world.database.begin() as connection:
        event: PaidEvent | None = await paid_events.find(connection, EVENT)
        assert event is not None
        await adopt_seat(connection, seat(payment_expiredate=deadline), event, policy=world.policy)


async def test_the_first_word_on_a_seat_we_found_ourselves_is_new(world: World) -> None:
    await adopt(world)
    assert await world.register(from_waiting_list=True)
    found = await world.registration()
    assert found.payment_expiredate >= found.created_at + world.policy.waiting_list_paytime
    assert not await world.register(from_waiting_list=True)


async def test_the_first_word_leaves_a_deadline_that_the_backend_showed(world: World) -> None:
    await adopt(world, AHEAD)
    assert await world.register()
    assert (await world.registration()).payment_expiredate == AHEAD


async def test_first_calls_at_once_make_one_registration_and_one_of_them_is_new(world: World) -> None:
    news = await asyncio.gather(*(world.register() for _ in range(6)))
    assert news.count(True) == 1
    assert await world.second.fetchval("SELECT count(*) FROM registrations") == 1


async def test_two_new_ids_of_one_member_at_once_leave_one_current(world: World) -> None:
    await asyncio.gather(*(world.register(str(n)) for n in range(2)), return_exceptions=False)
    rows = await world.second.fetch("SELECT status FROM registrations ORDER BY status")
    assert [row["status"] for row in rows] == ["awaiting_payment", "ended"]
