"""Misbehaviours 17 to 24, 27 and 29: members, banks, treasurers and time, as the merchant meets them."""

from typing import Any

import pytest

from tests.simulator.merchants import ORDER, OTHER
from tests.simulator.misbehaviour_checks import Checks, merchant_of

CHECKS = Checks()
shows = CHECKS.shows


async def says(m: Any, order_id: str = ORDER) -> list[str]:
    await m.pass_time(0)
    return [letter.says for letter in m.outcome_letters() if letter.order_id == order_id]


async def declines(m: Any, name: str, ended: str) -> None:
    """Once at once, once as soon as the payment is started, once when the merchant looks."""
    await m.start("order-100")
    done = await m.select(name, order_id="order-100")
    assert done["done"]
    assert not done["active"]
    await m.select(name, order_id="order-200")
    await m.start("order-200")
    await m.start("order-300")
    await m.select(name, order_id="order-300", operation="details")
    await m.call("details", "order-300")
    for order_id in ("order-100", "order-200", "order-300"):
        assert m.sim.payment(order_id).ended == ended
        assert await says(m, order_id) == ["failed"]
        assert await m.money(order_id) == (0, 0, 0, 0)


@shows("member_declines.in_app")
async def declines_in_app(m: Any) -> None:
    await declines(m, "member_declines.in_app", "cancelled_in_app")


@shows("member_declines.on_desktop")
async def declines_on_desktop(m: Any) -> None:
    await declines(m, "member_declines.on_desktop", "cancelled_on_desktop")


@shows("member_declines.ignores")
async def ignores(m: Any) -> None:
    await m.select("member_declines.ignores", order_id=ORDER, seconds=60)
    await m.start()
    await m.pass_time(301)
    assert await says(m) == []
    await m.pass_time(60)
    assert await says(m) == ["failed"]


@shows("member_kills_app")
async def kills_app(m: Any) -> None:
    await m.start()
    await m.select("member_kills_app", order_id=ORDER, seconds=20)
    assert await m.money() == (0, 0, 0, 0)
    await m.pass_time(20)
    assert await says(m) == ["paid"]


@shows("slow_bank")
async def slow_bank(m: Any) -> None:
    await m.start()
    await m.select("slow_bank", order_id=ORDER)
    page = await m.shop.http.post(f"/vipps-app/approve?token={m.sim.payment(ORDER).token}")
    assert page.status_code == 303
    assert page.headers["location"].startswith("https://shop.test/")
    await m.pass_time(14)
    assert await m.money() == (0, 0, 0, 0)
    await m.pass_time(2)
    assert (await m.money())[0] == 25000
    assert await says(m) == ["paid"]


@shows("pays_twice")
async def pays_twice(m: Any) -> None:
    await m.start()
    await m.select("pays_twice", order_id=ORDER)
    assert await m.money() == (0, 0, 0, 0)
    await m.start(OTHER)
    assert (await m.money())[0] == (await m.money(OTHER))[0] == 25000
    assert await says(m) == await says(m, OTHER) == ["paid"]


@shows("first_card_refused")
async def first_card_refused(m: Any) -> None:
    await m.select("first_card_refused", order_id=ORDER)
    await m.start()
    await m.pass_time(19)
    assert (await m.money())[0] == 0
    await m.pass_time(2)
    assert (await m.money())[0] == 25000
    assert await says(m) == ["failed", "paid"]


async def refuses(m: Any, name: str, operation: str, **expected: tuple[int, str]) -> None:
    await m.start()
    await m.act("approve")
    if operation == "refund":
        await m.call("capture")
    before = await m.money()
    await m.select(name, order_id=ORDER, operation=operation)
    assert m.error(await m.call(operation)) == expected[m.api]
    assert await m.money() == before


@shows("reservation_gone.at_issuer")
async def gone_at_issuer(m: Any) -> None:
    await refuses(m, "reservation_gone.at_issuer", "capture", ecom=(400, "63"), epayment=(400, "6260"))


@shows("reservation_gone.past_limit")
async def past_limit(m: Any) -> None:
    await refuses(m, "reservation_gone.past_limit", "capture", ecom=(400, "98"), epayment=(400, "6100"))


@shows("refund_without_funds")
async def without_funds(m: Any) -> None:
    await refuses(m, "refund_without_funds", "refund", ecom=(400, "74"), epayment=(400, "5100"))
    assert (await m.call("refund", key="another")).status_code == 200


@shows("direct_capture")
async def direct_capture(m: Any) -> None:
    await m.select("direct_capture", order_id=ORDER)
    await m.start()
    await m.start(OTHER)
    await m.act("approve")
    await m.act("approve", OTHER)
    assert await m.money() == (25000, 25000, 0, 0)
    assert await m.money(OTHER) == (25000, 0, 0, 0)
    assert await says(m) == ["SALE" if m.api == "ecom" else "paid"]
    assert m.error(await m.call("capture")) == {"ecom": (400, "92"), "epayment": (400, "6170")}[m.api]
    assert m.error(await m.call("cancel")) == {"ecom": (400, "51"), "epayment": (400, "6040")}[m.api]
    assert (await m.call("refund")).status_code == 200


@shows("portal.capture")
async def portal_capture(m: Any) -> None:
    await m.select("portal.capture", order_id=ORDER, amount=10000)
    await m.start()
    await m.act("approve")
    assert await m.money() == (25000, 10000, 0, 0)


@shows("portal.refund")
async def portal_refund(m: Any) -> None:
    await m.start()
    await m.select("portal.refund", order_id=ORDER, operation="details")
    await m.act("approve")
    await m.call("capture")
    assert await m.money() == (25000, 25000, 25000, 0)


@shows("portal.cancel")
async def portal_cancel(m: Any) -> None:
    await m.start()
    await m.act("approve")
    assert (await m.select("portal.cancel", order_id=ORDER))["done"]
    assert await m.money() == (25000, 0, 0, 25000)


@shows("personal_data_expired")
async def personal_data_expired(m: Any) -> None:
    await m.start()
    await m.act("approve")
    await m.select("personal_data_expired", order_id=ORDER)
    shown = (await m.call("details")).json()["userDetails"]
    assert set(shown.values()) == {"[Expired]"}
    assert "[Expired]" not in (await m.call("details")).text


@pytest.mark.parametrize(("name", "api"), CHECKS.cases())
async def test_seen_on_the_wire(name: str, api: str) -> None:
    async with merchant_of(api) as merchant:
        await CHECKS[name](merchant)
