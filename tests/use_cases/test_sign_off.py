"""A member signs off: what is open closes, what is paid stands in the way unless it is to go back."""

from __future__ import annotations

import pytest

from payments_service.domain.decisions import Rules
from payments_service.domain.errors import AlreadyPaid, RegistrationNotFound
from payments_service.use_cases.policy import Policy
from payments_service.use_cases.sign_off import sign_off
from payments_service.vipps.errors import OutcomeUnknown
from tests.use_cases.neighbours import Call
from tests.use_cases.world import REG, World

SILENCE = OutcomeUnknown("read timeout")


async def leave(world: World, *, refund: bool = False, registration_id: str = REG) -> None:
    await sign_off(registration_id, refund=refund, **world.with_vipps)


async def started(world: World) -> str:
    order, _ = await world.start()
    return order.order_id


async def test_a_member_who_owes_leaves_and_owes_nothing(seated: World) -> None:
    await leave(seated)
    found = await seated.registration()
    assert found.status == "ended"
    assert found.over_at is not None
    assert await seated.second.fetchval("SELECT due_at FROM registrations") is None
    await seated.clock()
    assert seated.seats.calls == []


async def test_leaving_twice_is_leaving_once(seated: World) -> None:
    await leave(seated)
    over_at = (await seated.registration()).over_at
    await leave(seated)
    assert (await seated.registration()).over_at == over_at


async def test_nobody_leaves_who_was_never_there(world: World) -> None:
    with pytest.raises(RegistrationNotFound):
        await leave(world)


async def test_vipps_is_asked_about_what_is_open_before_anything_ends(seated: World) -> None:
    order_id = await started(seated)
    seated.vipps.member(order_id, "RESERVE")  # a second ago, and nobody has told us
    with pytest.raises(AlreadyPaid):
        await leave(seated)
    assert await seated.status() == "paid"


async def test_an_open_order_is_closed(seated: World) -> None:
    order_id = await started(seated)
    await leave(seated)
    await seated.carry_out()
    order = await seated.order(order_id)
    assert (order.status, order.status_reason) == ("CANCEL", "cancelled_by_member")


async def test_silence_of_vipps_keeps_nobody_and_closing_goes_on_by_itself(seated: World) -> None:
    order_id = await started(seated)
    seated.vipps.script["read"] = [SILENCE]
    await leave(seated)
    assert await seated.status() == "ended"
    await seated.carry_out()
    assert (await seated.order(order_id)).is_closed


async def test_a_payer_leaves_only_when_the_money_is_to_go_back(seated: World) -> None:
    order_id = await started(seated)
    seated.vipps.member(order_id, "RESERVE")
    await seated.settle(order_id)
    await seated.carry_out()
    with pytest.raises(AlreadyPaid):
        await leave(seated)
    await leave(seated, refund=True)
    await seated.carry_out()
    order = await seated.order(order_id)
    assert (await seated.status(), order.status, order.pays_seat) == ("ended", "REFUND", False)
    assert [call.amount_ore for call in seated.vipps.asked("refund")] == [order.amount_ore]


async def test_a_reservation_is_let_go_rather_than_taken_and_given_back(seated: World) -> None:
    order_id = await started(seated)
    seated.vipps.member(order_id, "RESERVE")
    await seated.settle(order_id)
    await leave(seated, refund=True)
    await seated.carry_out()
    assert (await seated.order(order_id)).status == "VOID"
    assert seated.vipps.asked("capture") == []


@pytest.mark.parametrize("returns", [True, False])
async def test_money_that_arrives_after_leaving_goes_back_or_to_a_person(
    seated: World, returns: bool
) -> None:
    seated.policy = Policy(rules=Rules(returns_late_money=returns))
    order_id = await started(seated)

    async def approve_just_before_the_cancel(call: Call) -> None:
        if call.operation == "cancel" and not seated.vipps.held(order_id):
            seated.vipps.script["cancel"] = [OutcomeUnknown("busy")]
            seated.vipps.member(order_id, "RESERVE")

    seated.vipps.witness = approve_just_before_the_cancel
    await leave(seated)
    await seated.carry_out()
    await seated.settle(order_id)
    assert await seated.cases() == ["paid_without_seat"]
    await seated.pass_time(60)
    await seated.settle(order_id)
    await seated.carry_out()
    await seated.pass_time(60)
    await seated.settle(order_id)
    await seated.carry_out()
    order = await seated.order(order_id)
    if returns:
        assert (order.status, order.is_paid) == ("VOID", False)
    else:
        assert (order.status, order.is_paid) == ("RESERVED", True)
