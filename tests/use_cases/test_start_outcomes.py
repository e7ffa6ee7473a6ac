"""What a start may end with, and what becomes of two starts at once."""

from __future__ import annotations

import asyncio

import pytest

from payments_service.domain.errors import Rejected as RefusedByVipps
from payments_service.domain.errors import RequestInProgress, VippsUnavailable
from payments_service.use_cases.policy import Policy, Queue
from payments_service.vipps.errors import NotSent, OutcomeUnknown, Rejected, TryAgain, VippsError
from tests.use_cases.neighbours import AfterTheEffect, Call
from tests.use_cases.world import World

LOST = OutcomeUnknown("read timeout")


@pytest.mark.parametrize(
    ("said", "raised", "code"),
    [
        (Rejected("no", code="Payment/41"), RefusedByVipps, "start_refused"),
        (NotSent("no connection"), VippsUnavailable, "start_not_sent"),
        (TryAgain("429", retry_after_seconds=3), VippsUnavailable, "start_not_sent"),
    ],
)
async def test_a_start_that_had_no_effect_closes_its_order_and_the_next_is_new(
    seated: World, said: VippsError, raised: type[Exception], code: str
) -> None:
    seated.vipps.script["start"] = [said]
    with pytest.raises(raised):
        await seated.start()
    (dead,) = await seated.orders()
    assert (dead.status, dead.status_reason, dead.is_closed) == ("CANCEL", "never_created", True)
    assert code in await seated.happened()
    order, is_new = await seated.start()
    assert is_new
    assert order.order_id != dead.order_id


async def test_a_start_nobody_knows_the_end_of_is_kept_open_and_read_back_at_once(seated: World) -> None:
    seated.vipps.script["start"] = [AfterTheEffect(LOST)]
    with pytest.raises(VippsUnavailable):
        await seated.start()
    (order,) = await seated.orders()
    assert (order.status, order.payment_link, order.is_closed) == ("INITIATE", None, False)
    assert Queue.ORDERS in seated.nudges
    assert await seated.second.fetchval(
        "SELECT due_at <= clock_timestamp() AND lease_until IS NULL FROM orders"
    )


async def test_no_second_payment_is_started_while_the_first_may_exist(seated: World) -> None:
    seated.vipps.script["start"] = [AfterTheEffect(LOST)]
    for _ in range(3):
        with pytest.raises(VippsUnavailable):
            await seated.start()
    assert len(seated.vipps.asked("start")) == 1


async def test_a_start_that_outlived_its_lease_hands_out_no_link(seated: World) -> None:
    async def somebody_else(call: Call) -> None:
        if call.operation == "start":
            await seated.set("orders", call.subject, fence=2)

    seated.vipps.witness = somebody_else
    with pytest.raises(VippsUnavailable):
        await seated.start()


# Two at once


async def test_requests_at_once_make_one_payment_and_all_get_its_link(seated: World) -> None:
    seated.alone(is_alone=False)
    seated.vipps.takes_seconds = 0.2
    answers = await asyncio.gather(*(seated.start() for _ in range(5)))
    assert len(seated.vipps.asked("start")) == 1
    assert len({order.payment_link for order, _ in answers}) == 1
    assert [is_new for _, is_new in answers].count(True) == 1


async def test_the_second_gives_up_when_the_first_takes_too_long(seated: World) -> None:
    seated.alone(is_alone=False)
    seated.policy = Policy(vipps_timeout=10)
    seated.vipps.takes_seconds = 5.6
    first = asyncio.create_task(seated.start())
    await asyncio.sleep(0.2)
    with pytest.raises(RequestInProgress):
        await seated.start()
    assert (await first)[1]


async def test_the_calls_to_vipps_fit_into_the_time_an_answer_may_take(seated: World) -> None:
    await seated.start()
    await seated.start()
    assert sum(call.timeout for call in seated.vipps.calls) <= 2 * seated.policy.vipps_timeout
