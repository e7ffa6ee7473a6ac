"""Checkouts that Vipps does not end by itself, and payments that nobody has the link of."""

from __future__ import annotations

import pytest

from payments_service.domain.errors import VippsUnavailable
from payments_service.vipps.errors import OutcomeUnknown, TryAgain
from tests.use_cases.neighbours import AfterTheEffect
from tests.use_cases.world import World

SILENCE = OutcomeUnknown("read timeout")


async def started(world: World) -> str:
    order, _ = await world.start()
    return order.order_id


async def test_a_checkout_still_open_after_its_time_is_cancelled_and_read_again(
    seated: World,
) -> None:
    order_id = await started(seated)
    await seated.pass_time(598)
    await seated.settle(order_id)
    assert await seated.operations(order_id) == []
    await seated.pass_time(3)
    await seated.settle(order_id)
    await seated.carry_out()
    order = await seated.order(order_id)
    assert (order.status, order.status_reason, order.is_closed) == ("CANCEL", "timed_out", True)
    assert [call.operation for call in seated.vipps.calls[-2:]] == ["cancel", "read"]


async def test_it_is_tried_at_most_every_fifteen_seconds(seated: World) -> None:
    order_id = await started(seated)
    await seated.pass_time(601)
    seated.vipps.script["cancel"] = [TryAgain("busy")]
    for _ in range(3):
        await seated.settle(order_id)
        await seated.carry_out()
    assert len(seated.vipps.asked("cancel")) == 1


async def test_a_payment_whose_link_was_lost_is_closed_and_never_had_a_payer(seated: World) -> None:
    seated.vipps.script["start"] = [AfterTheEffect(SILENCE)]
    with pytest.raises(VippsUnavailable):
        await seated.start()
    (order,) = await seated.orders()
    await seated.settle(order.order_id)
    await seated.carry_out()
    closed = await seated.order(order.order_id)
    assert (closed.status, closed.status_reason) == ("CANCEL", "superseded")
    assert (await seated.start())[1]


async def test_a_payment_vipps_never_heard_of_is_over_when_it_says_so_twice(seated: World) -> None:
    seated.vipps.script["start"] = [SILENCE]
    with pytest.raises(VippsUnavailable):
        await seated.start()
    (order,) = await seated.orders()
    await seated.settle(order.order_id)
    assert (await seated.order(order.order_id)).status == "INITIATE"
    await seated.pass_time(5)
    await seated.settle(order.order_id)
    closed = await seated.order(order.order_id)
    assert (closed.status, closed.status_reason, closed.is_closed) == ("CANCEL", "never_created", True)


async def test_a_start_nobody_came_back_from_is_read_when_its_lease_ended(seated: World) -> None:
    """The process died between the intent and Vipps' answer."""
    order_id = await started(seated)
    await seated.set("orders", order_id, started_at=None, checkout_ends_at=None, payment_link=None)
    claim = await seated.claim_order(order_id)
    await seated.settle(order_id, claim=claim)
    order = await seated.order(order_id)
    assert order.started_at is not None
    assert [o.reason for o in await seated.operations(order_id)] == ["superseded"]
