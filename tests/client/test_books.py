"""An event's books, time for everybody, what goes away, and what was told: against the service itself."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from payments_service.simulator.simulator import Simulator
from payments_service_client import (
    NotFound,
    NoticeStatus,
    OrderStatus,
    PaymentsClient,
    RegistrationStatus,
)


async def a_paid_seat(payments: PaymentsClient, simulator: Simulator) -> str:
    """One who has paid 250 kroner, and one who has not."""
    await payments.paid_events.put(123, price=Decimal(250), paytime=timedelta(hours=1))
    for registration_id, user_id in ((77, "olanor"), (78, "karinor")):
        await payments.registrations.put(registration_id, event_id=123, user_id=user_id)
    order = await payments.orders.start(event_id=123, user_id="olanor")
    await simulator.member.approve(order.order_id)
    await payments.orders.sync(order.order_id)
    await payments.orders.capture(order.order_id, reason="nå")
    return order.order_id


async def test_an_events_books(payments: PaymentsClient, simulator: Simulator) -> None:
    order_id = await a_paid_seat(payments, simulator)
    assert [o.order_id async for o in payments.paid_events.orders(123, user_id="olanor")] == [order_id]
    assert [o async for o in payments.paid_events.orders(123, status=OrderStatus.CANCEL)] == []
    assert order_id in (await payments.paid_events.orders_csv(123)).decode("utf-8-sig")
    summary = await payments.paid_events.summary(123)
    assert (summary.captured, summary.refunded, summary.net) == (Decimal(250), Decimal(0), Decimal(250))
    assert summary.registrations[RegistrationStatus.PAID] == 1
    assert summary.orders[OrderStatus.CAPTURE] == 1
    assert [unpaid.registration_id for unpaid in summary.unpaid] == ["78"]


async def test_more_time_for_a_whole_event(payments: PaymentsClient, simulator: Simulator) -> None:
    await a_paid_seat(payments, simulator)
    before = await payments.registrations.get(78)
    extension = await payments.paid_events.extend(123, minutes=60, reason="Vipps var nede")
    assert (extension.extended, extension.too_late) == (1, ())
    (longer,) = extension.items
    assert longer.payment_expiredate - before.payment_expiredate == timedelta(hours=1)


async def test_what_goes_away(payments: PaymentsClient, simulator: Simulator) -> None:
    order_id = await a_paid_seat(payments, simulator)
    assert order_id in str(await payments.users.export("olanor"))
    await payments.events.delete(123)
    await payments.events.delete("never-heard-of")
    await payments.users.delete("olanor")
    order = await payments.orders.get(order_id)
    assert (order.event_id, order.user_id) == (None, None)
    with pytest.raises(NotFound) as caught:
        await payments.users.export("olanor")
    assert caught.value.code == "user_not_found"


async def test_signed_events_that_were_sent(payments: PaymentsClient) -> None:
    assert [n async for n in payments.notices.list(status=NoticeStatus.GIVEN_UP, event_id=123)] == []
    with pytest.raises(NotFound):
        await payments.notices.repeat("msg-nobody-knows")
