"""A member who signs off and on again has a new registration: it takes the place of the old one, orders and all."""

from __future__ import annotations

import pytest

from payments_service.domain.orders import StatusReason
from payments_service.use_cases.sign_off import sign_off
from payments_service.vipps.errors import Rejected
from tests.use_cases.world import REG, World

NEW = "78"


async def ids_of(world: World, registration_id: str) -> list[str]:
    return [order.order_id for order in await world.orders(registration_id)]


async def test_the_old_one_ends_and_the_new_one_has_its_own_time(seated: World) -> None:
    assert await seated.register(NEW)
    old, new = await seated.registration(REG), await seated.registration(NEW)
    assert (old.status, new.status) == ("ended", "awaiting_payment")
    assert new.payment_expiredate > old.payment_expiredate
    assert await seated.register(NEW) is False


async def test_an_open_order_goes_along_and_pays_the_new_seat(seated: World) -> None:
    order, _ = await seated.start()
    await seated.register(NEW)
    assert (await ids_of(seated, REG), await ids_of(seated, NEW)) == ([], [order.order_id])
    seated.vipps.member(order.order_id, "RESERVE")
    await seated.settle(order.order_id)
    assert (await seated.status(REG), await seated.status(NEW)) == ("ended", "paid")


async def test_a_paid_order_goes_along_and_goes_on_paying(seated: World) -> None:
    order, _ = await seated.start()
    seated.vipps.member(order.order_id, "RESERVE")
    await seated.settle(order.order_id)
    await seated.carry_out()
    await seated.register(NEW)
    (moved,) = await seated.orders(NEW)
    assert (moved.order_id, moved.pays_seat, moved.is_returning) == (order.order_id, True, False)
    assert await seated.status(NEW) == "paid"
    assert await seated.cases() == []
    await seated.carry_out()
    assert seated.vipps.asked("refund") == []


async def test_the_operation_of_an_order_that_went_along_is_carried_out_all_the_same(seated: World) -> None:
    order, _ = await seated.start()
    seated.vipps.member(order.order_id, "RESERVE")
    await seated.settle(order.order_id)
    await seated.register(NEW)
    assert await seated.carry_out() == 1
    assert (await seated.order(order.order_id)).status == "CAPTURE"
    assert await seated.status(NEW) == "paid"


async def test_a_payment_that_could_not_be_closed_at_sign_off_pays_for_the_next_sign_up(
    seated: World,
) -> None:
    order, _ = await seated.start()
    seated.vipps.script["cancel"] = [Rejected("the member is approving", code="Payment/52")]
    await sign_off(REG, refund=False, **seated.with_vipps)
    await seated.carry_out()
    await seated.register(NEW)
    assert await ids_of(seated, NEW) == [order.order_id]
    seated.vipps.member(order.order_id, "RESERVE")
    await seated.settle(order.order_id)
    found = await seated.order(order.order_id)
    assert (found.is_paid, found.is_returning) == (True, False), "the money of a member with a seat goes back"
    assert await seated.status(NEW) == "paid"


async def test_what_was_given_back_at_sign_off_stays_with_the_old_one(seated: World) -> None:
    order, _ = await seated.start()
    seated.vipps.member(order.order_id, "RESERVE")
    await seated.settle(order.order_id)
    await seated.carry_out()
    await sign_off(REG, refund=True, **seated.with_vipps)
    await seated.register(NEW)
    assert await ids_of(seated, NEW) == []
    assert await seated.status(NEW) == "awaiting_payment"
    await seated.carry_out()
    assert (await seated.order(order.order_id)).status == "REFUND"
    fresh, is_new = await seated.start()
    assert is_new
    assert fresh.registration_id == NEW


@pytest.mark.parametrize("status", ["CANCEL", "VOID"])
async def test_a_dead_order_of_the_one_replaced_goes_along_and_stands_in_nobodys_way(
    seated: World, status: str
) -> None:
    order, _ = await seated.start()
    seated.vipps.member(order.order_id, *(["RESERVE", "VOID"] if status == "VOID" else ["CANCEL"]))
    await seated.settle(order.order_id)
    await seated.register(NEW)
    assert await ids_of(seated, NEW) == [order.order_id]
    assert (await seated.order(order.order_id)).status_reason in set(StatusReason)
    _, is_new = await seated.start()
    assert is_new


async def test_a_close_not_yet_sent_is_not_sent_for_an_order_that_went_along(seated: World) -> None:
    order, _ = await seated.start()
    await sign_off(REG, refund=False, **seated.with_vipps)
    await seated.register(NEW)
    seated.vipps.member(order.order_id, "RESERVE")  # a plain cancel would take this payment away
    await seated.carry_out()
    await seated.settle(order.order_id)
    assert seated.vipps.asked("cancel") == []
    assert await seated.status(NEW) == "paid"
