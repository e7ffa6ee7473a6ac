"""The Webhooks API: register, list, delete, and what it does not take."""

import base64
import uuid
from typing import Any

import pytest

from payments_service.simulator.config import SalesUnit
from tests.simulator.epay import EpayShop, complaints

PATH = "/webhooks/v1/webhooks"
WANTED = {"url": "https://shop.test/hooks/vipps", "events": ["epayments.payment.authorized.v1"]}


async def register(shop: EpayShop, **changed: Any) -> Any:
    body = {name: value for name, value in {**WANTED, **changed}.items() if value is not None}
    return await shop.http.post(PATH, json=body, headers=shop.headers())


async def registered(shop: EpayShop) -> Any:
    answer = await shop.http.get(PATH, headers=shop.headers())
    assert answer.status_code == 200
    return answer.json()["webhooks"]


async def test_the_secret_is_told_once(epay: EpayShop) -> None:
    answer = await register(epay)
    assert answer.status_code == 201
    made = answer.json()
    assert str(uuid.UUID(made["id"])) == made["id"]
    assert len(base64.b64decode(made["secret"])) == 64
    assert await registered(epay) == [{"id": made["id"], **WANTED}]
    assert made["secret"] == epay.sim.webhooks.registrations[made["id"]].secret


async def test_deleting(epay: EpayShop) -> None:
    made = (await register(epay)).json()
    answer = await epay.http.delete(f"{PATH}/{made['id']}", headers=epay.headers())
    assert (answer.status_code, answer.content) == (204, b"")
    assert await registered(epay) == []
    assert complaints(await epay.http.delete(f"{PATH}/{made['id']}", headers=epay.headers())) == {"id"}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"url": None}, {"url"}),
        ({"url": "http://shop.test/hooks"}, {"url"}),
        ({"url": "myapp://hooks"}, {"url"}),
        ({"url": "not an address"}, {"url"}),
        ({"url": "https://[broken"}, {"url"}),
        ({"url": 7}, {"url"}),
        ({"events": None}, {"events"}),
        ({"events": []}, {"events"}),
        ({"events": ["epayments.payment.paid.v1"]}, {"events"}),
        ({"events": "epayments.payment.captured.v1"}, {"events"}),
        ({"events": [1], "url": ""}, {"events", "url"}),
        ({"secret": "mine"}, {"secret"}),
    ],
)
async def test_what_is_not_taken(epay: EpayShop, change: dict[str, Any], fields: set[str]) -> None:
    answer = await register(epay, **change)
    assert complaints(answer) == fields
    assert answer.json()["instance"] == "/v1/webhooks"
    assert await registered(epay) == []


async def test_loopback_is_a_matter_of_configuration(epay: EpayShop) -> None:
    assert (await register(epay, url="http://127.0.0.1:8000/hooks")).status_code == 201
    epay.sim.config.allow_loopback_urls = False
    assert complaints(await register(epay, url="http://127.0.0.1:8000/hooks")) == {"url"}


async def test_the_limit_is_for_one_event_and_unit(epay: EpayShop) -> None:
    assert epay.sim.config.webhook_limit == 25
    epay.sim.config.webhook_limit = 2
    for _ in range(2):
        assert (await register(epay)).status_code == 201
    assert complaints(await register(epay)) == {"events"}
    assert (await register(epay, events=["epayments.payment.captured.v1"])).status_code == 201


async def test_each_unit_sees_its_own(epay: EpayShop) -> None:
    made = (await register(epay)).json()
    other = SalesUnit("123456", "5e1f0c6a-0000-4000-8000-000000000000", subscription_keys=("other-key",))
    epay.sim.config.sales_units.append(other)
    epay.unit = other
    await epay.sign_in()
    headers = {**epay.headers(), "Merchant-Serial-Number": "123456"}
    assert (await epay.http.get(PATH, headers=headers)).json() == {"webhooks": []}
    assert complaints(await epay.http.delete(f"{PATH}/{made['id']}", headers=headers)) == {"id"}
    assert (await epay.http.get(PATH, headers=epay.headers())).status_code == 403


async def test_keys_and_faults_are_as_everywhere(epay: EpayShop) -> None:
    headers = {name: value for name, value in epay.headers().items() if name != "Merchant-Serial-Number"}
    assert complaints(await epay.http.get(PATH, headers=headers)) == {"Merchant-Serial-Number"}
    assert (await epay.http.get(PATH)).status_code == 401
    for operation in ("register", "list", "delete"):
        epay.sim.add_fault("error", f"webhooks.{operation}", status=503)
    assert (await register(epay)).status_code == 503
    assert (await epay.http.get(PATH, headers=epay.headers())).status_code == 503
    assert (await epay.http.delete(f"{PATH}/some-id", headers=epay.headers())).status_code == 503
    odd = await epay.http.get("/Webhooks/V1//webhooks/", headers=epay.headers())
    assert (odd.status_code, odd.json()) == (200, {"webhooks": []})
    assert [r.operation for r in epay.sim.journal.requests][-2:] == ["webhooks.delete", "webhooks.list"]


async def test_within_the_process_a_secret_may_be_given(epay: EpayShop) -> None:
    made = epay.sim.webhooks.register(
        url="http://127.0.0.1:1/h", events=["epayments.payment.created.v1"], secret="s"
    )
    assert (made.msn, made.secret) == ("654321", "s")
    epay.sim.webhooks.remove(made.id)
    with pytest.raises(KeyError):
        epay.sim.webhooks.remove(made.id)
