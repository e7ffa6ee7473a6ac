"""Refunds: never more than is left of what was captured, whatever is on its way already."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payments_service.domain.errors import Conflict
from payments_service.domain.operations import KEY_NUMBER_MAX, OperationKind, OperationState, Purpose
from payments_service.domain.orders import OrderStatus
from payments_service.use_cases.intend import intend_refund
from payments_service.use_cases.move_money import Wish, move_money
from payments_service.vipps.errors import OutcomeUnknown, Rejected
from tests.use_cases.neighbours import AfterTheEffect
from tests.use_cases.world import PRICE, World

LOST = OutcomeUnknown("read timeout")


async def captured(world: World) -> str:
    order, _ = await world.start()
    world.vipps.member(order.order_id, "RESERVE")
    await world.settle(order.order_id)
    await world.carry_out()
    return order.order_id


async def refund(world: World, order_id: str) -> bool:
    order = await world.order(order_id)
    async with world.database.begin() as connection:
        return await intend_refund(connection, order, Purpose.ORGANISER, reason="cancelled_by_organiser")


@pytest.mark.parametrize(
    ("at_vipps", "done", "pending", "left"),
    [
        (0, 0, 0, PRICE),
        (0, 0, 5_000, 20_000),
        (5_000, 5_000, 0, 20_000),
        (5_000, 5_000, 5_000, 15_000),
        (5_000, 0, 0, 20_000),  # by hand in Vipps' portal
        (0, 5_000, 0, 20_000),  # said yes, not to be seen yet
        (0, 5_000, 20_000, 0),
        (0, 0, PRICE, 0),
        (PRICE, PRICE, 0, 0),
    ],
)
async def test_a_refund_is_what_is_left_of_all_that_was_refunded_or_is_on_its_way(
    seated: World, at_vipps: int, done: int, pending: int, left: int
) -> None:
    order_id = await captured(seated)
    await seated.set("orders", order_id, refunded_ore=at_vipps)
    earlier = [(amount, how) for amount, how in ((done, "done"), (pending, "pending")) if amount]
    for number, (amount, how) in enumerate(earlier, start=1):
        due_at = await seated.second.fetchval("SELECT clock_timestamp() + interval '1 hour'")
        await seated.second.execute(
            "INSERT INTO operations (operation_key, order_id, kind, purpose, amount_ore, actor, state, due_at)"
            " VALUES ($1, $2, 'refund', 'organiser', $3, 'ola', $4, $5)",
            *(f"{order_id}-r{number}", order_id, amount, how, due_at if how == "pending" else None),
        )
    assert await refund(seated, order_id) is (left > 0)
    new = [o for o in await seated.operations(order_id) if o.actor == "service" and o.kind == "refund"]
    key = f"{order_id}-r{len(earlier) + 1}"
    assert [(o.operation_key, o.amount_ore) for o in new] == ([(key, left)] if left else [])


async def test_a_refund_lost_on_the_wire_is_counted_once(seated: World) -> None:
    order_id = await captured(seated)
    assert await refund(seated, order_id)
    assert not await refund(seated, order_id)
    seated.vipps.script["refund"] = [AfterTheEffect(LOST)]
    await seated.carry_out()
    assert not await refund(seated, order_id)
    await seated.second.execute("UPDATE operations SET due_at = clock_timestamp() WHERE due_at IS NOT NULL")
    await seated.carry_out()
    assert (await seated.order(order_id)).status is OrderStatus.REFUND
    assert len(seated.vipps.asked("refund")) == 1
    assert not await refund(seated, order_id)


async def test_a_refused_refund_is_taken_up_with_the_same_key_an_hour_later(seated: World) -> None:
    order_id = await captured(seated)
    await refund(seated, order_id)
    seated.vipps.script["refund"] = [Rejected("no funds", code="Payment/74")]
    await seated.carry_out()
    assert not await refund(seated, order_id)
    await seated.pass_time(timedelta(hours=1, seconds=1).total_seconds())
    assert await refund(seated, order_id)
    await seated.carry_out()
    states = [(o.operation_key, o.state) for o in await seated.operations(order_id) if o.kind == "refund"]
    assert states == [(f"{order_id}-r1", OperationState.DONE)]


async def test_after_as_many_refunds_as_there_are_keys_another_is_refused_and_breaks_nothing(
    seated: World,
) -> None:
    order_id = await captured(seated)
    await seated.set("orders", order_id, refunded_ore=KEY_NUMBER_MAX)
    for number in range(1, KEY_NUMBER_MAX + 1):
        await seated.second.execute(
            "INSERT INTO operations (operation_key, order_id, kind, purpose, amount_ore, actor, state)"
            " VALUES ($1, $2, 'refund', 'organiser', 1, 'ola', 'done')",
            *(f"{order_id}-r{number}", order_id),
        )
    assert not await refund(seated, order_id)
    wish = Wish(order_id, OperationKind.REFUND, 1, reason="one more", actor="ola")
    with pytest.raises(Conflict, match="99 parts"):
        await move_money(wish, **seated.with_vipps)
