"""Each life event in the words of ePayment: state, amounts, event log, and the webhook that tells of it."""

import re
import uuid
from typing import Any

import pytest

from payments_service.simulator.checkout import CheckoutOver
from tests.simulator.epay import REF, EpayShop, number

DAY = 86400


async def test_created(epay: EpayShop) -> None:
    epay.listen()
    await epay.create(key="k1")
    await epay.sim.tick()
    assert (await epay.state(), await epay.amounts()) == ("CREATED", (0, 0, 0, 0))
    assert (await epay.names(), epay.told()) == (["CREATED"], ["CREATED"])
    payment, [event] = await epay.get(), await epay.log()
    assert uuid.UUID(payment["pspReference"]) == uuid.UUID(event["pspReference"])
    assert event["idempotencyKey"] == "k1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", event["timestamp"])
    assert (payment["paymentMethod"], payment["profile"]) == ({"type": "WALLET"}, {})
    assert "redirectUrl" not in payment


async def test_approved(epay: EpayShop) -> None:
    epay.listen()
    await epay.create(key="k1", profile={"scope": "name"}, metadata={"seat": "12"})
    await epay.sim.member.approve(REF)
    assert (await epay.state(), await epay.amounts()) == ("AUTHORIZED", (25000, 0, 0, 0))
    assert (await epay.names(), epay.told()) == (["CREATED", "AUTHORIZED"], ["CREATED", "AUTHORIZED"])
    created, approved = await epay.log()
    assert re.fullmatch(r"\d{10}", approved["pspReference"])
    assert approved["idempotencyKey"] == "k1"
    payment = await epay.get()
    assert payment["pspReference"] == created["pspReference"]
    assert payment["paymentMethod"] == {"type": "WALLET", "cardBin": "540185"}
    assert payment["profile"]["sub"]
    assert payment["metadata"] == {"seat": "12"}


@pytest.mark.parametrize("how", ["reject", "cancel_on_desktop"])
async def test_aborted(epay: EpayShop, how: str) -> None:
    epay.listen()
    await epay.create()
    await getattr(epay.sim.member, how)(REF)
    assert (await epay.state(), await epay.amounts()) == ("ABORTED", (0, 0, 0, 0))
    assert (await epay.names(), epay.told()[-1]) == (["CREATED", "ABORTED"], "ABORTED")


async def test_a_trace_is_never_left_out(epay: EpayShop) -> None:
    epay.sim.config.timeout_is_logged = False
    await epay.create()
    await epay.sim.member.cancel_on_desktop(REF, logs=False)
    assert await epay.state() == "ABORTED"
    await epay.create("order-0002")
    await epay.sim.advance(301)
    assert await epay.state("order-0002") == "EXPIRED"


async def test_expired(epay: EpayShop) -> None:
    epay.listen()
    await epay.create()
    await epay.sim.advance(301)
    assert (await epay.state(), await epay.amounts()) == ("EXPIRED", (0, 0, 0, 0))
    assert (await epay.names(), epay.told()) == (["CREATED", "EXPIRED"], ["CREATED", "EXPIRED"])


async def test_terminated(epay: EpayShop) -> None:
    epay.listen()
    await epay.create()
    answer = await epay.adjust("cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "TERMINATED")
    await epay.sim.tick()
    assert (await epay.state(), await epay.amounts()) == ("TERMINATED", (0, 25000, 0, 0))
    assert (await epay.names(), epay.told()[-1]) == (["CREATED", "TERMINATED"], "TERMINATED")
    with pytest.raises(CheckoutOver):
        await epay.sim.member.approve(REF)


async def test_captured_refunded_and_still_authorised(authorised: EpayShop) -> None:
    authorised.listen()
    await authorised.adjust("capture", 20000, key="c1")
    await authorised.adjust("refund", 5000, key="r1")
    await authorised.adjust("cancel", key="x1")
    await authorised.sim.tick()
    assert (await authorised.state(), await authorised.amounts()) == (
        "AUTHORIZED",
        (25000, 5000, 20000, 5000),
    )
    assert authorised.told() == ["CAPTURED", "REFUNDED", "CANCELLED"]
    log = await authorised.log()
    assert [e["name"] for e in log[2:]] == ["CAPTURED", "REFUNDED", "CANCELLED"]
    assert [e["amount"]["value"] for e in log[2:]] == [20000, 5000, 5000]
    assert [e.get("idempotencyKey") for e in log[2:]] == ["c1", "r1", None]
    assert len({e["pspReference"] for e in log}) == 5


async def test_card_refused_then_another_card(epay: EpayShop) -> None:
    epay.listen()
    await epay.create()
    await epay.sim.member.decline_card(REF)
    assert (await epay.state(), await epay.amounts()) == ("CREATED", (0, 0, 0, 0))
    await epay.sim.member.approve(REF)
    assert await epay.names() == ["CREATED", "AUTHORIZED!", "AUTHORIZED"]
    assert [letter.body["success"] for letter in epay.heard] == [True, False, True]
    assert len({e["pspReference"] for e in await epay.log()}) == 3


async def test_a_unit_with_direct_capture_authorises_and_captures(epay: EpayShop) -> None:
    epay.unit.direct_capture = True
    epay.listen()
    await epay.create()
    await epay.sim.member.approve(REF)
    assert (await epay.state(), await epay.amounts()) == ("AUTHORIZED", (25000, 0, 25000, 0))
    assert (await epay.names())[1:] == epay.told()[1:] == ["AUTHORIZED", "CAPTURED"]
    assert number(await epay.adjust("capture", 100)) == (400, "6170")


async def test_what_fails_is_in_the_log_and_told(authorised: EpayShop) -> None:
    authorised.listen()
    await authorised.adjust("capture", 10000)
    authorised.unit.settlement_balance = 0
    assert number(await authorised.adjust("refund", 100)) == (400, "5100")
    authorised.sim.config.issuer_reservation_days = 7
    await authorised.sim.advance(8 * DAY)
    await authorised.sign_in()
    assert number(await authorised.adjust("capture", 100)) == (400, "6260")
    await authorised.sim.tick()
    assert (await authorised.names())[2:] == ["CAPTURED", "REFUNDED!", "CAPTURED!"]
    assert await authorised.amounts() == (25000, 0, 10000, 0)
    assert [(letter.body["name"], letter.body["success"]) for letter in authorised.heard] == [
        ("CAPTURED", True),
        ("REFUNDED", False),
        ("CAPTURED", False),
    ]


async def test_the_portal_moves_money_and_webhooks_tell(authorised: EpayShop) -> None:
    authorised.listen()
    payment, portal = authorised.sim.payment(REF), authorised.sim.merchant
    portal.capture(payment, 10000)
    portal.refund(payment)
    portal.cancel(payment, release_remainder=True)
    await authorised.sim.tick()
    assert authorised.told() == ["CAPTURED", "REFUNDED", "CANCELLED"]
    assert all("idempotencyKey" not in letter.body for letter in authorised.heard)
    assert await authorised.amounts() == (25000, 15000, 10000, 10000)


async def test_the_link_can_be_shown_in_get(epay: EpayShop) -> None:
    link = (await epay.create()).json()["redirectUrl"]
    epay.sim.config.epayment_get_shows_redirect_url = True
    assert (await epay.get())["redirectUrl"] == link


async def test_effects_have_the_same_words_as_for_ecom(authorised: EpayShop) -> None:
    await authorised.adjust("capture", 20000, key="c1")
    await authorised.adjust("refund", 20000, key="r1")
    await authorised.adjust("cancel", key="x1")
    effects = authorised.sim.journal.effects_of(REF)
    assert [e.operation for e in effects] == ["INITIATE", "RESERVE", "CAPTURE", "REFUND", "VOID"]
    assert [e.key for e in effects[2:]] == ["c1", "r1", "x1"]
    assert effects[0].key
    [request] = authorised.sim.journal.requests_for("capture", REF)
    assert request.headers["idempotency-key"] == "c1"


class TestForceApprove:
    async def approve(self, epay: EpayShop, body: Any) -> Any:
        path = f"/epayment/v1/test/payments/{REF}/approve"
        return await epay.http.post(path, json=body, headers=epay.headers(""))

    @pytest.mark.parametrize("by", ["customer", "token"])
    async def test_by_customer_or_token(self, epay: EpayShop, by: str) -> None:
        link = (await epay.create()).json()["redirectUrl"]
        token = {"token": link.split("token=")[1]}
        body = token if by == "token" else {"customer": {"phoneNumber": "4791234567"}}
        assert (await self.approve(epay, body)).status_code == 200
        assert await epay.state() == "AUTHORIZED"
        assert number(await self.approve(epay, body)) == (400, "6230")

    async def test_refusals(self, epay: EpayShop) -> None:
        customer = {"customer": {"phoneNumber": "4791234567"}}
        assert number(await self.approve(epay, customer)) == (404, "5090")
        await epay.create()
        assert number(await self.approve(epay, {"token": "guess"})) == (400, "10010")
        for body in ({}, {"customer": {"phoneNumber": "1"}}, {"surprise": 1}):
            assert (await self.approve(epay, body)).status_code == 400
        await epay.adjust("cancel")
        assert number(await self.approve(epay, customer)) == (400, "10010")
