"""Every method against the real service: what goes out is understood, what comes back is typed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import jwt
import pytest
from pydantic import ValidationError

from payments_service.simulator.simulator import Simulator
from payments_service_client import (
    Conflict,
    ExemptionKind,
    Forbidden,
    InvalidRequest,
    NotFound,
    OrderStatus,
    PaidEvent,
    PaymentsClient,
    RegistrationStatus,
    StatusReason,
    Unauthorized,
    VippsApi,
    VippsRejected,
)

STARTS = datetime(2027, 12, 5, 18, 0, tzinfo=UTC)


async def julebord(payments: PaymentsClient) -> PaidEvent:
    return await payments.paid_events.put(
        123,
        price=Decimal(250),
        paytime=timedelta(hours=1),
        title="Julebord på Kjøpmannsgata",
        organizer="sosialen",
        starts_at=STARTS,
    )


async def seat(payments: PaymentsClient, registration_id: int = 77, user_id: str = "olanor") -> None:
    await payments.registrations.put(registration_id, event_id=123, user_id=user_id)


async def test_a_paid_event_comes_back_as_it_was_put(payments: PaymentsClient) -> None:
    event = await julebord(payments)
    assert event.price == Decimal("250.00")
    assert event.paytime == timedelta(hours=1)
    assert event.starts_at == STARTS
    assert event.title == "Julebord på Kjøpmannsgata"
    assert await payments.paid_events.get(123) == event


async def test_a_field_left_out_keeps_its_value_and_none_clears_it(payments: PaymentsClient) -> None:
    await julebord(payments)
    changed = await payments.paid_events.put(
        123, price=Decimal("300.50"), paytime=timedelta(minutes=90), title=None
    )
    assert (changed.price, changed.title, changed.organizer) == (Decimal("300.50"), None, "sosialen")


async def test_lists_are_walked_over_all_their_pages(payments: PaymentsClient) -> None:
    await julebord(payments)
    for number in range(5):
        await seat(payments, number + 1, f"member-{number}")
    found = [r.registration_id async for r in payments.registrations.list(event_id=123, page_size=2)]
    assert found == ["5", "4", "3", "2", "1"]
    assert [event.event_id async for event in payments.paid_events.list(page_size=1)] == ["123"]
    assert [r async for r in payments.registrations.list(status=RegistrationStatus.PAID)] == []


async def test_a_registration_counts_down_and_is_extended(payments: PaymentsClient) -> None:
    await julebord(payments)
    registration = await payments.registrations.put("r:77", event_id="123", user_id="olanor")
    assert registration.status is RegistrationStatus.AWAITING_PAYMENT
    assert registration.seconds_left is not None
    assert 3500 < registration.seconds_left <= 3600
    assert registration.payment_expiredate > registration.server_time
    longer = await payments.registrations.extend("r:77", minutes=30, reason="syk")
    assert longer.payment_expiredate - registration.payment_expiredate == timedelta(minutes=30)


async def test_the_backends_own_deadline_is_taken_to_the_microsecond(payments: PaymentsClient) -> None:
    await julebord(payments)
    until = datetime.now(UTC) + timedelta(hours=5, microseconds=7)
    put = await payments.registrations.put(77, event_id=123, user_id="o", payment_expiredate=until)
    assert put.payment_expiredate == until


async def test_a_member_pays_and_the_return_page_sees_it(
    payments: PaymentsClient, simulator: Simulator
) -> None:
    await julebord(payments)
    await seat(payments)
    order = await payments.orders.start(event_id=123, user_id="olanor", payer_name="Ola Nordmann")
    assert (order.status, order.vipps_api) == (OrderStatus.INITIATE, VippsApi.ECOM)
    assert order.payment_link is not None
    assert order.payment_link not in repr(order)
    assert (await payments.orders.start(event_id=123, user_id="olanor")).order_id == order.order_id
    await simulator.member.approve(order.order_id)
    paid = await payments.orders.sync(order.order_id)
    assert paid.is_paid
    assert paid.payment_link is None
    assert (await payments.orders.get(order.order_id)).is_paid
    registration = await payments.registrations.get(77)
    assert (registration.status, registration.has_paid) == (RegistrationStatus.PAID, True)
    assert [o.order_id async for o in payments.orders.list(search=order.order_id[:8])] == [order.order_id]
    assert {line.what for line in await payments.orders.history(order.order_id)}
    assert {line.what for line in await payments.registrations.history(77)}


async def test_money_goes_back_in_part_and_as_a_whole(payments: PaymentsClient, simulator: Simulator) -> None:
    await julebord(payments)
    await seat(payments)
    order = await payments.orders.start(event_id=123, user_id="olanor")
    await simulator.member.approve(order.order_id)
    reserved = await payments.orders.sync(order.order_id)
    assert (reserved.status, reserved.is_paid, reserved.captured) == (OrderStatus.RESERVED, True, Decimal(0))
    taken = await payments.orders.capture(order.order_id, reason="nå")
    assert (taken.is_done, taken.order.captured) == (True, Decimal("250.00"))
    part = await payments.orders.refund(order.order_id, amount=Decimal(100), reason="halv pris")
    assert (part.is_done, part.order.refunded, part.order.is_paid) == (True, Decimal("100.00"), True)
    rest = await payments.orders.refund(order.order_id, reason="syk")
    assert (rest.order.status, rest.order.is_paid) == (OrderStatus.REFUND, False)
    with pytest.raises(Conflict) as caught:
        await payments.orders.refund(order.order_id, reason="en gang til")
    assert caught.value.code == "nothing_to_refund"


async def test_an_open_checkout_is_cancelled(payments: PaymentsClient) -> None:
    await julebord(payments)
    await seat(payments)
    order = await payments.orders.start(event_id=123, user_id="olanor")
    cancelled = (await payments.orders.cancel(order.order_id, reason="feil")).order
    assert (cancelled.status, cancelled.status_reason) == (
        OrderStatus.CANCEL,
        StatusReason.CANCELLED_BY_ORGANISER,
    )


async def test_signing_off_is_refused_when_paid_unless_the_money_goes_back(
    payments: PaymentsClient, simulator: Simulator
) -> None:
    await julebord(payments)
    await seat(payments)
    order = await payments.orders.start(event_id=123, user_id="olanor")
    await simulator.member.approve(order.order_id)
    await payments.orders.sync(order.order_id)
    with pytest.raises(Conflict) as caught:
        await payments.registrations.delete(77)
    assert caught.value.code == "already_paid"
    await payments.registrations.delete(77, refund=True)
    assert (await payments.registrations.get(77)).status is RegistrationStatus.ENDED


async def test_an_exempt_seat_pays_nothing(payments: PaymentsClient) -> None:
    await julebord(payments)
    await seat(payments)
    exempt = await payments.registrations.exempt(77, kind=ExemptionKind.COMPLIMENTARY, reason="arrangør")
    assert (exempt.status, exempt.has_paid) == (RegistrationStatus.EXEMPT, False)
    with pytest.raises(Conflict) as caught:
        await payments.orders.start(event_id=123, user_id="olanor")
    assert caught.value.code == "registration_exempt"


async def test_an_event_is_made_free(payments: PaymentsClient) -> None:
    await julebord(payments)
    await payments.paid_events.delete(123)
    with pytest.raises(NotFound) as caught:
        await payments.paid_events.get(123)
    assert caught.value.code == "paid_event_not_found"
    assert [case async for case in payments.attention.list()] == []


async def test_a_refusal_says_who_what_and_where(payments: PaymentsClient) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await payments.paid_events.put(1, price=Decimal("0.50"), paytime=timedelta(hours=1), title="x" * 201)
    error = caught.value
    assert (error.code, error.status) == ("invalid_request", 422)
    assert {field.field for field in error.errors} == {"body.price", "body.title"}
    assert error.detail.startswith("Something in the request")
    assert error.request_id
    assert error.idempotency_key


async def test_what_vipps_refuses_is_an_error_of_its_own(
    payments: PaymentsClient, simulator: Simulator
) -> None:
    await julebord(payments)
    await seat(payments)
    simulator.config.sales_units[0].blocked_with = "36"
    with pytest.raises(VippsRejected) as caught:
        await payments.orders.start(event_id=123, user_id="olanor")
    assert caught.value.code == "vipps_rejected"


async def test_the_same_key_is_the_same_request(payments: PaymentsClient, simulator: Simulator) -> None:
    await julebord(payments)
    await seat(payments)
    order = await payments.orders.start(event_id=123, user_id="olanor")
    await simulator.member.approve(order.order_id)
    await payments.orders.capture(order.order_id, reason="nå")
    for _ in range(2):
        moved = await payments.orders.refund(
            order.order_id, amount=Decimal(10), reason="rabatt", idempotency_key="discount-77"
        )
        assert moved.order.refunded == Decimal("10.00")
    with pytest.raises(InvalidRequest) as caught:
        await payments.orders.refund(
            order.order_id, amount=Decimal(20), reason="rabatt", idempotency_key="discount-77"
        )
    assert caught.value.code == "idempotency_key_reused"


async def test_a_member_speaks_with_a_token_of_their_own_over_the_same_connections(
    payments: PaymentsClient,
) -> None:
    await julebord(payments)
    await seat(payments)
    claims = {
        "sub": "olanor",
        "aud": "payments-service",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
    }
    member = payments.using(
        token=jwt.encode(claims, "a-key-for-members-tokens-in-tests-only", "HS256"), language="nb"
    )
    assert (await member.registrations.get(77)).user_id == "olanor"
    with pytest.raises(Forbidden) as caught:
        await member.registrations.delete(77)
    assert caught.value.detail.startswith("Du har ikke")
    with pytest.raises(Unauthorized):
        await payments.using(token="somebody-elses").registrations.get(77)


async def test_the_request_id_of_the_backend_comes_back_with_a_refusal(payments: PaymentsClient) -> None:
    with pytest.raises(NotFound) as caught:
        await payments.using(request_id="req-1").registrations.get(1)
    assert caught.value.request_id == "req-1"


async def test_answers_are_frozen(payments: PaymentsClient) -> None:
    event = await julebord(payments)
    with pytest.raises(ValidationError):
        event.price = Decimal(1)  # type: ignore[misc]
