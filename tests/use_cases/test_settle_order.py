"""Asking Vipps about an order and acting on the answer, however often, late or at once."""

from __future__ import annotations

import asyncio

import pytest

from payments_service.storage.claims import Claim
from payments_service.storage.tables import orders as orders_table
from payments_service.use_cases.policy import Queue
from payments_service.use_cases.receive_delivery import receive_delivery
from payments_service.vipps.errors import OutcomeUnknown, TryAgain
from tests.use_cases.neighbours import Call
from tests.use_cases.world import World

SILENCE = OutcomeUnknown("read timeout")


async def started(world: World) -> str:
    order, _ = await world.start()
    return order.order_id


async def deliver(world: World, order_id: str, body: bytes = b"{}") -> None:
    await receive_delivery(
        channel="ecom",
        order_id=order_id,
        body=body,
        database=world.database,
        policy=world.policy,
        nudge=world.nudges.append,
    )


async def due_in(world: World, order_id: str) -> float | None:
    query = "SELECT extract(epoch FROM due_at - clock_timestamp())::float FROM orders WHERE order_id = $1"
    seconds: float | None = await world.second.fetchval(query, order_id)
    return seconds


async def test_an_approval_pays_the_seat_and_is_captured(seated: World) -> None:
    order_id = await started(seated)
    seated.vipps.member(order_id, "RESERVE")
    settled = await seated.settle(order_id)
    assert settled is not None
    assert settled.first_learned
    assert await seated.status() == "paid"
    assert Queue.OPERATIONS in seated.nudges
    await seated.carry_out()
    order = await seated.order(order_id)
    assert (order.status, order.pays_seat, order.payment_link) == ("CAPTURE", True, None)


async def test_news_are_told_once(seated: World) -> None:
    order_id = await started(seated)
    told = [await seated.settle(order_id)]
    seated.vipps.member(order_id, "CANCEL")
    told += [await seated.settle(order_id) for _ in range(3)]
    assert [bool(settled and settled.first_learned) for settled in told] == [False, True, False, False]
    assert (await seated.happened()).count("vipps_changed") == 1


async def test_settling_twice_at_once_writes_once(seated: World) -> None:
    order_id = await started(seated)
    seated.vipps.member(order_id, "RESERVE")
    seated.alone(is_alone=False)
    await asyncio.gather(*(seated.settle(order_id) for _ in range(6)))
    assert (await seated.happened()).count("vipps_changed") == 1
    assert (await seated.happened()).count("capture_intended") == 1
    assert len(await seated.operations(order_id)) == 1


async def test_an_unknown_order_is_nobodys(seated: World) -> None:
    assert await seated.settle("00000000-0000-0000-0000-000000000001") is None
    assert seated.vipps.calls == []


async def test_an_order_being_started_is_left_to_whoever_starts_it(seated: World) -> None:
    seen: list[bool] = []

    async def settle_meanwhile(call: Call) -> None:
        if call.operation == "start":
            settled = await seated.settle(call.subject)
            seen.append(settled is not None and settled.is_answered)

    seated.vipps.witness = settle_meanwhile
    await started(seated)
    assert seen == [False]
    assert seated.vipps.asked("read") == []


async def test_a_claim_that_somebody_else_took_meanwhile_writes_nothing(seated: World) -> None:
    order_id = await started(seated)
    claim = await seated.claim_order(order_id)
    seated.vipps.member(order_id, "RESERVE")
    before = await seated.second.fetchrow("SELECT * FROM orders")
    assert await seated.settle(order_id, claim=Claim(order_id, claim.fence - 1)) is None
    assert await seated.second.fetchrow("SELECT * FROM orders") == before
    assert await seated.settle(order_id, claim=claim) is not None
    assert await seated.second.fetchval("SELECT lease_until IS NULL FROM orders")


# Silence


async def test_silence_is_noted_with_when_it_began_and_asked_again(seated: World) -> None:
    order_id = await started(seated)
    seated.vipps.script["read"] = [SILENCE, SILENCE]
    await seated.settle(order_id)
    since = (await seated.order(order_id)).unanswered_since
    await seated.settle(order_id)
    assert since is not None
    assert (await seated.order(order_id)).unanswered_since == since
    assert (await seated.happened()).count("vipps_silent") == 1
    assert await seated.status() == "awaiting_payment"
    await seated.settle(order_id)
    assert (await seated.order(order_id)).unanswered_since is None


async def test_what_vipps_asks_to_wait_is_waited(seated: World) -> None:
    order_id = await started(seated)
    seated.vipps.script["read"] = [TryAgain("429", retry_after_seconds=40)]
    await seated.settle(order_id)
    assert await due_in(seated, order_id) == pytest.approx(40, abs=1)


async def test_a_due_seat_is_held_from_the_first_unanswered_read(seated: World) -> None:
    order_id = await started(seated)
    await seated.fall_due()
    seated.vipps.script["read"] = [SILENCE]
    await seated.settle(order_id)
    assert await seated.status() == "held"
    seated.vipps.member(order_id, "RESERVE")
    await seated.settle(order_id)
    assert await seated.status() == "paid"
    assert seated.seats.asked("release") == []


# Deliveries


async def test_a_delivery_is_settled_by_the_read_that_follows_it(seated: World) -> None:
    order_id = await started(seated)
    await deliver(seated, order_id)
    assert Queue.ORDERS in seated.nudges
    seated.vipps.script["read"] = [SILENCE]
    await seated.settle(order_id)
    assert await seated.second.fetchval("SELECT count(*) FROM deliveries WHERE settled_at IS NULL") == 1
    settled = await seated.settle(order_id)
    assert settled is not None
    assert settled.how == "callback"
    assert await seated.second.fetchval("SELECT count(*) FROM deliveries WHERE settled_at IS NULL") == 0


async def test_a_delivery_that_came_while_vipps_was_asked_is_asked_about_again_at_once(seated: World) -> None:
    order_id = await started(seated)

    async def another(call: Call) -> None:
        await deliver(seated, order_id, body=b"meanwhile")

    seated.vipps.witness = another
    await seated.settle(order_id)
    due = await due_in(seated, order_id)
    assert due is not None
    assert due <= 0
    assert [c.key for c in await seated.claim(orders_table)] == [order_id]


async def test_the_body_of_a_delivery_decides_nothing(seated: World) -> None:
    order_id = await started(seated)
    await deliver(seated, order_id, b'{"transactionInfo": {"status": "RESERVED", "amount": 25000}}')
    await seated.settle(order_id)
    assert (await seated.order(order_id)).status == "INITIATE"
