"""Starting a payment: the intent first, one open order at a time, and its link only after Vipps was asked."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from payments_service.domain.errors import (
    Rejected as RefusedByVipps,
)
from payments_service.domain.errors import RequestInProgress, VippsUnavailable
from payments_service.use_cases.policy import Policy, Queue
from payments_service.vipps.errors import NotSent, OutcomeUnknown, Rejected, TryAgain, VippsError
from tests.use_cases.neighbours import AfterTheEffect, Call
from tests.use_cases.world import EVENT, PRICE, World

LOST = OutcomeUnknown("read timeout")


async def test_a_new_order_has_the_price_the_link_and_a_time_to_be_read(seated: World) -> None:
    order, is_new = await seated.start(payer_name="Ola Nordmann", phone_number="91234567")
    assert is_new
    assert (order.amount_ore, order.status) == (PRICE, "INITIATE")
    assert order.payment_link == f"https://vipps.test/{order.order_id}"
    assert order.started_at is not None
    assert order.checkout_ends_at == order.started_at + seated.policy.checkout
    due = await seated.second.fetchval("SELECT due_at - started_at FROM orders WHERE lease_until IS NULL")
    assert timedelta(seconds=4.5) < due <= timedelta(seconds=5)
    (call,) = seated.vipps.calls
    assert call.payment is not None
    assert (call.payment.amount_ore, call.payment.phone_number) == (PRICE, "91234567")
    assert call.payment.return_url == f"https://example.org/{EVENT}"


async def test_the_intent_is_committed_before_vipps_is_called(seated: World) -> None:
    seen: list[object] = []

    async def look(call: Call) -> None:
        row = await seated.second.fetchrow("SELECT * FROM orders WHERE order_id = $1", call.subject)
        seen.append((row["amount_ore"], row["status"], row["started_at"], row["registration_id"]))

    seated.vipps.witness = look
    await seated.start()
    assert seen == [(PRICE, "INITIATE", None, "77")]


@pytest.mark.parametrize(
    ("title", "name", "text"),
    [
        ("Julebord", "Ola Nordmann", "Julebord, Ola Nordmann"),
        ("Julebord", None, "Julebord"),
        (None, "Ola", f"Arrangement {EVENT}, Ola"),
        ("Æ" * 200, "Ola", "Æ" * 95 + ", Ola"),
        ("Æ" * 200, None, "Æ" * 100),
    ],
)
async def test_the_text_names_event_and_payer_within_a_hundred_characters(
    seated: World, title: str | None, name: str | None, text: str
) -> None:
    await seated.paid_event(title=title)
    await seated.start(payer_name=name)
    payment = seated.vipps.calls[0].payment
    assert payment is not None
    assert payment.text == text


async def test_a_payers_name_is_kept_nowhere(seated: World) -> None:
    await seated.start(payer_name="Canary Nordmann", phone_number="91234567")
    for table in ("orders", "registrations", "history", "operations"):
        rows = await seated.second.fetch(f"SELECT t::text AS line FROM {table} t")  # noqa: S608
        assert not any("Canary" in row["line"] or "91234567" in row["line"] for row in rows)


async def test_the_open_order_is_handed_out_again_after_vipps_was_asked(seated: World) -> None:
    first, _ = await seated.start()
    again, is_new = await seated.start()
    assert (again.order_id, again.payment_link, is_new) == (first.order_id, first.payment_link, False)
    assert [call.operation for call in seated.vipps.calls] == ["start", "read"]


async def test_an_order_that_died_meanwhile_makes_room_for_a_new_one(seated: World) -> None:
    first, _ = await seated.start()
    seated.vipps.member(first.order_id, "CANCEL")
    second, is_new = await seated.start()
    assert is_new
    assert second.order_id != first.order_id
    dead = await seated.order(first.order_id)
    assert (dead.status, dead.status_reason, dead.payment_link) == ("CANCEL", "cancelled_by_member", None)


async def test_a_new_order_costs_todays_price_and_an_old_one_keeps_its_own(seated: World) -> None:
    first, _ = await seated.start()
    await seated.paid_event(price_ore=30_000)
    assert (await seated.start())[0].amount_ore == PRICE
    seated.vipps.member(first.order_id, "CANCEL")
    assert (await seated.start())[0].amount_ore == 30_000


async def test_while_vipps_is_silent_the_stored_link_serves_for_half_its_checkout(seated: World) -> None:
    first, _ = await seated.start()
    seated.vipps.script["read"] = [LOST, LOST]
    await seated.pass_time(299)
    assert (await seated.start())[0].payment_link == first.payment_link
    await seated.pass_time(2)
    with pytest.raises(VippsUnavailable):
        await seated.start()
    assert len(seated.vipps.asked("start")) == 1


async def test_a_link_too_old_to_be_approved_is_not_handed_out(seated: World) -> None:
    await seated.start()
    await seated.pass_time(601)
    with pytest.raises(VippsUnavailable):
        await seated.start()
    assert len(seated.vipps.asked("start")) == 1


# What a start may end with


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
