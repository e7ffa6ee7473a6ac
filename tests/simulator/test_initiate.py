"""Starting a payment: what is accepted, what is refused, and what is a 500 as at the real one."""

from typing import Any

import pytest

from payments_service.simulator.config import SalesUnit
from tests.simulator.shop import Shop, codes


async def test_it_answers_with_the_order_and_a_link(shop: Shop) -> None:
    body = (await shop.initiate()).json()
    assert body["orderId"] == "order-1"
    assert body["url"].startswith("http://127.0.0.1:8090/vipps-app/?token=")


async def test_an_untouched_payment_shows_neither_summary_nor_ids(shop: Shop) -> None:
    await shop.initiate()
    details = await shop.details()
    [entry] = details["transactionLogHistory"]
    assert "transactionSummary" not in details
    assert sorted(entry) == ["amount", "operation", "operationSuccess", "timeStamp", "transactionText"]
    assert entry["timeStamp"].endswith("Z")


async def test_an_order_id_is_burnt_once_used_even_with_the_same_content(shop: Shop) -> None:
    await shop.initiate()
    assert codes(await shop.initiate()) == (400, "Merchant", "34")
    await shop.modify("cancel")
    assert codes(await shop.initiate()) == (400, "Merchant", "34")
    assert (await shop.initiate("ORDER-1")).status_code == 200


@pytest.mark.parametrize("path", ["/ecomm/v2/payments/", "/Ecomm/V2/Payments", "/ecomm/v2//payments"])
async def test_paths_are_forgiving(shop: Shop, path: str) -> None:
    assert (await shop.post(path, shop.order())).status_code == 200


async def test_odd_slashes_can_be_made_to_fail(shop: Shop) -> None:
    await shop.initiate()
    assert (
        await shop.http.get("/ecomm/v2/payments//order-1/details/", headers=shop.headers())
    ).status_code == 200
    shop.sim.config.tolerate_odd_slashes = False
    assert (
        await shop.http.get("/ecomm/v2/payments//order-1/details/", headers=shop.headers())
    ).status_code == 404


@pytest.mark.parametrize("merchant", [{"merchantSerialNumber": 654321}, {"fallback": "https://shop.test/"}])
async def test_the_mistakes_that_are_a_500(shop: Shop, merchant: dict[str, Any]) -> None:
    answer = await shop.initiate(**merchant)
    assert answer.status_code == 500
    assert answer.json()["responseInfo"]["responseCode"] == 500
    assert not shop.sim.ledger.payments


@pytest.mark.parametrize("amount", [250.0, "25000", True])
async def test_an_amount_that_is_no_integer_is_a_500(shop: Shop, amount: Any) -> None:
    assert (await shop.initiate(amount=amount)).status_code == 500


async def test_unreadable_json_is_a_500(shop: Shop) -> None:
    answer = await shop.http.post("/ecomm/v2/payments", content=b"{", headers=shop.headers())
    assert answer.status_code == 500


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("transaction", "amount", 99),
        ("transaction", "amount", 2**31),
        ("transaction", "amount", None),
        ("transaction", "orderId", "under_score"),
        ("transaction", "orderId", "x" * 51),
        ("transaction", "transactionText", "x" * 101),
        ("transaction", "transactionText", None),
        ("merchantInfo", "callbackPrefix", "http://shop.test/"),
        ("merchantInfo", "callbackPrefix", None),
        ("merchantInfo", "callbackPrefix", "https://shop.test/" + "x" * 255),
        ("merchantInfo", "fallBack", "http://shop.test/"),
        ("merchantInfo", "fallBack", "https://shop.test/\r\nSet-Cookie: a"),
        ("merchantInfo", "authToken", "x" * 256),
        ("merchantInfo", "paymentType", "eCom Regular Payment"),
        ("merchantInfo", "merchantSerialNumber", "12"),
    ],
)
async def test_a_wrong_field_is_named(shop: Shop, section: str, field: str, value: Any) -> None:
    body = shop.order()
    body[section][field] = value
    assert codes(await shop.post("/ecomm/v2/payments", body)) == (400, "InvalidRequest", field)


async def test_customer_info_may_be_left_out(shop: Shop) -> None:
    body = shop.order()
    del body["customerInfo"]
    assert (await shop.post("/ecomm/v2/payments", body)).status_code == 200


@pytest.mark.parametrize(
    ("given", "kept"), [("+47 912 34 567", "91234567"), (91234567, "91234567"), ("004791234567", "91234567")]
)
async def test_phone_numbers_are_repaired(shop: Shop, given: Any, kept: str) -> None:
    body = {**shop.order(), "customerInfo": {"mobileNumber": given}}
    assert (await shop.post("/ecomm/v2/payments", body)).status_code == 200
    assert shop.sim.payment("order-1").phone == kept


async def test_a_phone_number_beyond_repair_is_81(shop: Shop) -> None:
    body = {**shop.order(), "customerInfo": {"mobileNumber": "12"}}
    assert codes(await shop.post("/ecomm/v2/payments", body)) == (400, "user", "81")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/vipps", "http://localhost:8000/vipps"])
async def test_loopback_addresses_are_for_simulators_only(shop: Shop, url: str) -> None:
    assert (await shop.initiate("a", callbackPrefix=url, fallBack=url)).status_code == 200
    shop.sim.config.allow_loopback_urls = False
    assert codes(await shop.initiate("b", callbackPrefix=url)) == (400, "InvalidRequest", "callbackPrefix")


@pytest.mark.parametrize("fall_back", ["myapp://back", "INTENT", "https://shop.test/"])
async def test_an_app_may_be_the_place_to_return_to(shop: Shop, fall_back: str) -> None:
    assert (await shop.initiate(fallBack=fall_back)).status_code == 200


async def test_a_payment_from_an_app_gets_a_deeplink(shop: Shop) -> None:
    assert (await shop.initiate(isApp=True)).json()["url"].startswith("vippsMT://?token=")


@pytest.mark.parametrize(("code", "status"), [("97", 403), ("36", 403), ("32", 400)])
async def test_a_blocked_sales_unit(shop: Shop, code: str, status: int) -> None:
    shop.unit.blocked_with = code
    assert codes(await shop.initiate()) == (status, "Merchant", code)


async def test_permissions_of_the_sales_unit(shop: Shop) -> None:
    body = shop.order()
    body["transaction"]["skipLandingPage"] = True
    assert codes(await shop.post("/ecomm/v2/payments", body)) == (403, "Merchant", "38")
    body = shop.order()
    body["transaction"]["scope"] = "name nin"
    assert codes(await shop.post("/ecomm/v2/payments", body)) == (403, "Merchant", "51")


async def test_rate_limits_count_per_order_and_minute() -> None:
    shop = Shop(unit=SalesUnit(rate_limits=True))
    await shop.sign_in()
    assert [(await shop.initiate()).status_code for _ in range(3)] == [200, 400, 429]
    assert (await shop.initiate("other")).status_code == 200
    await shop.sim.member.approve("order-1")
    refused = [await shop.modify("capture", 100, key=str(n)) for n in range(6)][-1]
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) <= 60
    await shop.sim.advance(61)
    assert (await shop.modify("capture", 100, key="7")).status_code == 200
