"""A member is forgotten: no seat is taken back for it, no money moves, and nothing is begun half-way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from payments_service.domain.errors import PaymentInProgress, Refusal, RegistrationConflict
from payments_service.storage import invariants, personal
from payments_service.use_cases.erase_member import erase_member
from payments_service.use_cases.grant import Grant, exempt, extend
from payments_service.use_cases.pull_seats import pull_seats
from payments_service.use_cases.sign_off import sign_off
from payments_service.vipps.errors import OutcomeUnknown
from tests.use_cases.world import EVENT, REG, USER, World, seat

SILENCE = OutcomeUnknown("read timeout")


async def erase(world: World, user_id: str = USER) -> None:
    await erase_member(user_id, **world.with_vipps)


async def everything(world: World, user_id: str = USER) -> dict[str, list[dict[str, Any]]]:
    async with world.database.begin() as connection:
        return await personal.everything_of(connection, user_id)


async def paid(world: World, *words: str) -> str:
    order, _ = await world.start()
    world.vipps.member(order.order_id, *words)
    await world.settle(order.order_id)
    await world.carry_out()
    return order.order_id


async def is_well(world: World) -> None:
    async with world.database.autocommit() as connection:
        assert await invariants.violations(connection) == []
    assert await everything(world) == {}


async def test_a_member_who_paid_keeps_the_seat_for_ever(seated: World) -> None:
    seated.seats.seats = [seat()]
    order_id = await paid(seated, "RESERVE")
    before = await seated.order(order_id)
    await erase(seated)
    after = await seated.order(order_id)
    assert (after.user_id, after.is_paid, after.pays_seat) == (None, True, True)
    assert (after.captured_ore, after.amount_ore) == (before.captured_ore, before.amount_ore)
    await seated.fall_due()
    await seated.clock()
    assert (await seated.status(), (await seated.registration()).user_id) == ("paid", None)
    assert seated.seats.calls == []
    await is_well(seated)


async def test_a_member_who_has_not_paid_owes_nothing_any_more_and_nothing_is_released(seated: World) -> None:
    seated.seats.seats = [seat()]
    await erase(seated)
    assert (await seated.status(), (await seated.registration()).user_id) == ("ended", None)
    await seated.second.execute("UPDATE registrations SET due_at = clock_timestamp()")
    await seated.clock()
    assert seated.seats.calls == []
    await is_well(seated)


async def test_a_seat_that_costs_nothing_stays_and_a_refunded_one_ends(seated: World) -> None:
    await exempt(REG, "complimentary", Grant("member:kari", "Ola helps"), **seated.with_vipps)
    await erase(seated)
    assert await seated.status() == "exempt"
    await seated.register("78", user_id="per")
    order, _ = await seated.start("per")
    seated.vipps.member(order.order_id, "RESERVE", "CAPTURE")
    await seated.settle(order.order_id)
    seated.vipps.member(order.order_id, "REFUND")
    await seated.settle(order.order_id)
    assert await seated.status("78") == "refunded"
    await erase(seated, "per")
    assert await seated.status("78") == "ended"
    await is_well(seated)


async def test_a_seat_that_is_held_in_vipps_silence_ends_without_a_release(seated: World) -> None:
    seated.seats.seats = [seat()]
    order_id = await paid(seated, "CANCEL")
    await seated.set("orders", order_id, is_closed=False)
    seated.vipps.script["read"] = [SILENCE]
    await seated.settle(order_id)
    await seated.fall_due()
    await seated.clock()
    assert await seated.status() == "held"
    await erase(seated)
    await seated.settle(order_id)
    await seated.clock()
    assert await seated.status() == "ended"
    assert seated.seats.asked("release") == []
    await is_well(seated)


# -- an open checkout ---------------------------------------------------------------------------------------------


async def test_it_is_refused_while_a_payment_is_open_and_nothing_has_changed(seated: World) -> None:
    await seated.start()
    before = await everything(seated)
    with pytest.raises(PaymentInProgress) as refused:
        await erase(seated)
    assert refused.value.retry_after_seconds == 60
    now = await everything(seated)
    unread = ("read_at", "read_sha256", "updated_at", "due_at")
    assert [_without(row, unread) for row in now["orders"]] == [
        _without(row, unread) for row in before["orders"]
    ]
    assert now["registrations"] == before["registrations"]


async def test_vipps_is_asked_first_whether_it_still_is(seated: World) -> None:
    order, _ = await seated.start()
    seated.vipps.member(order.order_id, "CANCEL")
    await erase(seated)
    await is_well(seated)


async def test_silence_of_vipps_leaves_it_open(seated: World) -> None:
    order, _ = await seated.start()
    seated.vipps.member(order.order_id, "CANCEL")
    seated.vipps.script["read"] = [SILENCE]
    with pytest.raises(PaymentInProgress):
        await erase(seated)
    await erase(seated)
    await is_well(seated)


async def test_money_on_its_way_back_goes_back_without_a_name(seated: World) -> None:
    order_id = await paid(seated, "SALE")
    await sign_off(REG, refund=True, **seated.with_vipps)
    await erase(seated)
    await seated.carry_out()
    order = await seated.order(order_id)
    assert (order.status, order.user_id) == ("REFUND", None)
    await is_well(seated)


@pytest.mark.parametrize("rounds", [8])
async def test_a_start_at_the_same_instant_is_before_it_or_refused(world: World, rounds: int) -> None:
    world.alone(is_alone=False)
    for n in range(rounds):
        user_id = f"u{n}"
        await world.register(f"r{n}", user_id=user_id)
        outcomes = await asyncio.gather(world.start(user_id), erase(world, user_id), return_exceptions=True)
        assert all(o is None or isinstance(o, Refusal | tuple) for o in outcomes), outcomes
        if outcomes[1] is None:
            assert isinstance(outcomes[0], Refusal)
            assert await everything(world, user_id) == {}
        else:
            assert not isinstance(outcomes[0], BaseException)
            assert (await world.order(outcomes[0][0].order_id)).user_id == user_id
    async with world.database.autocommit() as connection:
        assert await invariants.violations(connection) == []


async def test_an_answer_of_vipps_at_the_same_instant_brings_no_name_back(seated: World) -> None:
    order_id = await paid(seated, "RESERVE")
    seated.alone(is_alone=False)

    async def go_meanwhile(call: Any) -> None:
        if call.operation == "read":
            seated.vipps.witness = None
            await erase(seated)

    seated.vipps.witness = go_meanwhile
    await seated.settle(order_id)
    assert await seated.status() == "paid"
    await is_well(seated)


async def test_a_release_at_the_same_instant_was_for_the_deadline(seated: World) -> None:
    seated.seats.seats = [seat()]
    await seated.fall_due()

    async def go_meanwhile(call: Any) -> None:
        if call.operation == "find_seat":
            await erase(seated)

    seated.seats.witness = go_meanwhile
    await seated.clock(due=False)
    assert await seated.status() == "ended"
    assert seated.seats.asked("release") == []
    await is_well(seated)


# -- afterwards ---------------------------------------------------------------------------------------------------


async def test_doing_it_again_or_for_nobody_changes_nothing(seated: World) -> None:
    await paid(seated, "SALE")
    await erase(seated)
    happened = await seated.happened()
    await erase(seated)
    await erase(seated, "nobody")
    assert await seated.happened() == happened
    assert happened.count("member_erased") == 2


async def test_who_comes_back_under_the_same_id_is_new(seated: World) -> None:
    order_id = await paid(seated, "SALE")
    await erase(seated)
    await seated.register("78")
    found = await everything(seated)
    assert [row["registration_id"] for row in found["registrations"]] == ["78"]
    assert "orders" not in found
    new, is_new = await seated.start()
    assert is_new
    assert new.order_id != order_id
    assert (await seated.order(order_id)).registration_id == REG
    with pytest.raises(RegistrationConflict):
        await seated.register(REG)


async def test_the_pull_does_not_bring_them_back(seated: World) -> None:
    seated.seats.seats = [seat()]
    await erase(seated)
    await pull_seats(
        EVENT,
        database=seated.database,
        event_service=seated.seats,
        policy=seated.policy,
        nudge=seated.nudges.append,
    )
    await is_well(seated)


async def test_a_paid_seat_without_a_name_can_still_be_signed_off_with_its_money(seated: World) -> None:
    order_id = await paid(seated, "SALE")
    await erase(seated)
    await sign_off(REG, refund=True, **seated.with_vipps)
    await seated.carry_out()
    assert (await seated.order(order_id)).status == "REFUND"
    assert await seated.status() == "ended"


async def test_the_history_stays_and_names_nobody(seated: World) -> None:
    grant = Grant("member:kari", "Ola is ill")
    await extend(REG, 60, grant, database=seated.database, policy=seated.policy, nudge=seated.nudges.append)
    await paid(seated, "SALE")
    happened = await seated.happened()
    lines = await seated.second.fetch("SELECT evidence::text FROM history")
    assert any("Ola is ill" in line["evidence"] for line in lines)
    await erase(seated)
    assert (await seated.happened())[: len(happened)] == happened
    lines = await seated.second.fetch("SELECT evidence::text FROM history")
    assert not any(word in line["evidence"] for line in lines for word in ("Ola", USER))
    assert any("member:kari" in line["evidence"] for line in lines)


async def test_no_line_of_the_history_holds_whose_it_is(seated: World) -> None:
    """Who did something may be a member; whose order it is is in the order and nowhere else."""
    await seated.register("78")
    await paid(seated, "RESERVE")
    await sign_off("78", refund=True, **seated.with_vipps)
    await seated.carry_out()
    await seated.register("79")
    await seated.fall_due("79")
    seated.seats.seats = [seat("79")]
    await seated.clock(due=False)
    assert await seated.status("79") == "expired"
    lines = await seated.second.fetch("SELECT what, evidence::text FROM history")
    assert {"registered", "ended", "decided", "released", "refund_done"} <= {line["what"] for line in lines}
    assert [line["what"] for line in lines if USER in line["evidence"]] == []


def _without(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
