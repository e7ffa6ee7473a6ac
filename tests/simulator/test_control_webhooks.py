"""The control API's part about webhooks, and the phone's page for payments of ePayment."""

import re
from typing import Any

import httpx

from tests.simulator.epay import REF, URL, EpayShop


async def control(shop: EpayShop, path: str, body: Any = None, method: str = "POST") -> httpx.Response:
    return await shop.http.request(method, f"/control/{path}", json=body)


async def test_a_registration_is_made_with_a_known_secret_shown_and_lost(epay: EpayShop) -> None:
    made = (await control(epay, "webhooks", {"url": URL, "secret": "known"})).json()
    assert (made["secret"], made["msn"], len(made["events"])) == ("known", "654321", 8)
    await epay.create()
    await epay.sim.member.approve(REF)
    assert epay.told() == ["CREATED", "AUTHORIZED"]
    [shown] = (await control(epay, "webhooks", method="GET")).json()
    assert (shown["id"], shown["waiting"]) == (made["id"], [])
    assert (await control(epay, f"webhooks/{made['id']}", method="DELETE")).status_code == 204
    assert (await control(epay, f"webhooks/{made['id']}", method="DELETE")).status_code == 404
    assert epay.sim.webhooks.registrations == {}


async def test_the_state_shows_what_waits_and_what_was_tried(epay: EpayShop) -> None:
    epay.listen("epayments.payment.authorized.v1")
    epay.hook_answers = [500]
    await epay.create()
    await control(epay, f"payments/{REF}/approve")
    state = (await control(epay, "state", method="GET")).json()
    [waiting] = state["webhooks"][0]["waiting"]
    assert (waiting["order_id"], waiting["name"], waiting["attempts"]) == (REF, "AUTHORIZED", 1)
    [delivery] = state["deliveries"]
    assert (delivery["channel"], delivery["http_status"], delivery["status"]) == (
        "webhooks",
        500,
        "AUTHORIZED",
    )
    assert delivery["headers"]["x-ms-date"]
    [payment] = state["payments"]
    assert (payment["api"], payment["amounts"]["to_capture"]) == ("epayment", 25000)


async def test_the_clock_brings_the_retries(epay: EpayShop) -> None:
    epay.listen("epayments.payment.authorized.v1")
    epay.hook_answers = [500] * 5
    await epay.create()
    await control(epay, f"payments/{REF}/approve")
    await control(epay, "clock", {"advance_seconds": 70})
    assert len(epay.heard) == 5


async def test_the_portal_is_told_of(authorised: EpayShop) -> None:
    authorised.listen()
    await control(authorised, f"payments/{REF}/portal-capture", {"amount": 10000})
    await authorised.sim.callbacks.idle()
    assert authorised.told() == ["CAPTURED"]


async def forge(shop: EpayShop, **how: Any) -> list[dict[str, Any]]:
    answer = await control(shop, f"payments/{REF}/webhook", how)
    assert answer.status_code == 200, answer.text
    made: list[dict[str, Any]] = answer.json()
    return made


async def test_a_forged_webhook_is_one_attempt_past_every_line(authorised: EpayShop) -> None:
    authorised.listen("epayments.payment.captured.v1")
    authorised.hook_answers = [500, 500]
    await authorised.adjust("capture", 100)
    await authorised.sim.tick()
    [delivery] = await forge(authorised, name="REFUNDED", amount=7, msn="111111", reference="other-order")
    assert (delivery["http_status"], delivery["status"]) == (500, "REFUNDED")
    body = authorised.heard[-1].body
    assert (body["name"], body["amount"]["value"], body["msn"], body["reference"]) == (
        "REFUNDED",
        7,
        "111111",
        "other-order",
    )
    await authorised.sim.advance(3)
    assert authorised.told() == ["CAPTURED", "REFUNDED", "CAPTURED"]
    assert await authorised.names() == ["CREATED", "AUTHORIZED", "CAPTURED"]


async def test_every_part_of_the_signature_can_be_forged(authorised: EpayShop) -> None:
    authorised.listen(secret="right")
    signatures = set()
    for how in ({}, {"secret": "wrong"}, {"host": "shop.test:8443"}, {"path": "/other"}, {"signature": "x"}):
        date = "Mon, 23 Nov 2026 12:00:01 GMT"
        await forge(authorised, date=date, **how)
        assert authorised.heard[-1].headers["x-ms-date"] == date
        signatures.add(authorised.heard[-1].signature)
    assert len(signatures) == 5
    await forge(authorised, without_signature=True, raw="half a")
    assert (authorised.heard[-1].signature, authorised.heard[-1].raw) == (None, b"half a")
    await forge(authorised, duplicate=True)
    assert len(authorised.heard) == 8
    await forge(authorised, extra={"surprise": 1}, url="https://shop.test/hooks/elsewhere")
    assert (authorised.heard[-1].path, authorised.heard[-1].body["surprise"]) == ("/hooks/elsewhere", 1)


async def test_what_cannot_be_forged(authorised: EpayShop) -> None:
    assert (await control(authorised, f"payments/{REF}/webhook", {})).status_code == 404
    assert (await control(authorised, "payments/nobody/webhook", {})).status_code == 404
    assert (await control(authorised, f"payments/{REF}/callback", {})).status_code == 409


async def test_the_phone_works_for_epayment(epay: EpayShop) -> None:
    epay.listen()
    epay.sim.config.append_status_to_fallback = True  # a habit of eCom alone
    link = (await epay.create(paymentDescription=None)).json()["redirectUrl"]
    path = link.removeprefix(epay.sim.config.public_origin)
    page = await epay.http.get(path)
    assert "250,00 kr" in page.text
    assert REF in page.text
    [target] = re.findall(r'formaction="(/vipps-app/approve\?[^"]+)"', page.text)
    answer = await epay.http.post(target)
    assert (answer.status_code, answer.headers["location"]) == (303, "https://shop.test/back?order=1")
    await epay.sim.callbacks.idle()
    assert epay.told() == ["CREATED", "AUTHORIZED"]


async def test_a_push_message_leads_nowhere_after_it(epay: EpayShop) -> None:
    epay.unit.may_push = True
    await epay.create(userFlow="PUSH_MESSAGE", returnUrl=None, customer={"phoneNumber": "4791234567"})
    token = epay.sim.payment(REF).token
    answer = await epay.http.post(f"/vipps-app/approve?token={token}")
    assert (answer.status_code, "Approved" in answer.text) == (200, True)
