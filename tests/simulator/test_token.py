"""The access token and what the gateway makes of credentials."""

from typing import Any

import pytest

from tests.simulator.shop import Shop, codes


async def test_a_token_comes_as_strings_and_is_long(shop: Shop) -> None:
    answer = await shop.http.post("/accessToken/get", headers=shop.keys())
    body = answer.json()
    assert all(isinstance(value, str) for value in body.values())
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == "3600"
    assert len(body["access_token"]) > 1000


async def test_an_older_token_stays_valid(shop: Shop) -> None:
    old = shop.token
    await shop.sign_in()
    assert shop.token != old
    shop.token = old
    assert (await shop.initiate()).status_code == 200


async def test_a_token_ends_with_its_lifetime(shop: Shop) -> None:
    await shop.sim.advance(3599)
    assert (await shop.initiate("a")).status_code == 200
    await shop.sim.advance(2)
    answer = await shop.initiate("b")
    assert answer.status_code == 401
    assert answer.json()["responseInfo"]["responseCode"] == 401


@pytest.mark.parametrize(
    ("change", "status", "key"),
    [
        ({"client_id": "nobody"}, 400, "error"),
        ({"client_secret": "wrong"}, 401, "error"),
        ({"Ocp-Apim-Subscription-Key": "wrong"}, 401, "statusCode"),
    ],
)
async def test_wrong_keys_get_no_token(shop: Shop, change: dict[str, str], status: int, key: str) -> None:
    answer = await shop.http.post("/accesstoken/get", headers=shop.keys(**change))
    assert answer.status_code == status
    assert key in answer.json()


@pytest.mark.parametrize(
    "change",
    [
        {"Authorization": "bearer TOKEN"},
        {"Authorization": "TOKEN"},
        {"Authorization": "Bearer nonsense"},
        {"Ocp-Apim-Subscription-Key": "wrong"},
        {"Ocp-Apim-Subscription-Key": ""},
    ],
)
async def test_calls_need_the_word_bearer_a_token_and_the_key(shop: Shop, change: dict[str, str]) -> None:
    headers = {**shop.headers(), **{name: v.replace("TOKEN", shop.token) for name, v in change.items()}}
    answer = await shop.http.post("/ecomm/v2/payments", json=shop.order(), headers=headers)
    body: Any = answer.json()
    assert answer.status_code == 401
    assert isinstance(body, dict)
    assert not shop.sim.ledger.payments


async def test_the_secondary_key_is_as_good(shop: Shop) -> None:
    headers = {**shop.headers(), "Ocp-Apim-Subscription-Key": shop.unit.subscription_keys[1]}
    answer = await shop.http.post("/ecomm/v2/payments", json=shop.order(), headers=headers)
    assert answer.status_code == 200


async def test_a_foreign_sales_unit_in_the_header_is_refused(shop: Shop) -> None:
    headers = {**shop.headers(), "Merchant-Serial-Number": "999999"}
    answer = await shop.http.post("/ecomm/v2/payments", json=shop.order(), headers=headers)
    assert codes(answer) == (403, "Merchant", "Unauthorized")
