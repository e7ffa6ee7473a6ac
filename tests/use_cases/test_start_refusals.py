"""When no payment is started: each refusal, before anything is written or sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments_service.domain import errors
from payments_service.domain.decisions import ExpiryMode, Rules
from payments_service.event_service.errors import Refused, Unanswered
from payments_service.use_cases.policy import Policy
from payments_service.use_cases.sign_off import sign_off
from tests.domain.made import reading
from tests.use_cases.world import REG, World, seat


async def refused(world: World, refusal: type[errors.Refusal], **wanted: str) -> None:
    before = len(world.vipps.asked("start"))
    orders = await world.second.fetchval("SELECT count(*) FROM orders")
    with pytest.raises(refusal):
        await world.start(**wanted)
    assert len(world.vipps.asked("start")) == before
    assert await world.second.fetchval("SELECT count(*) FROM orders") == orders


async def paid(world: World) -> str:
    order, _ = await world.start()
    world.vipps.member(order.order_id, "RESERVE")
    await world.settle(order.order_id)
    return order.order_id


async def test_an_event_that_costs_nothing(world: World) -> None:
    await world.second.execute("DELETE FROM paid_events")
    await refused(world, errors.PaidEventNotFound)
    assert world.seats.calls == []


async def test_a_member_whom_the_backend_does_not_know_either(world: World) -> None:
    await refused(world, errors.RegistrationNotFound)


async def test_a_member_on_the_waiting_list(world: World) -> None:
    world.seats.seats = [seat(is_on_wait=True)]
    await refused(world, errors.OnWaitingList)


@pytest.mark.parametrize("error", [Unanswered("timeout"), Refused("no", status=403)])
async def test_a_backend_without_a_usable_answer(world: World, error: Exception) -> None:
    world.seats.script["find_seat"] = [error]
    await refused(world, errors.EventServiceUnavailable)


async def test_a_seat_that_is_paid(seated: World) -> None:
    await paid(seated)
    await refused(seated, errors.AlreadyPaid)


async def test_a_registration_that_pays_nothing_here(seated: World) -> None:
    await seated.set("registrations", REG, status="exempt")
    await refused(seated, errors.RegistrationExempt)


async def test_a_deadline_that_has_passed_to_the_very_instant(seated: World) -> None:
    await seated.fall_due()
    await refused(seated, errors.PaymentTimeExpired)


async def test_paying_again_works_until_the_deadline_itself(seated: World) -> None:
    now = await seated.second.fetchval("SELECT clock_timestamp()")
    await seated.set("registrations", REG, payment_expiredate=now + timedelta(seconds=2))
    assert (await seated.start())[1]


@pytest.mark.parametrize("mode", [ExpiryMode.OFF, ExpiryMode.SHADOW])
async def test_no_deadline_counts_while_the_clock_releases_nothing(seated: World, mode: ExpiryMode) -> None:
    seated.policy = Policy(rules=Rules(expiry_mode=mode))
    await seated.fall_due()
    assert (await seated.start())[1]


@pytest.mark.parametrize("status", ["expiring", "held"])
async def test_a_registration_that_is_sealed(seated: World, status: str) -> None:
    now = await seated.second.fetchval("SELECT clock_timestamp()")
    held_since = now if status == "held" else None
    await seated.set("registrations", REG, status=status, sealed_at=now, held_since=held_since)
    await refused(seated, errors.PaymentTimeExpired)


async def test_a_seat_that_expired_while_the_backend_still_shows_it(seated: World) -> None:
    seated.seats.seats = [seat()]
    await seated.fall_due()
    await seated.clock(due=False)
    seated.seats.seats = [seat()]
    await refused(seated, errors.PaymentTimeExpired)


async def test_a_sign_up_that_was_signed_off_while_the_backend_still_shows_it(seated: World) -> None:
    await sign_off(REG, refund=False, **seated.with_vipps)
    seated.seats.seats = [seat()]
    await refused(seated, errors.RegistrationNotFound)


async def test_an_order_that_a_person_is_looking_at(seated: World) -> None:
    order, _ = await seated.start()
    seated.vipps.script["read"] = [replace(reading("INITIATE RESERVE:100"), order_id=order.order_id)]
    await seated.settle(order.order_id)
    await refused(seated, errors.PaymentInProgress)
    assert await seated.cases() == ["amount_mismatch"]


async def test_a_return_address_elsewhere(seated: World) -> None:
    await refused(seated, errors.ReturnUrlNotAllowed, return_url="https://evil.test/")
    order, _ = await seated.start(return_url="https://tihlde.org/min-side")
    payment = seated.vipps.calls[0].payment
    assert payment is not None
    assert payment.return_url == "https://tihlde.org/min-side"
    assert payment.order_id == order.order_id


async def test_more_than_ten_new_payments_in_a_minute(seated: World) -> None:
    for _ in range(10):
        order, is_new = await seated.start()
        assert is_new
        seated.vipps.member(order.order_id, "CANCEL")
        await seated.settle(order.order_id)
    with pytest.raises(errors.TooMany) as too_many:
        await seated.start()
    assert too_many.value.retry_after_seconds
    await seated.second.execute("UPDATE orders SET created_at = created_at - interval '61 seconds'")
    assert (await seated.start())[1]


async def test_a_seat_nobody_told_us_of_is_adopted_with_its_deadline(world: World) -> None:
    deadline = await world.second.fetchval(
        "SELECT date_trunc('second', clock_timestamp()) + interval '3 hours'"
    )
    world.seats.seats = [seat(payment_expiredate=deadline)]
    order, is_new = await world.start()
    assert is_new
    assert order.registration_id == REG
    found = await world.registration()
    assert (found.payment_expiredate, found.announced_at) == (deadline, None)


async def test_an_adopted_seat_without_a_deadline_gets_the_events_time(world: World) -> None:
    world.seats.seats = [seat()]
    await world.start()
    found = await world.registration()
    assert found.payment_expiredate == found.created_at + timedelta(hours=1)


async def test_a_refunded_seat_may_be_paid_again_before_its_deadline(seated: World) -> None:
    order_id = await paid(seated)
    await seated.carry_out()
    seated.vipps.member(order_id, "REFUND")
    await seated.settle(order_id)
    assert await seated.status() == "refunded"
    _, is_new = await seated.start()
    assert is_new
    assert await seated.status() == "awaiting_payment"
