"""Starts that Vipps recognises when they are repeated: an unanswered one costs nobody the payment, or its link."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments_service.domain.errors import Rejected as RefusedByVipps
from payments_service.domain.errors import VippsUnavailable
from payments_service.vipps.errors import NotSent, OutcomeUnknown, Rejected, TryAgain, VippsError
from tests.use_cases.neighbours import AfterTheEffect
from tests.use_cases.world import World

LOST = OutcomeUnknown("read timeout")


def unrecognised(status: int) -> VippsError:
    """Vipps knows the payment, but not the key it was started with."""
    error = OutcomeUnknown(f"start: Problem/4150 (http {status})")
    error.status = status
    return error


@pytest.fixture
def epayment(seated: World) -> World:
    """New orders use the API that recognises repeats."""
    seated.policy = replace(seated.policy, vipps_api="epayment")
    return seated


async def left_open(world: World, *, answers: int = 2) -> str:
    """A start that Vipps carried out and never answered, however often it was asked."""
    world.epayment.script["start"] = [AfterTheEffect(LOST)] * answers
    with pytest.raises(VippsUnavailable):
        await world.start(payer_name="Ola Nordmann", phone_number="91234567")
    (order,) = await world.orders()
    return order.order_id


async def kept(world: World) -> object:
    return await world.second.fetchval("SELECT start_request FROM orders")


async def test_an_unanswered_start_is_repeated_at_once_and_gives_the_link(epayment: World) -> None:
    epayment.epayment.script["start"] = [AfterTheEffect(LOST)]
    order, is_new = await epayment.start(payer_name="Ola Nordmann")
    assert is_new
    assert order.payment_link == f"https://vipps.test/{order.order_id}"
    assert len(epayment.epayment.asked("start")) == 2
    assert len(epayment.epayment.logs) == 1


@pytest.mark.parametrize(
    "second", [Rejected("no", code="Problem/7010"), NotSent("refused"), TryAgain("429"), LOST]
)
async def test_a_no_to_the_repeat_does_not_say_that_the_first_failed(
    epayment: World, second: VippsError
) -> None:
    epayment.epayment.script["start"] = [AfterTheEffect(LOST), second]
    with pytest.raises(VippsUnavailable):
        await epayment.start()
    (order,) = await epayment.orders()
    assert (order.status, order.is_closed, order.is_start_repeatable) == ("INITIATE", False, True)


@pytest.mark.parametrize("said", [Rejected("no", code="Problem/5070"), NotSent("no"), TryAgain("429")])
async def test_a_start_that_had_no_effect_is_not_repeated(epayment: World, said: VippsError) -> None:
    epayment.epayment.script["start"] = [said]
    with pytest.raises((RefusedByVipps, VippsUnavailable)):
        await epayment.start()
    assert len(epayment.epayment.asked("start")) == 1
    (order,) = await epayment.orders()
    assert (order.status, order.status_reason) == ("CANCEL", "never_created")
    assert await kept(epayment) is None


async def test_a_link_that_was_lost_is_had_again_by_whoever_asks_next(epayment: World) -> None:
    order_id = await left_open(epayment)
    order, is_new = await epayment.start()
    assert not is_new
    assert (order.order_id, order.payment_link) == (order_id, f"https://vipps.test/{order_id}")
    assert "link_recovered" in await epayment.happened()
    assert await epayment.operations(order_id) == []


async def test_a_link_that_was_lost_is_had_again_by_the_clock(epayment: World) -> None:
    order_id = await left_open(epayment)
    await epayment.settle(order_id, claim=await epayment.claim_order(order_id))
    assert (await epayment.order(order_id)).payment_link is not None


async def test_so_it_is_when_the_process_died_before_it_wrote_anything(epayment: World) -> None:
    order, _ = await epayment.start()
    await epayment.second.execute(
        "UPDATE orders SET started_at = NULL, checkout_ends_at = NULL, payment_link = NULL, start_request = $1",
        await _as_json(epayment),
    )
    await epayment.settle(order.order_id, claim=await epayment.claim_order(order.order_id))
    again = await epayment.order(order.order_id)
    assert again.payment_link == order.payment_link
    assert again.started_at is not None


async def test_what_was_asked_is_kept_until_it_is_answered_and_no_longer(epayment: World) -> None:
    order_id = await left_open(epayment)
    assert "Ola Nordmann" in str(await kept(epayment))
    await epayment.settle(order_id)
    assert await kept(epayment) is None


async def test_what_was_asked_is_forgotten_with_the_order(epayment: World) -> None:
    order_id = await left_open(epayment)
    epayment.epayment.member(order_id, "EXPIRED")
    await epayment.settle(order_id)
    assert (await epayment.order(order_id)).status_reason == "timed_out"
    assert await kept(epayment) is None


async def test_while_vipps_is_away_the_link_waits(epayment: World) -> None:
    order_id = await left_open(epayment)
    epayment.epayment.script["start"] = [TryAgain("429"), LOST]
    for _ in range(2):
        await epayment.settle(order_id)
        order = await epayment.order(order_id)
        assert (order.is_start_repeatable, order.payment_link) == (True, None)
        assert await epayment.operations(order_id) == []
    await epayment.settle(order_id)
    assert (await epayment.order(order_id)).payment_link is not None


@pytest.mark.parametrize("status", [400, 409])
async def test_a_payment_that_vipps_does_not_recognise_is_closed_and_makes_room(
    epayment: World, status: int
) -> None:
    order_id = await left_open(epayment)
    epayment.epayment.script["start"] = [unrecognised(status)]
    await epayment.settle(order_id)
    await epayment.carry_out()
    closed = await epayment.order(order_id)
    assert (closed.status, closed.status_reason) == ("CANCEL", "superseded")
    assert "link_lost" in await epayment.happened()
    (cancel,) = epayment.epayment.asked("cancel")
    assert cancel.only_unapproved
    assert (await epayment.start())[1]


async def test_a_payment_vipps_never_heard_of_is_not_made_after_the_fact(epayment: World) -> None:
    epayment.epayment.script["start"] = [LOST, LOST]
    with pytest.raises(VippsUnavailable):
        await epayment.start()
    (order,) = await epayment.orders()
    await epayment.settle(order.order_id)
    await epayment.pass_time(5)
    await epayment.settle(order.order_id)
    assert (await epayment.order(order.order_id)).status_reason == "never_created"
    assert len(epayment.epayment.asked("start")) == 2


async def test_an_approval_before_anybody_had_the_link_is_money_all_the_same(epayment: World) -> None:
    order_id = await left_open(epayment)
    epayment.epayment.member(order_id, "AUTHORIZED")
    await epayment.settle(order_id)
    assert await epayment.status() == "paid"
    assert len(epayment.epayment.asked("start")) == 2


async def test_a_pushed_payment_is_open_without_a_link(epayment: World) -> None:
    epayment.policy = replace(epayment.policy, pushes_to_phones=True)
    order, is_new = await epayment.start(phone_number="91234567")
    assert is_new
    assert (order.payment_link, order.is_pushed) == (None, True)
    again, is_new = await epayment.start(phone_number="91234567")
    assert (again.order_id, is_new) == (order.order_id, False)
    assert await epayment.operations(order.order_id) == []
    (payment,) = [call.payment for call in epayment.epayment.asked("start")]
    assert payment is not None
    assert payment.is_push


async def test_without_a_number_there_is_a_link_whatever_the_setting(epayment: World) -> None:
    epayment.policy = replace(epayment.policy, pushes_to_phones=True)
    order, _ = await epayment.start()
    assert order.payment_link is not None


async def test_orders_of_both_apis_go_on_side_by_side(seated: World) -> None:
    # Given an order started in eCom, approved after the switch
    old, _ = await seated.start()
    seated.policy = replace(seated.policy, vipps_api="epayment")
    seated.vipps.member(old.order_id, "RESERVE")
    await seated.settle(old.order_id)
    await seated.carry_out()
    assert (await seated.order(old.order_id)).captured_ore == old.amount_ore
    assert [call.operation for call in seated.epayment.calls] == []
    # And a new seat's order in ePayment
    await seated.register("78", user_id="kari")
    new, _ = await seated.start("kari")
    assert (old.vipps_api, new.vipps_api) == ("ecom", "epayment")
    assert seated.epayment.logs.keys() == {new.order_id}


async def _as_json(world: World) -> str:
    import json
    from dataclasses import asdict

    (call,) = world.epayment.asked("start")
    assert call.payment is not None
    return json.dumps(asdict(call.payment))
