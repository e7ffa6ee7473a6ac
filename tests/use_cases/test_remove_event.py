"""An event is gone at the backend: its seats end, its money is a person's matter, and nothing slips in after."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payments_service.domain.decisions import Rules
from payments_service.domain.errors import PaidEventNotFound, Refusal
from payments_service.storage import invariants
from payments_service.use_cases.policy import Policy, Queue
from payments_service.use_cases.remove_event import finish_removals, remove_event
from payments_service.vipps.errors import OutcomeUnknown
from tests.use_cases.world import EVENT, REG, World, seat

SILENCE = OutcomeUnknown("read timeout")


async def remove(world: World, event_id: str = EVENT, **more: Any) -> None:
    around = {"database": world.database, "policy": world.policy, "nudge": world.nudges.append, **more}
    await remove_event(event_id, **around)


async def go_on(world: World) -> int:
    """The clock comes round after the lease of whoever began."""
    return await finish_removals(
        database=world.database,
        policy=replace(world.policy, lease=timedelta(0)),
        nudge=world.nudges.append,
    )


async def paid(world: World, *words: str) -> str:
    order, _ = await world.start()
    world.vipps.member(order.order_id, *words)
    await world.settle(order.order_id)
    return order.order_id


async def all_is_well(world: World) -> None:
    async with world.database.autocommit() as connection:
        assert await invariants.violations(connection) == []
    assert await world.second.fetchval("SELECT count(*) FROM removals") == 0
    assert await world.second.fetchval("SELECT count(*) FROM orders WHERE event_id IS NOT NULL") == 0


async def test_its_seats_end_and_nothing_is_released(seated: World) -> None:
    await seated.register("78", user_id="karin")
    await seated.register("79", user_id="per", from_waiting_list=True)
    await remove(seated)
    assert {await seated.status(key) for key in (REG, "78", "79")} == {"ended"}
    assert await seated.second.fetchval("SELECT count(*) FROM paid_events") == 0
    await seated.clock()
    assert seated.seats.calls == []
    await all_is_well(seated)


@pytest.mark.parametrize("times", [1, 2])
async def test_one_that_is_unknown_or_gone_already_changes_nothing(seated: World, times: int) -> None:
    for _ in range(times):
        await remove(seated, "124")
    assert await seated.status() == "awaiting_payment"
    await remove(seated)
    over_at = (await seated.registration()).over_at
    await remove(seated)
    assert (await seated.registration()).over_at == over_at
    assert (await seated.happened()).count("ended") == 1
    await all_is_well(seated)


@pytest.mark.parametrize(
    ("words", "status"),
    [(("RESERVE",), "RESERVED"), (("RESERVE", "CAPTURE"), "CAPTURE"), (("SALE",), "SALE")],
)
async def test_money_that_is_held_stays_and_is_a_persons_case(
    seated: World, words: tuple[str, ...], status: str
) -> None:
    order_id = await paid(seated, *words)
    await remove(seated)
    await seated.carry_out()
    await seated.settle(order_id)
    order = await seated.order(order_id)
    assert (order.status, order.event_id, order.registration_id) == (status, None, REG)
    assert await seated.status() == "ended"
    assert await seated.cases() == ["paid_without_seat"]
    assert seated.vipps.asked("refund") == seated.vipps.asked("cancel") == seated.vipps.asked("capture") == []
    await all_is_well(seated)
    # and the case closes when the money has gone back
    seated.vipps.member(order_id, "VOID" if status == "RESERVED" else "REFUND")
    await seated.settle(order_id)
    assert await seated.cases() == []


@pytest.mark.parametrize("words", [("CANCEL",), ("RESERVE", "VOID"), ("RESERVE", "CAPTURE", "REFUND")])
async def test_what_is_over_or_given_back_is_nobodys_case(seated: World, words: tuple[str, ...]) -> None:
    order_id = await paid(seated, *words)
    await remove(seated)
    assert (await seated.order(order_id)).event_id is None
    assert await seated.cases() == []
    await all_is_well(seated)


async def test_the_orders_of_seats_that_were_over_before_go_from_it_too(seated: World) -> None:
    order_id = await paid(seated, "CANCEL")
    await seated.register("78")  # in the place of the first
    other_id = await paid(seated, "RESERVE", "CAPTURE")
    await seated.second.execute("UPDATE orders SET registration_id = '77' WHERE order_id = $1", order_id)
    await remove(seated)
    assert (await seated.order(order_id)).event_id is None
    assert (await seated.order(other_id)).event_id is None
    await all_is_well(seated)


@pytest.mark.parametrize("is_paid", [True, False])
async def test_an_order_without_a_registration_is_a_case_while_it_holds_money(
    seated: World, is_paid: bool
) -> None:
    order_id = await paid(seated, "RESERVE", "CAPTURE") if is_paid else await paid(seated, "CANCEL")
    await seated.second.execute("UPDATE orders SET registration_id = NULL")
    await remove(seated)
    assert await seated.cases() == (["paid_without_seat"] if is_paid else [])
    await all_is_well(seated)
    if is_paid:
        seated.vipps.member(order_id, "REFUND")
        await seated.settle(order_id)
        assert await seated.cases() == []


# -- a checkout that is open --------------------------------------------------------------------------------------


async def test_an_open_checkout_is_closed_and_a_case_until_it_is(seated: World) -> None:
    order, _ = await seated.start()
    await remove(seated)
    assert await seated.cases() == ["paid_without_seat"]
    assert Queue.OPERATIONS in seated.nudges
    await seated.carry_out()
    order = await seated.order(order.order_id)
    assert (order.status, order.status_reason, order.event_id) == ("CANCEL", "cancelled_by_member", None)
    assert await seated.cases() == []
    assert [call.only_unapproved for call in seated.vipps.asked("cancel")] == [True]
    await all_is_well(seated)


async def test_it_stays_one_while_vipps_is_silent(seated: World) -> None:
    order, _ = await seated.start()
    await remove(seated)
    seated.vipps.script["cancel"] = [SILENCE]
    seated.vipps.script["read"] = [SILENCE, SILENCE]
    await seated.carry_out()
    await seated.settle(order.order_id)
    assert await seated.cases() == ["paid_without_seat"]
    await seated.pass_time(60)
    await seated.settle(order.order_id)
    await seated.carry_out()
    assert await seated.cases() == []


@pytest.mark.parametrize("returns", [True, False])
async def test_money_approved_while_it_goes_is_late(seated: World, returns: bool) -> None:
    seated.policy = Policy(rules=Rules(returns_late_money=returns))
    order, _ = await seated.start()
    seated.vipps.member(order.order_id, "RESERVE")  # a second ago, and nobody has told us
    await remove(seated)
    await seated.settle(order.order_id)
    assert await seated.cases() == ["paid_without_seat"]
    for _ in range(3):
        await seated.carry_out()
        await seated.pass_time(60)
        await seated.settle(order.order_id)
    found = await seated.order(order.order_id)
    assert found.status == ("VOID" if returns else "RESERVED")
    assert seated.vipps.asked("capture") == []
    assert await seated.cases() == ([] if returns else ["paid_without_seat"])


async def test_a_start_that_is_on_its_way_is_closed_when_its_outcome_is_known(seated: World) -> None:
    """The event goes between the intent and Vipps' answer."""
    seated.alone(is_alone=False)

    async def go_meanwhile(call: Any) -> None:
        if call.operation == "start":
            await remove(seated)

    seated.vipps.witness = go_meanwhile
    order, _ = await seated.start()
    assert (await seated.order(order.order_id)).event_id is None
    assert await seated.cases() == ["paid_without_seat"]
    await seated.settle(order.order_id)
    await seated.carry_out()
    assert (await seated.order(order.order_id)).status == "CANCEL"
    await all_is_well(seated)


async def test_nothing_begins_after_it(seated: World) -> None:
    seated.seats.seats = [seat(), seat("90", user_id="ny")]
    await remove(seated)
    for user_id in ("olanor", "ny"):
        with pytest.raises(PaidEventNotFound):
            await seated.start(user_id)
    with pytest.raises(PaidEventNotFound):
        await seated.register("91", user_id="ny")
    assert await seated.second.fetchval("SELECT count(*) FROM orders") == 0


# -- at the same instant ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("crowd", [12])
async def test_starts_at_the_same_instant_are_before_it_or_refused(world: World, crowd: int) -> None:
    world.alone(is_alone=False)
    for n in range(crowd):
        await world.register(f"r{n}", user_id=f"u{n}")

    async def later(n: int) -> Any:
        await asyncio.sleep(n * 0.002)
        return await world.start(f"u{n}")

    starts = [asyncio.create_task(later(n)) for n in range(crowd)]
    await asyncio.sleep(crowd * 0.001)
    await asyncio.gather(remove(world), remove(world))
    outcomes = await asyncio.gather(*starts, return_exceptions=True)
    assert all(not isinstance(o, BaseException) or isinstance(o, Refusal) for o in outcomes), outcomes
    for outcome in outcomes:
        if not isinstance(outcome, BaseException):
            await world.settle(outcome[0].order_id)
    while await world.carry_out(at_most=50):
        pass
    rows = await world.second.fetch("SELECT status, is_closed, event_id FROM orders")
    assert {(row["status"], row["is_closed"], row["event_id"]) for row in rows} <= {("CANCEL", True, None)}
    assert {await world.status(f"r{n}") for n in range(crowd)} == {"ended"}
    assert await world.cases() == []
    await all_is_well(world)


async def test_approvals_at_the_same_instant_stay_with_a_case_or_go_back(world: World) -> None:
    world.alone(is_alone=False)
    crowd = range(12)
    order_ids = []
    for n in crowd:
        await world.register(f"r{n}", user_id=f"u{n}")
        order, _ = await world.start(f"u{n}")
        world.vipps.member(order.order_id, "SALE")
        order_ids.append(order.order_id)
    await asyncio.gather(remove(world), *(world.settle(order_id) for order_id in order_ids))
    for order_id in order_ids:
        await world.settle(order_id)
    while await world.carry_out(at_most=50):
        pass
    open_cases = await world.cases()
    kept = [o for o in [await world.order(order_id) for order_id in order_ids] if o.is_paid]
    assert open_cases == ["paid_without_seat"] * len(kept)
    assert len(kept) + len(world.vipps.asked("refund")) == len(order_ids)
    await all_is_well(world)


async def test_a_seat_that_is_being_released_ends_as_one_or_the_other(seated: World) -> None:
    seated.seats.seats = [seat()]
    await seated.fall_due()

    async def go_meanwhile(call: Any) -> None:
        if call.operation == "release":
            await remove(seated)

    seated.seats.witness = go_meanwhile
    await seated.clock(due=False)
    assert await seated.status() == "ended"
    assert len(seated.seats.asked("release")) == 1
    await all_is_well(seated)


# -- dying on the way ---------------------------------------------------------------------------------------------


class Dies(RuntimeError):
    pass


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_who_dies_on_the_way_is_followed_by_the_clock(world: World, after: int) -> None:
    for n in range(3):
        await world.register(f"r{n}", user_id=f"u{n}")
        await world.start(f"u{n}")
    left = [after]

    def dies(_: Queue) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Dies

    with pytest.raises(Dies):
        await remove(world, nudge=dies)
    assert await world.second.fetchval("SELECT count(*) FROM removals") == 1
    assert await finish_removals(database=world.database, policy=world.policy, nudge=dies) == 0
    assert await go_on(world) == 1
    assert {await world.status(f"r{n}") for n in range(3)} == {"ended"}
    assert await go_on(world) == 0
    await all_is_well(world)


async def test_an_event_that_comes_back_under_its_id_keeps_what_is_new(seated: World) -> None:
    order_id = await paid(seated, "SALE")

    def dies(_: Queue) -> None:
        raise Dies

    await seated.register("78", user_id="karin")
    await seated.start("karin")
    with pytest.raises(Dies):
        await remove(seated, nudge=dies)
    await seated.paid_event()
    await seated.register("80", user_id="ny")
    new, _ = await seated.start("ny")
    assert await go_on(seated) == 1
    assert (await seated.status("80"), await seated.status(REG)) == ("awaiting_payment", "ended")
    assert ((await seated.order(new.order_id)).event_id, (await seated.order(order_id)).event_id) == (
        EVENT,
        None,
    )


async def test_an_old_checkout_does_not_pay_for_a_seat_at_an_event_that_has_come_back(seated: World) -> None:
    order, _ = await seated.start()
    await remove(seated)
    await seated.paid_event(price_ore=50_000)
    await seated.register("80")
    assert (await seated.order(order.order_id)).registration_id == REG


@pytest.mark.slow
async def test_an_event_of_two_thousand_goes_in_one_request(world: World) -> None:
    await world.second.execute("""
        INSERT INTO registrations (registration_id, event_id, user_id, status, payment_expiredate, due_at)
        SELECT n::text, '123', 'u' || n, 'awaiting_payment', now() + interval '1 hour', now() + interval '1 hour'
        FROM generate_series(1, 2000) n
    """)
    await world.second.execute("""
        INSERT INTO orders (order_id, registration_id, event_id, user_id, vipps_api, amount_ore, status,
            authorized_ore, captured_ore, paid_at, pays_seat, is_closed)
        SELECT gen_random_uuid(), n::text, '123', 'u' || n, 'ecom', 25000, 'SALE', 25000, 25000, now(), true, true
        FROM generate_series(1, 500) n
    """)
    await world.second.execute("UPDATE registrations SET status = 'paid' WHERE registration_id::int <= 500")
    await remove(world)
    assert await world.second.fetchval("SELECT count(*) FROM registrations WHERE status = 'ended'") == 2000
    assert await world.cases() == ["paid_without_seat"] * 500
    await all_is_well(world)
