"""Five minutes to open the link, five more in the app, ten in all; nothing depends on who looks when."""

import json

from tests.simulator.shop import Shop


async def test_the_link_lives_for_five_minutes(shop: Shop) -> None:
    await shop.initiate()
    await shop.sim.advance(299)
    assert shop.sim.payment("order-1").ended is None
    await shop.sim.advance(2)
    assert shop.sim.payment("order-1").ended == "timed_out"


async def test_the_app_gives_five_more_and_ten_in_all(shop: Shop) -> None:
    await shop.initiate()
    await shop.sim.advance(200)
    await shop.sim.member.walk_away("order-1")
    await shop.sim.advance(298)
    assert shop.sim.payment("order-1").ended is None
    await shop.sim.advance(3)
    assert shop.sim.payment("order-1").ended == "timed_out"
    assert "transactionId" in json.loads(shop.received[0]["raw"])["transactionInfo"]


async def test_the_limits_can_be_short(shop: Shop) -> None:
    shop.sim.config.landing_seconds = shop.sim.config.app_seconds = 10
    await shop.initiate()
    await shop.sim.advance(11)
    assert await shop.operations() == ["CANCEL", "INITIATE"]


async def test_a_read_alone_notices_and_the_callback_leaves_once(shop: Shop) -> None:
    await shop.initiate()
    shop.sim.clock.advance(1000)
    assert await shop.operations() == ["CANCEL", "INITIATE"]
    await shop.sim.tick()
    await shop.sim.tick()
    assert len(shop.received) == 1
    payment = shop.sim.payment("order-1")
    assert (payment.log[-1].at - payment.created_at).total_seconds() == 300


async def test_a_timeout_may_leave_no_trace_and_the_merchant_can_still_cancel(shop: Shop) -> None:
    await shop.initiate()
    shop.sim.payment("order-1").logs_timeout = False
    await shop.sim.advance(1000)
    assert await shop.operations() == ["INITIATE"]
    assert (await shop.modify("cancel")).status_code == 200
    assert await shop.operations() == ["CANCEL", "INITIATE"]


async def test_the_total_counts_however_long_the_app_may_take(shop: Shop) -> None:
    shop.sim.config.app_seconds = 3600
    await shop.initiate()
    await shop.sim.member.open("order-1")
    await shop.sim.advance(599)
    assert shop.sim.payment("order-1").ended is None
    await shop.sim.advance(2)
    assert shop.sim.payment("order-1").ended == "timed_out"
