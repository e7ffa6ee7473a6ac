"""What the clock does about a seat whose orders may still bring money, and about work it slept over."""

from __future__ import annotations

import pytest

from payments_service.storage.tables import registrations as registrations_table
from payments_service.use_cases.settle_registration import settle_registration
from payments_service.vipps.errors import OutcomeUnknown
from tests.use_cases.neighbours import Call
from tests.use_cases.world import World, seat


@pytest.fixture
async def due(seated: World) -> World:
    """The deadline has passed and nobody has paid; the backend still has the seat."""
    seated.seats.seats = [seat()]
    await seated.fall_due()
    return seated


async def test_an_approval_between_the_read_of_the_seat_and_the_release_keeps_the_seat(due: World) -> None:
    """No new order can start once sealed; here one is written behind the service's back, at the worst instant."""

    async def pay(call: Call) -> None:
        if call.operation == "find_seat":
            await due.second.execute(
                "INSERT INTO orders (order_id, registration_id, event_id, user_id, vipps_api, amount_ore, status,"
                " authorized_ore, held_ore, paid_at) VALUES (gen_random_uuid(), '77', '123', 'olanor', 'ecom', 25000,"
                " 'RESERVED', 25000, 25000, clock_timestamp())"
            )

    due.seats.witness = pay
    await due.clock(due=False)
    assert due.seats.asked("release") == []
    assert await due.status() == "paid"


async def test_an_open_order_is_waited_for_and_seals_the_registration(seated: World) -> None:
    order, _ = await seated.start()
    seated.seats.seats = [seat()]
    await seated.fall_due()
    await seated.clock(due=False)
    found = await seated.registration()
    assert found.status == "expiring"
    assert found.sealed_at is not None
    assert seated.seats.calls == []
    assert seated.vipps.asked("cancel") == []  # nobody who is just approving is cut off
    seated.vipps.member(order.order_id, "CANCEL")
    await seated.settle(order.order_id)
    await seated.clock(due=False)
    assert await seated.status() == "expired"


async def test_silence_of_vipps_holds_the_seat_for_as_long_as_it_lasts(seated: World) -> None:
    order, _ = await seated.start()
    seated.seats.seats = [seat()]
    await seated.fall_due()
    seated.vipps.script["read"] = [OutcomeUnknown("5xx")]
    await seated.settle(order.order_id)
    await seated.pass_time(15 * 60)
    await seated.clock()
    assert await seated.status() == "held"
    assert await seated.cases() == ["seat_without_answer"]
    assert seated.seats.calls == []
    seated.vipps.member(order.order_id, "CANCEL")
    await seated.settle(order.order_id)
    assert await seated.cases() == []
    await seated.clock(due=False)
    assert await seated.status() == "expired"


async def test_a_worker_that_slept_through_its_lease_releases_nothing(due: World) -> None:
    (late,) = await due.claim(registrations_table)
    await due.second.execute("UPDATE registrations SET lease_until = NULL, fence = fence + 1")
    before = await due.second.fetchrow("SELECT * FROM registrations")
    await settle_registration(
        late, database=due.database, event_service=due.seats, policy=due.policy, nudge=due.nudges.append
    )
    assert due.seats.calls == []
    assert await due.second.fetchrow("SELECT * FROM registrations") == before
