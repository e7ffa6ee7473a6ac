"""How webhooks are delivered: what they carry, how often they are tried, and what waits for what."""

import asyncio

import pytest

from tests.simulator.epay import REF, EpayShop

HOUR, DAY = 3600, 86400


async def test_the_payload_tells_of_the_event_not_of_the_payment(authorised: EpayShop) -> None:
    registration = authorised.listen()
    await authorised.adjust("capture", 10000, key="c1")
    await authorised.sim.tick()
    [letter] = authorised.heard
    event = (await authorised.log())[-1]
    assert letter.body == {"msn": "654321", **event}
    assert (letter.path, letter.query) == ("/hooks/vipps", "shop=1")
    assert letter.body["amount"] == {"currency": "NOK", "value": 10000}
    [delivery] = [d for d in authorised.sim.journal.deliveries_of(REF) if d.status == "CAPTURED"]
    assert (delivery.outcome, delivery.http_status, delivery.attempt) == ("answered", 200, 1)
    assert (delivery.channel, delivery.registration_id) == ("webhooks", registration.id)


async def test_only_what_was_asked_for_is_told(epay: EpayShop) -> None:
    epay.listen("epayments.payment.authorized.v1")
    await epay.create()
    await epay.sim.member.approve(REF)
    await epay.adjust("capture", 100)
    await epay.sim.tick()
    assert epay.told() == ["AUTHORIZED"]


async def test_a_member_action_returns_once_the_first_attempt_is_made(epay: EpayShop) -> None:
    epay.listen()
    await epay.create()
    epay.answer_after = 0.05
    await epay.sim.member.approve(REF)
    assert epay.told() == ["CREATED", "AUTHORIZED"]


async def test_the_table_of_waits() -> None:
    waits = EpayShop().sim.config.webhook_retry_seconds
    assert waits[:5] == (2, 2, 2, 60, 120)
    assert waits[5:28] == (3600,) * 23
    assert waits[28:] == (86400,)


async def test_it_is_tried_again_by_the_table_and_dropped_after_seven_days(authorised: EpayShop) -> None:
    authorised.listen()
    authorised.hook_answers = [500] * 100
    await authorised.adjust("capture", 100)
    await authorised.sim.tick()
    started = authorised.sim.clock.now()
    attempts = []
    for seconds in (1, 1, 2, 2, 60, 120, HOUR, 22 * HOUR, DAY, 4 * DAY, 2 * DAY):
        await authorised.sim.advance(seconds + 0.1)
        attempts.append(len(authorised.heard))
    assert attempts == [1, 2, 3, 4, 5, 6, 7, 29, 30, 34, 35]
    assert (authorised.sim.clock.now() - started).days >= 7
    await authorised.sim.advance(DAY)
    assert len(authorised.heard) == 35
    assert {letter.raw for letter in authorised.heard} == {authorised.heard[0].raw}
    deliveries = [d for d in authorised.sim.journal.deliveries_of(REF) if d.channel == "webhooks"]
    assert [d.attempt for d in deliveries] == list(range(1, 36))


@pytest.mark.parametrize(("refreshed", "dates"), [(False, 1), (True, 3)])
async def test_retries_carry_the_same_body_and_maybe_the_same_date(
    authorised: EpayShop, refreshed: bool, dates: int
) -> None:
    authorised.sim.config.webhook_date_is_refreshed = refreshed
    authorised.listen()
    authorised.hook_answers = [500, 404]
    await authorised.adjust("capture", 100)
    await authorised.sim.tick()
    await authorised.sim.advance(10)
    assert len(authorised.heard) == 3
    assert len({letter.raw for letter in authorised.heard}) == 1
    assert len({letter.headers["x-ms-date"] for letter in authorised.heard}) == dates
    assert len({letter.signature for letter in authorised.heard}) == dates


@pytest.mark.parametrize(("status", "attempts"), [(200, 1), (202, 1), (204, 1), (307, 2), (401, 2), (503, 2)])
async def test_any_2xx_is_success_and_redirects_are_not_followed(
    authorised: EpayShop, status: int, attempts: int
) -> None:
    authorised.listen()
    authorised.hook_answers = [status]
    await authorised.adjust("capture", 100)
    await authorised.sim.tick()
    await authorised.sim.advance(3)
    assert [letter.path for letter in authorised.heard] == ["/hooks/vipps"] * attempts


async def test_silence_is_a_failure_after_ten_seconds(authorised: EpayShop) -> None:
    assert authorised.sim.config.webhook_patience_seconds == 10
    authorised.sim.config.webhook_patience_seconds = 0.05
    authorised.listen()
    authorised.answer_after = 0.5
    await authorised.adjust("capture", 100)
    await authorised.sim.callbacks.flush()
    authorised.answer_after = 0
    await authorised.sim.advance(3)
    outcomes = [d.outcome for d in authorised.sim.journal.deliveries_of(REF) if d.status == "CAPTURED"]
    assert outcomes == ["timeout", "answered"]


async def test_a_failure_holds_up_the_same_payment_and_no_other(epay: EpayShop) -> None:
    epay.listen()
    await epay.create()
    await epay.create("order-0002")
    await epay.sim.tick()
    epay.heard.clear()
    epay.hook_answers = [500]
    await epay.sim.member.approve(REF)
    await epay.adjust("capture", 100)
    await epay.sim.tick()
    await epay.sim.member.approve("order-0002")
    assert [(h.body["reference"], h.body["name"]) for h in epay.heard] == [
        (REF, "AUTHORIZED"),
        ("order-0002", "AUTHORIZED"),
    ]
    await epay.sim.advance(3)
    assert [h.body["name"] for h in epay.heard[2:]] == ["AUTHORIZED", "CAPTURED"]


async def test_a_failure_holds_up_no_other_registration(authorised: EpayShop) -> None:
    authorised.listen(url="https://shop.test/nowhere")
    authorised.listen()
    await authorised.adjust("capture", 100)
    await authorised.adjust("refund", 100)
    await authorised.sim.tick()
    assert authorised.told() == ["CAPTURED", "REFUNDED"]


async def test_removing_a_registration_ends_its_retries(authorised: EpayShop) -> None:
    registration = authorised.listen()
    authorised.hook_answers = [500]
    await authorised.adjust("capture", 100)
    await authorised.sim.tick()
    authorised.sim.webhooks.remove(registration.id)
    await authorised.sim.advance(DAY)
    assert len(authorised.heard) == 1


async def test_a_registration_that_fails_for_two_weeks_is_removed(authorised: EpayShop) -> None:
    failing = authorised.listen(url="https://shop.test/nowhere")
    working = authorised.listen()
    await authorised.adjust("capture", 100)
    await authorised.sim.tick()
    await authorised.sim.advance(13 * DAY)
    assert failing.id in authorised.sim.webhooks.registrations
    await authorised.sim.advance(DAY + 1)
    assert list(authorised.sim.webhooks.registrations) == [working.id]


async def test_a_success_in_between_keeps_a_registration(authorised: EpayShop) -> None:
    registration = authorised.listen()
    authorised.hook_answers = [500, 200]
    await authorised.adjust("capture", 100)
    await authorised.sim.tick()
    assert registration.failing_since is not None
    await authorised.sim.advance(15 * DAY)
    assert registration.failing_since is None
    assert registration.id in authorised.sim.webhooks.registrations


async def test_the_waits_can_be_short(authorised: EpayShop) -> None:
    authorised.sim.config.webhook_retry_seconds = (0.01,)
    authorised.listen()
    authorised.hook_answers = [500] * 4
    await authorised.adjust("capture", 100)
    for _ in range(8):
        await authorised.sim.tick()
        await asyncio.sleep(0.02)
    assert len(authorised.heard) == 5


async def test_reset_forgets_what_waits_and_keeps_registrations(authorised: EpayShop) -> None:
    registration = authorised.listen()
    authorised.hook_answers = [500]
    await authorised.adjust("capture", 100)
    await authorised.sim.tick()
    authorised.sim.reset()
    await authorised.sim.advance(10)
    assert len(authorised.heard) == 1
    assert registration.id in authorised.sim.webhooks.registrations
