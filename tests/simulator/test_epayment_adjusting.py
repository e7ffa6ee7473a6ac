"""Capture, cancel and refund in ePayment: amounts, limits, and the number of every refusal."""

from typing import Any

import pytest

from payments_service.simulator.config import SalesUnit
from tests.simulator.epay import REF, EpayShop, complaints, number, values

DAY = 86400


async def test_an_adjustment_answers_with_the_whole_payment(authorised: EpayShop) -> None:
    answer = await authorised.adjust("capture", 10000)
    body = answer.json()
    assert (answer.status_code, body["state"], body["reference"]) == (200, "AUTHORIZED", REF)
    assert values(body["aggregate"]) == (25000, 0, 10000, 0)
    assert body["amount"] == {"currency": "NOK", "value": 25000}
    assert body["pspReference"] == (await authorised.get())["pspReference"]


@pytest.mark.parametrize("operation", ["capture", "refund"])
async def test_the_amount_must_be_said(authorised: EpayShop, operation: str) -> None:
    await authorised.adjust("capture", 1000)
    assert complaints(await authorised.adjust(operation, body={})) == {"modificationAmount"}
    assert complaints(await authorised.adjust(operation)) == {"body"}
    assert complaints(await authorised.adjust(operation, "100")) == {"modificationAmount.value"}
    extra: dict[str, Any] = {"modificationAmount": {"currency": "NOK", "value": 100}, "text": "x"}
    assert complaints(await authorised.adjust(operation, body=extra)) == {"text"}
    assert number(await authorised.adjust(operation, 0)) == (400, "4040")
    assert number(await authorised.adjust(operation, 10.5)) == (400, "4040")
    foreign = {"modificationAmount": {"currency": "EUR", "value": 100}}
    assert number(await authorised.adjust(operation, body=foreign)) == (400, "5040")
    assert await authorised.amounts() == (25000, 0, 1000, 0)


@pytest.mark.parametrize("operation", ["capture", "refund", "cancel"])
async def test_a_reference_nobody_knows(epay: EpayShop, operation: str) -> None:
    assert number(await epay.adjust(operation, None if operation == "cancel" else 100)) == (404, "5090")
    answer = await epay.http.get(f"/epayment/v1/payments/{REF}", headers=epay.headers())
    assert number(answer) == (404, "5090")
    assert answer.json()["instance"] == f"/v1/payments/{REF}"


async def test_capture_refusals(epay: EpayShop) -> None:
    await epay.create()
    assert number(await epay.adjust("capture", 100)) == (400, "6080")
    await epay.sim.member.approve(REF)
    assert number(await epay.adjust("capture", 25001)) == (400, "6090")
    assert (await epay.adjust("capture", 25000)).status_code == 200
    assert number(await epay.adjust("capture", 1)) == (400, "6170")
    await epay.create("order-0002")
    await epay.adjust("cancel", reference="order-0002")
    assert number(await epay.adjust("capture", 100, reference="order-0002")) == (400, "6070")


async def test_refund_refusals(authorised: EpayShop) -> None:
    assert number(await authorised.adjust("refund", 100)) == (400, "6020")
    await authorised.adjust("capture", 10000)
    assert number(await authorised.adjust("refund", 10001)) == (400, "6150")
    assert (await authorised.adjust("refund", 10000)).status_code == 200
    assert number(await authorised.adjust("refund", 1)) == (400, "6180")
    await authorised.create("order-0002")
    assert number(await authorised.adjust("refund", 1, reference="order-0002")) == (400, "6020")
    await authorised.sim.member.approve("order-0002")
    await authorised.adjust("cancel", reference="order-0002")
    assert number(await authorised.adjust("refund", 1, reference="order-0002")) == (400, "6210")


async def test_cancel_refusals(authorised: EpayShop) -> None:
    await authorised.adjust("capture", 25000)
    assert number(await authorised.adjust("cancel")) == (400, "6040")
    await authorised.create("order-0002")
    await authorised.sim.member.approve("order-0002")
    assert (await authorised.adjust("cancel", reference="order-0002")).status_code == 200
    assert number(await authorised.adjust("cancel", reference="order-0002")) == (400, "6190")
    await authorised.create("order-0003")
    await authorised.sim.member.reject("order-0003")
    assert number(await authorised.adjust("cancel", reference="order-0003")) == (400, "6050")


async def test_limits_of_180_and_365_days(authorised: EpayShop) -> None:
    await authorised.adjust("capture", 1000)
    await authorised.sim.advance(181 * DAY)
    await authorised.sign_in()
    assert number(await authorised.adjust("capture", 100)) == (400, "6100")
    assert number(await authorised.adjust("cancel")) == (400, "6030")
    assert (await authorised.adjust("refund", 100)).status_code == 200
    await authorised.sim.advance(185 * DAY)
    await authorised.sign_in()
    assert number(await authorised.adjust("refund", 100)) == (400, "6220")


@pytest.mark.parametrize("body", [None, {}, {"cancelTransactionOnly": False}])
async def test_a_cancel_needs_no_body_and_releases_all_that_remains(authorised: EpayShop, body: Any) -> None:
    await authorised.adjust("capture", 10000)
    answer = await authorised.adjust("cancel", body=body)
    assert values(answer.json()["aggregate"]) == (25000, 15000, 10000, 0)
    assert number(await authorised.adjust("capture", 1)) == (400, "6090")


async def test_a_cancel_may_be_for_what_is_not_authorised_yet(epay: EpayShop) -> None:
    only = {"cancelTransactionOnly": True}
    await epay.create()
    await epay.create("order-0002")
    await epay.sim.member.approve("order-0002")
    assert (await epay.adjust("cancel", body=only)).json()["state"] == "TERMINATED"
    assert number(await epay.adjust("cancel", body=only, reference="order-0002")) == (400, "6060")
    assert await epay.amounts("order-0002") == (25000, 0, 0, 0)
    assert complaints(await epay.adjust("cancel", body={"cancelTransactionOnly": "yes"})) == {
        "cancelTransactionOnly"
    }
    assert complaints(await epay.adjust("cancel", body={"surprise": 1})) == {"surprise"}


async def test_other_units_payments_are_not_found() -> None:
    shop = EpayShop()
    other = SalesUnit("123456", "5e1f0c6a-0000-4000-8000-000000000000", subscription_keys=("other-key",))
    shop.sim.config.sales_units.append(other)
    await shop.sign_in()
    await shop.create()
    shop.unit = other
    await shop.sign_in()
    headers = {**shop.headers(), "Merchant-Serial-Number": "123456"}
    answer = await shop.http.get(f"/epayment/v1/payments/{REF}", headers=headers)
    assert number(answer) == (404, "5090")
    await shop.sim.close()
