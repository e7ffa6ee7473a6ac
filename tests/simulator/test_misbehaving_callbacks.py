"""Misbehaviours 1 to 8, 30 and 31 as the merchant meets them: asked for through the control API, seen on the wire."""

from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.simulator.merchants import ORDER, OTHER
from tests.simulator.misbehaviour_checks import Checks, merchant_of

CHECKS = Checks()
shows = CHECKS.shows


async def paid(m: Any, order_id: str = ORDER) -> None:
    await m.act("approve", order_id)


@shows("callback_lost")
async def lost(m: Any) -> None:
    await m.start()
    await m.select("callback_lost", order_id=ORDER)
    await paid(m)
    await m.pass_time(60)
    assert m.paid_letters() == []
    assert (await m.money())[0] > 0


@shows("callback_duplicated.at_once")
async def duplicated(m: Any) -> None:
    await m.start()
    await m.select("callback_duplicated.at_once", order_id=ORDER)
    await paid(m)
    first, second = m.paid_letters()
    assert first.raw == second.raw


@shows("callback_duplicated.later")
async def duplicated_later(m: Any) -> None:
    await m.start()
    await m.select("callback_duplicated.later", order_id=ORDER, seconds=45)
    await paid(m)
    await m.pass_time(44)
    assert len(m.paid_letters()) == 1
    await m.pass_time(2)
    first, second = m.paid_letters()
    assert first.raw == second.raw


@shows("callback_delayed.past_the_poll")
async def past_the_poll(m: Any) -> None:
    await m.start()
    await m.select("callback_delayed.past_the_poll", order_id=ORDER)
    await paid(m)
    await m.pass_time(900)
    assert m.paid_letters() == []
    assert (await m.money())[0] > 0
    await m.pass_time(0)
    assert len(m.paid_letters()) == 1


@shows("callback_delayed.past_the_return")
async def past_the_return(m: Any) -> None:
    await delayed(m, "callback_delayed.past_the_return", 15)


@shows("callback_delayed.past_the_deadline")
async def past_the_deadline(m: Any) -> None:
    await delayed(m, "callback_delayed.past_the_deadline", 660)


async def delayed(m: Any, name: str, seconds: float) -> None:
    await m.start()
    await m.select(name, order_id=ORDER)
    await paid(m)
    await m.pass_time(seconds - 2)
    assert m.paid_letters() == []
    await m.pass_time(3)
    assert len(m.paid_letters()) == 1


@shows("callback_delayed.past_the_cancel")
async def past_the_cancel(m: Any) -> None:
    await m.start()
    await m.select("callback_delayed.past_the_cancel", order_id=ORDER)
    await paid(m)
    await m.call("details")
    await m.pass_time(60)
    assert m.paid_letters() == []
    assert (await m.call("cancel")).status_code == 200
    await m.pass_time(0)
    assert len(m.paid_letters()) == 1
    assert (await m.money())[3] > 0


@shows("callback_before_answer")
async def before_the_answer(m: Any) -> None:
    seen: list[int] = []

    async def look(_call: Any) -> None:
        seen.append(len(m.paid_letters()))

    m.sim.after_effect["initiate"] = look
    await m.select("callback_before_answer", order_id=ORDER)
    assert (await m.start()).status_code in (200, 201)
    assert seen == [1]


@shows("callback_out_of_order.rejected_last")
async def rejected_last(m: Any) -> None:
    await m.start()
    await m.select("callback_out_of_order.rejected_last", order_id=ORDER)
    await paid(m)
    await m.pass_time(0)
    assert [letter.says for letter in m.outcome_letters()] == ["paid", "failed"]
    assert all(letter.is_genuine for letter in m.letters())
    assert (await m.money())[0] > 0


@shows("callback_out_of_order.failed_first")
async def failed_first(m: Any) -> None:
    await m.select("callback_out_of_order.failed_first", order_id=ORDER)
    await m.start()
    await m.pass_time(1)
    assert [letter.says for letter in m.outcome_letters()] == ["failed", "paid"]
    assert (await m.money())[0] > 0


@shows("callback_out_of_order.old_attempt_last")
async def old_attempt_last(m: Any) -> None:
    await m.start()
    await m.select("callback_out_of_order.old_attempt_last", order_id=ORDER)
    await m.act("reject")
    await m.start(OTHER)
    assert m.outcome_letters() == []
    await paid(m, OTHER)
    await m.pass_time(0)
    assert [letter.order_id for letter in m.outcome_letters()] == [OTHER, ORDER]


async def spoilt(m: Any, name: str, **how: Any) -> Any:
    await m.start()
    await m.select(name, order_id=ORDER, **how)
    await paid(m)
    [letter] = m.outcome_letters()
    assert letter.order_in_address in (None, ORDER)
    return letter


@shows("wrong_content.msn")
async def wrong_msn(m: Any) -> None:
    assert (await spoilt(m, "wrong_content.msn")).msn not in (None, "654321")


@shows("wrong_content.order_id")
async def wrong_order_id(m: Any) -> None:
    assert (await spoilt(m, "wrong_content.order_id")).order_id not in (None, ORDER)


@shows("wrong_content.token")
async def wrong_token(m: Any) -> None:
    letter = await spoilt(m, "wrong_content.token")
    assert letter.authorization
    assert not letter.is_genuine


@shows("wrong_content.no_token")
async def no_token(m: Any) -> None:
    assert (await spoilt(m, "wrong_content.no_token")).authorization is None


@shows("wrong_content.amount")
async def wrong_amount(m: Any) -> None:
    assert (await spoilt(m, "wrong_content.amount", amount=77)).amount == 77


@shows("wrong_content.status")
async def unknown_status(m: Any) -> None:
    assert (await spoilt(m, "wrong_content.status", value="SURPRISED")).says == "SURPRISED"


@shows("wrong_content.extra_fields")
async def extra_fields(m: Any) -> None:
    letter = await spoilt(m, "wrong_content.extra_fields")
    assert "surprise" in letter.body
    assert (letter.says, letter.is_genuine) == ("paid", True)


@shows("wrong_content.malformed")
async def malformed(m: Any) -> None:
    letter = await spoilt(m, "wrong_content.malformed")
    assert letter.body == {}
    assert letter.raw


@shows("inconsistent_read")
async def inconsistent_read(m: Any) -> None:
    await m.start()
    await m.select("inconsistent_read", order_id=ORDER, seconds=30, times=None)
    await m.pass_time(60)
    await paid(m)
    assert len(m.paid_letters()) == 1
    assert await m.money() == (0, 0, 0, 0)
    await m.pass_time(31)
    assert (await m.money())[0] > 0


@shows("fields_missing.summary")
async def no_summary(m: Any) -> None:
    await m.start()
    await paid(m)
    await m.select("fields_missing.summary", order_id=ORDER)
    assert "transactionSummary" not in await m.shop.details(ORDER)
    assert "transactionSummary" in await m.shop.details(ORDER)


@shows("fields_missing.sub")
async def no_sub(m: Any) -> None:
    await m.start(scope="name")
    await paid(m)
    await m.select("fields_missing.sub", order_id=ORDER)
    assert '"sub"' not in (await m.call("details")).text
    assert '"sub"' in (await m.call("details")).text


@shows("fields_missing.transaction_id")
async def no_transaction_id(m: Any) -> None:
    await m.start()
    await m.select("fields_missing.transaction_id", order_id=ORDER, times=2)
    await paid(m)
    [letter] = m.paid_letters()
    assert "transactionId" not in letter.body["transactionInfo"]
    assert "transactionId" not in (await m.call("details")).text
    assert "transactionId" in (await m.call("details")).text


@shows("webhook_removed")
async def webhook_removed(m: Any) -> None:
    assert (await m.select("webhook_removed"))["done"]
    assert (await m.call("webhooks.list")).json() == {"webhooks": []}
    await m.start()
    await paid(m)
    assert m.letters() == []
    m.shop.listen()
    await m.select("webhook_removed", order_id=ORDER, operation="callback")
    await m.call("capture")
    await m.pass_time(0)
    assert len(m.letters()) == 1
    assert (await m.call("webhooks.list")).json() == {"webhooks": []}


async def skewed(m: Any, name: str, seconds: float) -> None:
    letter = await spoilt(m, name)
    shown = parsedate_to_datetime(letter.headers["x-ms-date"])
    assert abs((shown - m.sim.clock.now()).total_seconds() - seconds) < 30
    assert letter.is_genuine


@shows("clock_skew.ahead")
async def clock_ahead(m: Any) -> None:
    await skewed(m, "clock_skew.ahead", 600)


@shows("clock_skew.behind")
async def clock_behind(m: Any) -> None:
    await skewed(m, "clock_skew.behind", -86400)


@shows("clock_skew.old_retry")
async def old_retry(m: Any) -> None:
    m.sim.config.webhook_date_is_refreshed = True
    await m.start()
    await m.start(OTHER)
    await m.select("clock_skew.old_retry", order_id=ORDER)
    for order_id, dates in ((ORDER, 1), (OTHER, 5)):
        m.shop.hook_answers = [500] * 4
        await paid(m, order_id)
        await m.pass_time(70)
        tried = [letter for letter in m.paid_letters() if letter.order_id == order_id]
        assert len(tried) == 5
        assert all(letter.is_genuine for letter in tried)
        assert len({letter.headers["x-ms-date"] for letter in tried}) == dates


@pytest.mark.parametrize(("name", "api"), CHECKS.cases())
async def test_seen_on_the_wire(name: str, api: str) -> None:
    async with merchant_of(api) as merchant:
        await CHECKS[name](merchant)


@pytest.mark.parametrize("api", ["ecom", "epayment"])
async def test_other_orders_are_left_alone(api: str) -> None:
    async with merchant_of(api) as m:
        await m.start()
        await m.start(OTHER)
        await m.select("callback_lost", order_id=OTHER)
        await paid(m)
        assert [letter.order_id for letter in m.paid_letters()] == [ORDER]
        await paid(m, OTHER)
        assert [letter.order_id for letter in m.paid_letters()] == [ORDER]
