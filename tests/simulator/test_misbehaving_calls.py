"""Misbehaviours 9 to 16, 25, 26, 28 and 32 as the merchant's client meets them."""

from typing import Any

import httpx
import pytest

from tests.simulator.merchants import ORDER, OTHER
from tests.simulator.misbehaviour_checks import Checks, merchant_of

CHECKS = Checks()
shows = CHECKS.shows
WITHOUT_ORDER = ("token", "webhooks.register", "webhooks.list", "webhooks.delete")


async def ready_for(m: Any, operation: str, order_id: str = ORDER) -> None:
    """Brings an order to where the operation makes sense."""
    if operation in WITHOUT_ORDER or operation == "initiate":
        return
    await m.start(order_id)
    if operation in ("capture", "cancel", "refund"):
        await m.act("approve", order_id)
    if operation == "refund":
        await m.call("capture", order_id)


async def spoil(m: Any, name: str, operation: str, order_id: str, **how: Any) -> None:
    whose = {} if operation in WITHOUT_ORDER else {"order_id": order_id}
    await m.select(name, operation=operation, **whose, **how)


async def every_call(m: Any, name: str, check: Any, *, but: tuple[str, ...] = (), **how: Any) -> None:
    """`check` gets the spoilt call; the same call must work afterwards."""
    for number, operation in enumerate(o for o in m.operations if o not in but):
        order_id = f"order-{number:03d}"
        await ready_for(m, operation, order_id)
        await spoil(m, name, operation, order_id, **how)
        await check(operation, order_id)
        assert (await m.call(operation, order_id)).status_code < 300, operation


@shows("initiate_answer_lost")
async def initiate_answer_lost(m: Any) -> None:
    await m.select("initiate_answer_lost", order_id=ORDER)
    m.shop.http.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.ReadTimeout):
        await m.start()
    assert (await m.call("details")).status_code == 200
    assert (await m.start(OTHER)).status_code < 300


@shows("answer_lost")
async def answer_lost(m: Any) -> None:
    for number, (operation, place) in enumerate((("capture", 1), ("refund", 2), ("cancel", 3))):
        order_id = f"order-{number:03d}"
        await ready_for(m, operation, order_id)
        await m.select("answer_lost", operation=operation, order_id=order_id)
        with pytest.raises(httpx.RemoteProtocolError):
            await m.call(operation, order_id, key="same")
        assert (await m.money(order_id))[place] == 25000
        if operation != "cancel":
            assert (await m.call(operation, order_id, key="same")).status_code == 200
            assert (await m.money(order_id))[place] == 25000


@shows("call_lost")
async def call_lost(m: Any) -> None:
    async def check(operation: str, order_id: str) -> None:
        effects = len(m.sim.journal.effects)
        with pytest.raises(httpx.RemoteProtocolError):
            await m.call(operation, order_id)
        assert len(m.sim.journal.effects) == effects

    await every_call(m, "call_lost", check)


def _error(name: str, status: int, looks: Any) -> None:
    @shows(f"error_answer.{name}")
    async def error_answer(m: Any) -> None:
        async def check(operation: str, order_id: str) -> None:
            answer = await m.call(operation, order_id)
            assert answer.status_code == status
            assert looks(answer), answer.text

        await every_call(m, f"error_answer.{name}", check)


_error("gateway_500", 500, lambda answer: answer.json()["responseInfo"]["responseCode"] == 500)
_error("html_502", 502, lambda answer: answer.headers["content-type"].startswith("text/html"))
_error("unavailable_503", 503, lambda answer: answer.json()["statusCode"] == 503)
_error("empty", 500, lambda answer: answer.content == b"")
_error("array_of_strings", 500, lambda answer: all(isinstance(item, str) for item in answer.json()))


@shows("rate_limited.with_retry_after")
async def with_retry_after(m: Any) -> None:
    async def check(operation: str, order_id: str) -> None:
        answer = await m.call(operation, order_id)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "11")

    await every_call(m, "rate_limited.with_retry_after", check, retry_after=11)


@shows("rate_limited.without_retry_after")
async def without_retry_after(m: Any) -> None:
    async def check(operation: str, order_id: str) -> None:
        answer = await m.call(operation, order_id)
        assert answer.status_code == 429
        assert "retry-after" not in answer.headers

    await every_call(m, "rate_limited.without_retry_after", check)


@shows("rate_limited.bucket")
async def bucket(m: Any) -> None:
    await m.start()
    await m.act("approve")
    selected = await m.select("rate_limited.bucket")
    statuses = [(await m.call("capture", key=f"key-{n}")).status_code for n in range(6)]
    assert (statuses[0], statuses[-1]) == (200, 429)
    assert 429 not in statuses[:5]
    await m.control(f"misbehaviours/{selected['id']}", method="DELETE")
    assert (await m.call("capture", key="key-7")).status_code != 429


@shows("token_invalid.revoked")
async def token_revoked(m: Any) -> None:
    async def check(operation: str, order_id: str) -> None:
        assert (await m.call(operation, order_id)).status_code == 401
        assert (await m.call(operation, order_id)).status_code == 401
        await m.shop.sign_in()

    await every_call(m, "token_invalid.revoked", check, but=("token",))


@shows("token_invalid.refused_once")
async def token_refused_once(m: Any) -> None:
    async def check(operation: str, order_id: str) -> None:
        assert (await m.call(operation, order_id)).status_code == 401

    await every_call(m, "token_invalid.refused_once", check, but=("token",))


@shows("token_invalid.expires_early")
async def token_expires_early(m: Any) -> None:
    await m.select("token_invalid.expires_early", seconds=40)
    await m.shop.sign_in()
    assert (await m.start()).status_code < 300
    await m.pass_time(41)
    assert (await m.call("details")).status_code == 401
    await m.shop.sign_in()
    assert (await m.call("details")).status_code == 200


@shows("token_endpoint.down")
async def token_endpoint_down(m: Any) -> None:
    await m.select("token_endpoint.down")
    assert (await m.call("token")).status_code == 500
    assert (await m.start()).status_code < 300


@shows("token_endpoint.silent")
async def token_endpoint_silent(m: Any) -> None:
    await m.select("token_endpoint.silent")
    m.shop.http.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.ReadTimeout):
        await m.call("token")
    assert (await m.start()).status_code < 300


@shows("token_endpoint.slow")
async def token_endpoint_slow(m: Any) -> None:
    await m.select("token_endpoint.slow", seconds=0.2)
    m.shop.http.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.ReadTimeout):
        await m.call("token")


@shows("order_locked")
async def order_locked(m: Any) -> None:
    for number, operation in enumerate(("capture", "refund", "cancel")):
        order_id = f"order-{number:03d}"
        await ready_for(m, operation, order_id)
        await m.select("order_locked", operation=operation, order_id=order_id)
        before = await m.money(order_id)
        answer = await m.call(operation, order_id, key="same")
        assert m.error(answer) == {"ecom": (409, "94"), "epayment": (423, "6160")}[m.api]
        assert await m.money(order_id) == before
        assert (await m.call(operation, order_id, key="same")).status_code == 200


@shows("cancel_of_pending.refused")
async def cancel_refused(m: Any) -> None:
    await m.start()
    await m.select("cancel_of_pending.refused", order_id=ORDER)
    assert m.error(await m.call("cancel")) == {"ecom": (400, "52"), "epayment": (400, "6250")}[m.api]
    await m.act("approve")
    assert (await m.money())[0] > 0


@shows("cancel_of_pending.broken")
async def cancel_broken(m: Any) -> None:
    await m.start()
    await m.select("cancel_of_pending.broken", order_id=ORDER)
    assert (await m.call("cancel")).status_code == 500
    await m.act("approve")
    assert (await m.money())[0] > 0


@shows("cancel_of_pending.approved_first")
async def approved_first(m: Any) -> None:
    await m.start()
    await m.select("cancel_of_pending.approved_first", order_id=ORDER)
    assert (await m.call("cancel")).status_code == 200
    assert await m.money() == (25000, 0, 0, 25000)


@shows("cancel_of_pending.claimed")
async def cancel_claimed(m: Any) -> None:
    await m.start()
    await m.select("cancel_of_pending.claimed", order_id=ORDER)
    assert (await m.call("cancel")).status_code == 200
    await m.act("approve")
    assert await m.money() == (25000, 0, 0, 0)


@shows("cancel_of_pending.approved_despite")
async def approved_despite(m: Any) -> None:
    await m.start()
    await m.select("cancel_of_pending.approved_despite", order_id=ORDER)
    assert (await m.call("cancel")).status_code == 200
    assert await m.money() == (25000, 0, 0, 0)
    await m.pass_time(0)
    assert len(m.paid_letters()) == 1


def _bad_request(name: str) -> None:
    @shows(f"bad_request.{name}")
    async def bad_request(m: Any) -> None:
        await m.select(f"bad_request.{name}", order_id=ORDER)
        assert (await m.start()).status_code == 500
        assert (await m.start()).status_code == 200


for mistake in ("integer_msn", "wrong_case", "float_amount"):
    _bad_request(mistake)


@shows("duplicate_order_id.today")
async def duplicate(m: Any) -> None:
    await m.select("duplicate_order_id.today", order_id=ORDER)
    assert m.error(await m.start()) == {"ecom": (400, "34"), "epayment": (409, "4150")}[m.api]
    assert (await m.start()).status_code < 300


@shows("duplicate_order_id.legacy")
async def duplicate_legacy(m: Any) -> None:
    await m.select("duplicate_order_id.legacy", order_id=ORDER)
    assert m.error(await m.start()) == (402, "34")


async def slow(m: Any, name: str) -> None:
    await m.start()
    await m.act("approve")
    await m.select(name, operation="capture", order_id=ORDER, seconds=0.2)
    m.shop.http.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.ReadTimeout):
        await m.call("capture")
    assert (await m.money())[1] == 25000


@shows("slow_answer.in_time")
async def slow_in_time(m: Any) -> None:
    await slow(m, "slow_answer.in_time")


@shows("slow_answer.too_late")
async def slow_too_late(m: Any) -> None:
    await slow(m, "slow_answer.too_late")


@pytest.mark.parametrize(("name", "api"), CHECKS.cases())
async def test_seen_on_the_wire(name: str, api: str) -> None:
    async with merchant_of(api) as merchant:
        await CHECKS[name](merchant)
