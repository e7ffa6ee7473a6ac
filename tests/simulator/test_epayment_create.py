"""Creating a payment in ePayment: what is taken, what is refused and under which number."""

from typing import Any

import pytest

from payments_service.simulator.config import SalesUnit
from tests.simulator.epay import REF, EpayShop, complaints, number


async def test_it_answers_201_with_a_link_to_the_phone(epay: EpayShop) -> None:
    answer = await epay.create()
    assert answer.status_code == 201
    payment = epay.sim.payment(REF)
    assert answer.json() == {
        "reference": REF,
        "redirectUrl": f"{epay.sim.config.public_origin}/vipps-app/?token={payment.token}",
    }
    assert (payment.api, payment.amount, payment.text) == ("epayment", 25000, "Julebord")
    assert payment.fall_back == "https://shop.test/back?order=1"


async def test_an_app_gets_a_link_into_the_app(epay: EpayShop) -> None:
    answer = await epay.create(userFlow="NATIVE_REDIRECT", returnUrl="myapp://paid")
    assert answer.json()["redirectUrl"].startswith("vippsMT://?token=")


async def test_a_push_message_takes_permission_and_a_customer_and_gives_no_link(epay: EpayShop) -> None:
    push: dict[str, Any] = {"userFlow": "PUSH_MESSAGE", "returnUrl": None}
    customer = {"phoneNumber": "4791234567"}
    assert number(await epay.create(**push, customer=customer)) == (403, "5080")
    epay.unit.may_push = True
    assert number(await epay.create(**push)) == (400, "4140")
    answer = await epay.create(**push, customer=customer)
    assert (answer.status_code, answer.json()) == (201, {"reference": REF})
    await epay.sim.advance(299)
    assert await epay.state() == "CREATED"


async def test_a_phone_number_is_fine_with_a_web_redirect(epay: EpayShop) -> None:
    assert (await epay.create(customer={"phoneNumber": "4791234567"})).status_code == 201


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"surprise": 1}, {"surprise"}),
        ({"amount": None}, {"amount"}),
        ({"amount": {"currency": "NOK"}}, {"amount.value"}),
        ({"amount": {"currency": "NOK", "value": "25000"}}, {"amount.value"}),
        ({"amount": {"currency": "NOK", "value": True}}, {"amount.value"}),
        ({"amount": {"currency": "NOK", "value": -1}}, {"amount.value"}),
        ({"amount": {"currency": "NOK", "value": 65_000_001}}, {"amount.value"}),
        ({"amount": {"currency": "SEK", "value": 25000}}, {"amount.currency"}),
        ({"amount": {"currency": "NOK", "value": 25000, "vat": 1}}, {"amount.vat"}),
        ({"reference": "short"}, {"reference"}),
        ({"reference": "x" * 51}, {"reference"}),
        ({"reference": "under_score"}, {"reference"}),
        ({"paymentMethod": None}, {"paymentMethod"}),
        ({"paymentMethod": {}}, {"paymentMethod.type"}),
        ({"paymentMethod": {"type": "CASH"}}, {"paymentMethod.type"}),
        ({"userFlow": None}, {"userFlow"}),
        ({"userFlow": "web_redirect"}, {"userFlow"}),
        ({"paymentDescription": "ab"}, {"paymentDescription"}),
        ({"paymentDescription": "x" * 101}, {"paymentDescription"}),
        ({"customer": {"phoneNumber": "91234567"}}, {"customer.phoneNumber"}),
        ({"customer": {"phoneNumber": "+4791234567"}}, {"customer.phoneNumber"}),
        ({"customer": {}}, {"customer"}),
        ({"customer": {"phoneNumber": "4791234567", "customerToken": "t"}}, {"customer"}),
        ({"customer": {"name": "Kari"}}, {"customer.name"}),
        ({"metadata": {"a": 1}}, {"metadata"}),
        ({"expiresAt": "tomorrow"}, {"expiresAt"}),
        ({"qrFormat": {"format": "IMAGE/PNG", "size": 5000}}, {"qrFormat.size"}),
        ({"customerInteraction": "MAYBE"}, {"customerInteraction"}),
        ({"paymentDescription": "", "reference": ""}, {"paymentDescription", "reference"}),
    ],
)
async def test_a_body_of_the_wrong_form_names_every_field_and_no_number(
    epay: EpayShop, change: dict[str, Any], fields: set[str]
) -> None:
    assert complaints(await epay.create(**change)) == fields
    assert not epay.sim.ledger.payments


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": {"currency": "NOK", "value": 99}}, 400, "6010"),
        ({"amount": {"currency": "NOK", "value": 250.5}}, 400, "4040"),
        ({"amount": {"currency": "DKK", "value": 25000}}, 400, "5040"),
        ({"returnUrl": None}, 400, "4140"),
        ({"returnUrl": "http://shop.test/back"}, 400, "4090"),
        ({"returnUrl": "shop.test/back"}, 400, "4090"),
        ({"customer": {"phoneNumber": "479123456789"}}, 400, "4070"),
        ({"profile": {"scope": "name shoeSize"}}, 400, "4080"),
        ({"profile": {"scope": "nin"}}, 403, "5030"),
        ({"metadata": {str(i): "x" for i in range(6)}}, 400, "4100"),
        ({"metadata": {"x" * 101: "x"}}, 400, "4120"),
        ({"metadata": {"x": "x" * 501}}, 400, "4130"),
        ({"paymentMethod": {"type": "CARD"}, "userFlow": "QR"}, 400, "4160"),
        ({"expiresAt": "2030-01-01T00:00:00Z", "userFlow": "QR"}, 403, "5050"),
    ],
)
async def test_what_makes_no_sense_has_a_number(
    epay: EpayShop, change: dict[str, Any], status: int, code: str
) -> None:
    assert number(await epay.create(**change)) == (status, code)
    assert not epay.sim.ledger.payments


async def test_a_reference_can_be_used_once(epay: EpayShop) -> None:
    await epay.create()
    assert number(await epay.create()) == (409, "4150")
    assert (await epay.create(REF.upper())).status_code == 201


async def test_what_is_not_json_is_a_400(epay: EpayShop) -> None:
    for content in (b'{"half', b"[]", b""):
        answer = await epay.http.post("/epayment/v1/payments", content=content, headers=epay.headers())
        assert complaints(answer) == {"body"}


async def test_a_problem_says_what_support_will_ask_for(epay: EpayShop) -> None:
    answer = await epay.create(value=1)
    body = answer.json()
    assert body["status"] == 400
    assert body["type"] == "https://httpstatuses.io/400"
    assert body["instance"] == "/v1/payments"
    assert body["traceId"].startswith("00-")
    assert body["title"]


async def test_headers(epay: EpayShop) -> None:
    async def create(**changed: str | None) -> Any:
        headers = {**epay.headers(), **{name.replace("_", "-"): value for name, value in changed.items()}}
        kept = {name: value for name, value in headers.items() if value is not None}
        return await epay.http.post("/epayment/v1/payments", json=epay.wish(), headers=kept)

    assert complaints(await create(Merchant_Serial_Number=None)) == {"Merchant-Serial-Number"}
    assert complaints(await create(Merchant_Serial_Number="12")) == {"Merchant-Serial-Number"}
    assert (await create(Merchant_Serial_Number="123456")).status_code == 403
    assert complaints(await create(Idempotency_Key=None)) == {"Idempotency-Key"}
    assert complaints(await create(Idempotency_Key="x" * 51)) == {"Idempotency-Key"}
    assert complaints(await create(Vipps_System_Name="x" * 31)) == {"Vipps-System-Name"}
    assert (await create(Authorization="Bearer nonsense")).json()["responseInfo"]["responseCode"] == 401
    assert (await create(Ocp_Apim_Subscription_Key=None)).json()["statusCode"] == 401
    assert (await create(Idempotency_Key="x" * 50)).status_code == 201


async def test_a_unit_may_be_shut_out_or_blocked(epay: EpayShop) -> None:
    epay.unit.blocked_with = "31"
    assert number(await epay.create()) == (422, "5070")
    epay.unit.blocked_with, epay.unit.epayment_allowed = None, False
    assert (await epay.create()).status_code == 403
    answer = await epay.http.get(f"/epayment/v1/payments/{REF}", headers=epay.headers())
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


async def test_loopback_is_a_matter_of_configuration(epay: EpayShop) -> None:
    assert (await epay.create(returnUrl="http://127.0.0.1:8000/back")).status_code == 201
    epay.sim.config.allow_loopback_urls = False
    assert number(await epay.create("order-0002", returnUrl="http://127.0.0.1:8000/back")) == (400, "4090")


async def test_rate_limits() -> None:
    shop = EpayShop(unit=SalesUnit(rate_limits=True))
    await shop.sign_in()
    answers = [(await shop.create(value=1)).status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]
    assert (await shop.create("order-0002")).status_code == 201
    statuses = [(await shop.adjust("capture", 100, reference="order-0002")).status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]
    path = "/epayment/v1/payments/order-0002/events"
    for _ in range(120):
        assert (await shop.http.get(path, headers=shop.headers())).status_code == 200
    limited = await shop.http.get(path, headers=shop.headers())
    assert (limited.status_code, limited.json()["statusCode"]) == (429, 429)
