"""What the event backend is told: with its cause or not at all, once for each, and nothing where nobody listens."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from payments_service.domain.errors import Rejected as RefusedByVipps
from payments_service.domain.errors import VippsUnavailable
from payments_service.event_service.errors import Refused
from payments_service.use_cases.receive_delivery import receive_delivery
from payments_service.use_cases.record_answer import record_answer
from payments_service.use_cases.sign_off import sign_off
from payments_service.vipps.errors import OutcomeUnknown, Rejected
from tests.postgres import ROOT
from tests.use_cases.neighbours import AfterTheEffect
from tests.use_cases.world import EVENT, PRICE, REG, USER, World, seat

SILENCE = OutcomeUnknown("read timeout")


@pytest.fixture
def told(seated: World) -> World:
    """A member has a seat, and the backend listens."""
    seated.policy = replace(seated.policy, tells_backend=True)
    return seated


async def notices(world: World) -> list[tuple[Any, ...]]:
    """Type, status and amount of each, in the order in which they were written."""
    rows = await world.second.fetch("SELECT * FROM notices ORDER BY position")
    for row in rows:
        assert row["registration_id"] in (REG, None)
        assert row["user_id"] in (USER, None)
    return [(row["type"], row["status"], row["amount_ore"]) for row in rows]


async def paid(world: World) -> str:
    order, _ = await world.start()
    world.vipps.member(order.order_id, "RESERVE")
    await world.settle(order.order_id)
    await world.carry_out()
    return order.order_id


async def test_a_paid_order_is_told_of_once_however_often_it_is_read(told: World) -> None:
    order_id = await paid(told)
    for _ in range(3):
        await told.settle(order_id)
    assert await notices(told) == [("order.paid", "RESERVED", PRICE)]
    row = await told.second.fetchrow("SELECT * FROM notices")
    ids = (row["event_id"], row["user_id"], row["registration_id"], row["order_id"])
    assert ids == (EVENT, USER, REG, order_id)
    assert row["due_at"] is not None


async def test_readings_at_once_tell_once(told: World) -> None:
    order, _ = await told.start()
    told.vipps.member(order.order_id, "RESERVE")
    told.alone(is_alone=False)
    await asyncio.gather(*(told.settle(order.order_id) for _ in range(6)))
    assert await notices(told) == [("order.paid", "RESERVED", PRICE)]


async def test_where_nobody_listens_nothing_is_written(seated: World) -> None:
    await paid(seated)
    await seated.fall_due()
    assert await notices(seated) == []


async def test_a_refund_is_told_of_each_time_it_grows_with_all_that_went_back(told: World) -> None:
    order_id = await paid(told)
    for amount, status in ((10_000, "CAPTURE"), (15_000, "REFUND")):
        told.vipps.amounts[order_id] = amount
        told.vipps.member(order_id, "REFUND")
        told.vipps.amounts[order_id] = PRICE
        await told.settle(order_id)
        await told.settle(order_id)
        assert (await told.order(order_id)).status == status
    assert (await notices(told))[1:] == [
        ("order.refunded", "CAPTURE", 10_000),
        ("order.refunded", "REFUND", PRICE),
    ]


async def test_an_attempt_that_came_to_nothing_is_told_of_once(told: World) -> None:
    order, _ = await told.start()
    told.vipps.member(order.order_id, "CANCEL")
    await told.settle(order.order_id)
    await told.settle(order.order_id)
    assert await notices(told) == [("order.cancelled", "CANCEL", PRICE)]


async def test_a_start_that_vipps_refuses_is_told_of(told: World) -> None:
    told.vipps.script["start"] = [Rejected("no", code="Payment/41")]
    with pytest.raises(RefusedByVipps):
        await told.start()
    assert await notices(told) == [("order.cancelled", "CANCEL", PRICE)]


async def test_a_reservation_that_was_let_go_was_paid_and_is_cancelled(told: World) -> None:
    order, _ = await told.start()
    told.vipps.member(order.order_id, "RESERVE")
    await told.settle(order.order_id)
    await sign_off(REG, refund=True, **told.with_vipps)
    await told.carry_out()
    assert [kind for kind, *_ in await notices(told)] == [
        "order.paid",
        "attention.opened",
        "order.cancelled",
    ]


async def test_an_expired_seat_is_told_of_with_what_it_cost(told: World) -> None:
    told.seats.seats = [seat()]
    await told.fall_due()
    await told.clock(due=False)
    await told.clock()
    assert await told.status() == "expired"
    assert await notices(told) == [("registration.expired", "expired", PRICE)]
    assert await told.second.fetchval("SELECT order_id FROM notices") is None


async def test_a_seat_the_member_gave_up_did_not_expire(told: World) -> None:
    await sign_off(REG, refund=False, **told.with_vipps)
    assert await notices(told) == []


async def test_a_held_seat_is_told_of_each_time_it_becomes_held(told: World) -> None:
    order, _ = await told.start()
    await told.fall_due()
    for said in (SILENCE, SILENCE, None, SILENCE):
        told.vipps.script["read"] = [] if said is None else [said]
        await told.settle(order.order_id)
    assert await told.status() == "held"
    assert await notices(told) == [("registration.held", "held", PRICE)] * 2


async def test_a_case_is_told_of_when_it_opens_and_again_when_it_opens_again(told: World) -> None:
    told.seats.seats = [seat()]
    told.seats.script["release"] = [Refused("no", status=403)] * 2
    await told.fall_due()
    await told.clock(due=False)
    await told.clock()
    assert await notices(told) == [("attention.opened", "release_refused", PRICE)]
    await told.second.execute("UPDATE attention SET closed_at = clock_timestamp()")
    told.seats.script["release"] = [Refused("no", status=403)]
    await told.clock()
    assert await notices(told) == [("attention.opened", "release_refused", PRICE)] * 2


async def test_a_capture_that_vipps_refuses_is_a_case_that_is_told_of(told: World) -> None:
    order, _ = await told.start()
    told.vipps.member(order.order_id, "RESERVE")
    await told.settle(order.order_id)
    told.vipps.script["capture"] = [Rejected("no", code="Payment/61")]
    await told.carry_out()
    assert (await notices(told))[1:] == [("attention.opened", "reserved_not_captured", PRICE)]
    assert await told.second.fetchval("SELECT count(DISTINCT lane) FROM notices") == 1, (
        "a case about an order of a registration waits behind that one's other notices"
    )


async def test_a_payment_of_nobodys_is_told_of_once(told: World) -> None:
    for body in (b"1", b"2", b"2"):
        await receive_delivery(
            channel="ecom",
            order_id="of-somebody-else",
            body=body,
            database=told.database,
            policy=told.policy,
            nudge=told.nudges.append,
        )
    assert await notices(told) == [("attention.opened", "unknown_payment", 0)]
    row = await told.second.fetchrow("SELECT event_id, user_id, registration_id, order_id FROM notices")
    assert tuple(row) == (None, None, None, "of-somebody-else")


async def test_a_start_whose_outcome_nobody_knows_is_no_news(told: World) -> None:
    told.vipps.script["start"] = [AfterTheEffect(SILENCE)]
    with pytest.raises(VippsUnavailable):
        await told.start()
    assert await notices(told) == []


async def test_what_is_rolled_back_is_told_to_nobody(told: World) -> None:
    order, _ = await told.start()
    told.vipps.member(order.order_id, "RESERVE")
    known = await told.order(order.order_id)
    answer = await told.vipps.read(order.order_id, timeout=1)
    async with told.database.engine.connect() as connection:
        await record_answer(connection, known.order_id, answer, policy=told.policy, cause="test", claim=None)
        await connection.rollback()
    assert await notices(told) == []
    assert (await told.order(order.order_id)).status == "INITIATE"
    await told.settle(order.order_id)
    assert await notices(told) == [("order.paid", "RESERVED", PRICE)]


def test_a_case_is_opened_in_one_place_which_tells_of_it() -> None:
    """Whoever opened one past it would open it in silence."""
    package = ROOT / "src/payments_service"
    past_it = [path.name for path in package.rglob("*.py") if "attention.open_case(" in path.read_text()]
    assert past_it == ["tell_backend.py"]
