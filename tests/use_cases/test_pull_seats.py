"""Our registrations and the backend's seats are compared: what nobody told us is found, what went is noticed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payments_service.domain.seats import Seat, SeatPage
from payments_service.event_service.errors import Refused, Unanswered
from payments_service.use_cases.policy import Policy
from payments_service.use_cases.pull_seats import pull_seats
from tests.use_cases.neighbours import Call
from tests.use_cases.world import EVENT, REG, World, seat


async def pull(world: World) -> None:
    await pull_seats(
        EVENT,
        database=world.database,
        event_service=world.seats,
        policy=world.policy,
        nudge=world.nudges.append,
    )


async def paid(world: World) -> None:
    order, _ = await world.start()
    world.vipps.member(order.order_id, "RESERVE")
    await world.settle(order.order_id)
    await world.carry_out()


async def known(world: World) -> set[str]:
    return {
        row["registration_id"]
        for row in await world.second.fetch("SELECT registration_id FROM registrations")
    }


async def test_seats_nobody_told_us_of_are_adopted_over_all_pages(world: World) -> None:
    world.seats.seats = [seat(str(n), user_id=str(n)) for n in range(5)]
    await pull(world)
    assert await known(world) == {str(n) for n in range(5)}
    assert [call.subject for call in world.seats.asked("list_seats")] == ["1", "2", "3"]
    found = await world.registration("3")
    assert (found.announced_at, found.payment_expiredate) == (None, found.created_at + timedelta(hours=1))


async def test_the_waiting_list_owes_nothing(world: World) -> None:
    world.seats.seats = [seat(is_on_wait=True)]
    await pull(world)
    assert await known(world) == set()


async def test_the_backends_deadline_is_taken_over(world: World) -> None:
    deadline = await world.second.fetchval(
        "SELECT date_trunc('second', clock_timestamp()) + interval '3 hours'"
    )
    world.seats.seats = [seat(payment_expiredate=deadline)]
    await pull(world)
    assert (await world.registration()).payment_expiredate == deadline
    world.seats.seats = [seat(payment_expiredate=deadline + timedelta(hours=1))]
    await pull(world)
    assert (await world.registration()).payment_expiredate == deadline + timedelta(hours=1)
    world.seats.seats = [seat(payment_expiredate=deadline - timedelta(hours=1))]
    await pull(world)
    assert (await world.registration()).payment_expiredate == deadline - timedelta(hours=1)


async def test_pulling_again_changes_nothing(seated: World) -> None:
    seated.seats.seats = [seat()]
    await pull(seated)
    before = await seated.second.fetch("SELECT * FROM registrations")
    happened = await seated.happened()
    await pull(seated)
    assert await seated.second.fetch("SELECT * FROM registrations") == before
    assert await seated.happened() == happened


async def test_an_unpaid_registration_that_is_gone_has_ended(seated: World) -> None:
    await pull(seated)
    assert await seated.status() == "ended"
    assert await seated.cases() == []


async def test_a_paid_one_that_is_gone_is_a_persons_matter_and_never_refunded_by_itself(
    seated: World,
) -> None:
    await paid(seated)
    await pull(seated)
    await seated.carry_out()
    assert await seated.status() == "ended"
    assert await seated.cases() == ["paid_without_seat"]
    assert seated.vipps.asked("refund") == []


async def test_one_that_is_missing_from_the_list_only_has_not_gone(seated: World) -> None:
    seated.seats.seats = [seat()]
    seated.seats.script["list_seats"] = [SeatPage((), None)]
    await pull(seated)
    assert await seated.status() == "awaiting_payment"
    assert len(seated.seats.asked("find_seat")) == 1


@pytest.mark.parametrize("error", [Unanswered("timeout"), Refused("no", status=403)])
async def test_without_a_clear_no_such_sign_up_nobody_has_gone(seated: World, error: Exception) -> None:
    seated.seats.script["find_seat"] = [error]
    await pull(seated)
    assert await seated.status() == "awaiting_payment"


async def test_a_list_that_cannot_be_walked_to_its_end_ends_nobody(seated: World) -> None:
    seated.seats.seats = [seat(str(n), user_id=str(n)) for n in range(3)]
    seated.seats.script["list_seats"] = [None, Unanswered("timeout")]
    with pytest.raises(Unanswered):
        await pull(seated)
    assert await seated.status() == "awaiting_payment"
    assert {"0", "1"} < await known(seated)  # what was seen counts


async def test_one_that_was_registered_during_the_walk_is_not_missed(world: World) -> None:
    async def sign_up_meanwhile(call: Call) -> None:
        if call.operation == "list_seats":
            await world.register()

    world.seats.witness = sign_up_meanwhile
    await pull(world)
    assert await world.status() == "awaiting_payment"
    assert world.seats.asked("find_seat") == []


async def test_another_sign_up_of_the_same_member_takes_the_place_of_ours(seated: World) -> None:
    order, _ = await seated.start()
    seated.seats.seats = [seat("78")]
    await pull(seated)
    assert (await seated.status(REG), await seated.status("78")) == ("ended", "awaiting_payment")
    assert (await seated.order(order.order_id)).registration_id == "78"


@pytest.mark.parametrize(("has_paid", "cases"), [(False, []), (True, ["paid_without_seat"])])
async def test_a_seat_the_backend_moved_to_the_waiting_list_is_lost(
    seated: World, has_paid: bool, cases: list[str]
) -> None:
    if has_paid:
        await paid(seated)
    seated.seats.seats = [seat(is_on_wait=True)]
    await pull(seated)
    assert await seated.status() == ("paid" if has_paid else "ended")
    assert await seated.cases() == cases


async def test_a_seat_that_comes_back_from_the_waiting_list_opens_anew(seated: World) -> None:
    seated.policy = Policy(release="waiting_list")
    there: Seat = seat()
    seated.seats.seats = [there]
    await seated.fall_due()
    await seated.clock(due=False)
    assert await seated.status() == "expired"
    seated.seats.seats = [there]
    await pull(seated)
    again = await seated.registration()
    assert again.status == "awaiting_payment"
    assert again.payment_expiredate > again.created_at + timedelta(hours=11)
