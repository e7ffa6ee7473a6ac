"""Holds ePayment and the Webhooks API against their published descriptions, where these lie beside the project."""

from typing import Any

import jsonschema
import pytest

from tests.simulator.epay import REF, EpayShop, number
from tests.simulator.specifications import WHY_NOT, Exchanges, is_present, load

PRESENT = is_present("epayment-v1") and is_present("webhooks-v1")
pytestmark = pytest.mark.skipif(not PRESENT, reason=WHY_NOT)
PATH = "/epayment/v1/payments"
ONE = f"{PATH}/{{reference}}"
HOOKS = "/v1/webhooks"


@pytest.fixture
def payments(epay: EpayShop) -> Exchanges:
    specification = load("epayment-v1")
    schemas = specification["components"]["schemas"]
    # Two slips: the name of the event is demanded under a word of an earlier version, and the three ways to name a
    # customer exclude each other without demanding anything, so that no customer at all would do.
    schemas["PaymentEvent"]["required"] = [
        "name" if name == "paymentAction" else name for name in schemas["PaymentEvent"]["required"]
    ]
    for way in ("CustomerPhoneNumber", "PersonalQrCode", "CustomerToken"):
        schemas[way]["required"] = list(schemas[way]["properties"])
    exchanges = Exchanges(specification, problem="Problem")
    epay.http.event_hooks["response"].append(exchanges.check)
    return exchanges


@pytest.fixture
def hooks(epay: EpayShop) -> Exchanges:
    exchanges = Exchanges(load("webhooks-v1"), prefix="/webhooks", problem="ProblemDetails")
    epay.http.event_hooks["response"].append(exchanges.check)
    return exchanges


async def test_payments_of_every_flow_are_as_described(payments: Exchanges, epay: EpayShop) -> None:
    epay.unit.may_push = True
    epay.sim.config.epayment_get_shows_redirect_url = True
    customer = {"phoneNumber": "4791234567"}
    whole: dict[str, Any] = {"customer": customer, "profile": {"scope": "name"}, "metadata": {"seat": "12"}}
    await epay.create("order-web1", **whole)
    await epay.create("order-app1", userFlow="NATIVE_REDIRECT", returnUrl="myapp://paid")
    await epay.create("order-push", userFlow="PUSH_MESSAGE", returnUrl=None, customer=customer)
    await epay.create("order-code", userFlow="QR", qrFormat={"format": "IMAGE/PNG", "size": 500})
    for reference in ("order-web1", "order-app1", "order-push", "order-code"):
        assert await epay.state(reference) == "CREATED"
        await epay.sim.member.approve(reference)
        assert await epay.state(reference) == "AUTHORIZED"
    assert payments.seen == {(f"POST {PATH}", 201), (f"GET {ONE}", 200)}


async def test_every_state_and_event_is_as_described(payments: Exchanges, epay: EpayShop) -> None:
    epay.listen()
    for letter in "abcdef":
        await epay.create(f"order-000{letter}")
    member = epay.sim.member
    await member.reject("order-000a")
    await member.decline_card("order-000b")
    await epay.adjust("cancel", reference="order-000c")
    for letter in "bde":
        await member.approve(f"order-000{letter}")
    await epay.adjust("capture", 20000, reference="order-000d")
    await epay.adjust("refund", 5000, reference="order-000d")
    await epay.adjust("cancel", reference="order-000d", body={"cancelTransactionOnly": False})
    forced = "/epayment/v1/test/payments/order-000f/approve"
    body = {"customer": {"phoneNumber": "4791234567"}}
    assert (await epay.http.post(forced, json=body, headers=epay.headers())).status_code == 200
    await epay.create("order-000g")
    await epay.sim.advance(301)
    names = set()
    for letter in "abcdefg":
        await epay.get(f"order-000{letter}")
        names |= set(await epay.names(f"order-000{letter}"))
    told = set(epay.told())
    assert told == {name for name in names if not name.endswith("!")}
    assert len(told) == 8
    for webhook in epay.heard:
        payments.validate({"$ref": "#/components/schemas/WebhookEvent"}, webhook.body)
    moves = {(f"POST {ONE}/{move}", 200) for move in ("capture", "refund", "cancel")}
    assert moves | {(f"GET {ONE}/events", 200)} < payments.seen


async def test_payments_of_ecom_are_as_described_too(payments: Exchanges, epay: EpayShop) -> None:
    epay.unit.direct_capture = True
    await epay.initiate(REF)
    await epay.sim.member.approve(REF)
    await epay.adjust("refund", 100)
    await epay.get()
    await epay.log()
    assert len(payments.seen) == 3


async def test_every_refusal_is_as_described(payments: Exchanges, epay: EpayShop) -> None:
    await epay.create("short")
    await epay.create(value=1)
    await epay.create(userFlow="PUSH_MESSAGE", customer={"phoneNumber": "4791234567"})
    epay.unit.blocked_with = "31"
    await epay.create()
    epay.unit.blocked_with = None
    await epay.create(key="k1")
    await epay.create("order-0002", key="k1")
    await epay.adjust("capture", 100, key="c1")
    await epay.adjust("capture", 101, key="c1")
    await epay.adjust("capture", 100, reference="order-none")
    await epay.adjust("refund", 100)
    await epay.adjust("cancel", body={"surprise": 1})
    await epay.http.get(f"{PATH}/order-none", headers=epay.headers())
    await epay.http.get(f"{PATH}/order-none/events", headers=epay.headers())
    epay.sim.add_fault("error", "cancel", status=423, shape="epayment", code="6160")
    assert number(await epay.adjust("cancel")) == (423, "6160")
    create, capture = f"POST {PATH}", f"POST {ONE}/capture"
    assert {(create, status) for status in (400, 403, 409, 422)} < payments.seen
    assert {(capture, status) for status in (400, 404, 409)} < payments.seen
    assert {(f"GET {ONE}", 404), (f"GET {ONE}/events", 404), (f"POST {ONE}/cancel", 423)} < payments.seen


async def test_registrations_are_as_described(hooks: Exchanges, epay: EpayShop) -> None:
    path, headers = "/webhooks/v1/webhooks", epay.headers()
    wanted = {"url": "https://shop.test/hooks", "events": ["epayments.payment.captured.v1"]}
    made = (await epay.http.post(path, json=wanted, headers=headers)).json()
    await epay.http.post(path, json={"url": "http://shop.test"}, headers=headers)
    await epay.http.get(path, headers=headers)
    await epay.http.get(path, headers={**headers, "Merchant-Serial-Number": ""})
    for _ in range(2):
        await epay.http.delete(f"{path}/{made['id']}", headers=headers)
    assert hooks.seen == {
        (f"POST {HOOKS}", 201),
        (f"POST {HOOKS}", 400),
        (f"GET {HOOKS}", 200),
        (f"GET {HOOKS}", 400),
        (f"DELETE {HOOKS}/{{id}}", 204),
        (f"DELETE {HOOKS}/{{id}}", 400),
    }


async def test_the_check_itself_can_fail(payments: Exchanges) -> None:
    wrong: dict[str, Any] = {"reference": "under_score"}
    with pytest.raises(jsonschema.ValidationError):
        payments.validate({"$ref": "#/components/schemas/CreatePaymentResponse"}, wrong)
