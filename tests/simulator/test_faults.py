"""Faults at the front door: what was done, what was said, and that both differ in the way asked for."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.simulator.shop import Shop, codes


def captured(shop: Shop) -> int:
    return shop.sim.payment("order-1").amounts.captured


async def test_drop_before_does_nothing(reserved: Shop) -> None:
    reserved.sim.add_fault("drop_before", "capture")
    with pytest.raises(httpx.RemoteProtocolError):
        await reserved.modify("capture", key="c1")
    assert captured(reserved) == 0
    assert (await reserved.modify("capture", key="c1")).status_code == 200


async def test_drop_after_does_it_all_and_a_repeat_finds_it_done(reserved: Shop) -> None:
    reserved.sim.add_fault("drop_after", "capture")
    with pytest.raises(httpx.RemoteProtocolError):
        await reserved.modify("capture", key="c1")
    assert captured(reserved) == 25000
    assert (await reserved.modify("capture", key="c1")).status_code == 200
    assert len(reserved.sim.journal.effects_of("order-1", "CAPTURE")) == 1
    assert [r.outcome for r in reserved.sim.journal.requests_for("capture")] == ["dropped after", 200]


@pytest.mark.parametrize(("after", "amount"), [(False, 0), (True, 25000)])
async def test_silence_lasts_until_the_caller_gives_up(reserved: Shop, after: bool, amount: int) -> None:
    reserved.sim.add_fault("silent", "capture", after=after)
    reserved.http.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.ReadTimeout):
        await reserved.modify("capture")
    assert captured(reserved) == amount
    await asyncio.sleep(0.02)
    assert str(reserved.sim.journal.requests_for("capture")[0].outcome).startswith("silent")


async def test_silence_ends_with_the_simulator(reserved: Shop) -> None:
    reserved.sim.add_fault("silent", "details", times=None)
    call = asyncio.create_task(reserved.details())
    await asyncio.sleep(0.01)
    reserved.sim.stop()
    with pytest.raises(httpx.RemoteProtocolError):
        await call


async def test_silence_may_have_an_end(reserved: Shop) -> None:
    reserved.sim.add_fault("silent", "details", seconds=0.02)
    with pytest.raises(httpx.RemoteProtocolError):
        await reserved.details()


async def test_delay_answers_late_and_works_on_for_a_caller_who_left(reserved: Shop) -> None:
    reserved.sim.add_fault("delay", "capture", seconds=0.1)
    reserved.http.timeout = httpx.Timeout(0.03)
    with pytest.raises(httpx.ReadTimeout):
        await reserved.modify("capture")
    assert captured(reserved) == 0
    await asyncio.sleep(0.15)
    assert captured(reserved) == 25000


async def test_initiate_may_time_out_after_success(shop: Shop) -> None:
    shop.sim.add_fault("silent", "initiate", after=True, order_id="order-1")
    shop.http.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.ReadTimeout):
        await shop.initiate()
    assert await shop.operations() == ["INITIATE"]


@pytest.mark.parametrize(
    ("shape", "check"),
    [
        ("responseinfo", lambda r: r.json()["responseInfo"]["responseCode"] == 503),
        ("gateway", lambda r: r.json()["statusCode"] == 503),
        ("html", lambda r: r.headers["content-type"].startswith("text/html") and "<html>" in r.text),
        ("empty", lambda r: r.content == b""),
        ("strings", lambda r: all(isinstance(item, str) for item in r.json())),
        ("junk", lambda r: r.text.startswith("{") and not r.text.endswith("}")),
        ("django", lambda r: "detail" in r.json()),
    ],
)
async def test_errors_in_every_shape(reserved: Shop, shape: str, check: Any) -> None:
    reserved.sim.add_fault("error", "capture", status=503, shape=shape)
    answer = await reserved.modify("capture")
    assert answer.status_code == 503
    assert check(answer)
    assert captured(reserved) == 0


async def test_an_error_after_the_work(reserved: Shop) -> None:
    reserved.sim.add_fault("error", "capture", after=True)
    assert (await reserved.modify("capture")).status_code == 500
    assert captured(reserved) == 25000


async def test_a_locked_order(reserved: Shop) -> None:
    reserved.sim.add_fault("error", "capture", status=409, shape="ecom", group="Payment", code="94")
    assert codes(await reserved.modify("capture", key="c1")) == (409, "Payment", "94")
    assert (await reserved.modify("capture", key="c1")).status_code == 200


@pytest.mark.parametrize("retry_after", [None, 7])
async def test_rate_limited(reserved: Shop, retry_after: int | None) -> None:
    reserved.sim.add_fault("rate_limited", "details", retry_after=retry_after)
    answer = await reserved.http.get("/ecomm/v2/payments/order-1/details", headers=reserved.headers())
    assert answer.status_code == 429
    assert answer.headers.get("retry-after") == (None if retry_after is None else "7")


async def test_unauthorized_revokes_every_token(reserved: Shop) -> None:
    reserved.sim.add_fault("unauthorized", "capture")
    assert (await reserved.modify("capture")).status_code == 401
    assert (await reserved.modify("capture")).status_code == 401
    await reserved.sign_in()
    assert (await reserved.modify("capture")).status_code == 200


async def test_a_fault_counts_skips_and_is_for_one_order(reserved: Shop) -> None:
    reserved.sim.add_fault("error", "details", times=2, skip=1, order_id="order-1")
    await reserved.initiate("order-2")
    for order_id, expected in [("order-1", 200), ("order-2", 200), ("order-1", 500), ("order-1", 500)]:
        path = f"/ecomm/v2/payments/{order_id}/details"
        assert (await reserved.http.get(path, headers=reserved.headers())).status_code == expected
    assert reserved.sim.faults.faults == []
    await reserved.details()


async def test_faults_that_do_not_exist_are_refused(shop: Shop) -> None:
    for kind, operation in [
        ("lost", "capture"),
        ("silent", "callback"),
        ("delay", "nothing"),
        ("stale_details", "capture"),
    ]:
        with pytest.raises(ValueError, match="there is no"):
            shop.sim.add_fault(kind, operation)
    with pytest.raises(ValueError, match="there is no shape"):
        shop.sim.add_fault("error", "capture", shape="round")


async def test_details_may_lag_behind(shop: Shop) -> None:
    await shop.initiate()
    shop.sim.add_fault("stale_details", "details", seconds=30, times=None)
    await shop.sim.advance(60)
    await shop.sim.member.approve("order-1")
    assert len(shop.received) == 1
    assert "transactionSummary" not in await shop.details()
    assert await shop.operations() == ["INITIATE"]
    await shop.sim.advance(31)
    assert await shop.operations() == ["RESERVE", "INITIATE"]


async def test_details_may_show_a_wrong_amount(reserved: Shop) -> None:
    reserved.sim.add_fault("wrong_amount", "details", amount=123)
    log = (await reserved.details())["transactionLogHistory"]
    assert [entry["amount"] for entry in log] == [123, 25000]


async def test_the_member_may_approve_while_the_merchant_cancels(shop: Shop) -> None:
    await shop.initiate()
    shop.sim.add_fault("approve_first", "cancel")
    assert (await shop.modify("cancel")).status_code == 200
    assert await shop.operations() == ["VOID", "RESERVE", "INITIATE"]


async def test_a_cancel_may_claim_success_and_do_nothing(shop: Shop) -> None:
    await shop.initiate()
    shop.sim.add_fault("not_really", "cancel")
    assert (await shop.modify("cancel")).json()["transactionInfo"]["status"] == "Cancelled"
    await shop.sim.member.approve("order-1")
    assert await shop.operations() == ["RESERVE", "INITIATE"]
