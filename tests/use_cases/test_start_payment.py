"""Starting a payment: the intent first, one open order at a time, and its link only after Vipps was asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payments_service.domain.errors import VippsUnavailable
from payments_service.vipps.errors import OutcomeUnknown
from tests.use_cases.neighbours import Call
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
