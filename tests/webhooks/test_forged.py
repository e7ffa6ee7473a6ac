"""A webhook that Vipps did not sign is refused, and changes nothing whatever."""

from __future__ import annotations

import httpx

from tests.webhooks.forgeries import forgeries, with_telling_signature
from tests.webhooks.service import Hooked
from tests.webhooks.signing import Webhook, event, genuine


async def test_every_forgery_is_refused_and_every_table_is_as_before(hooked: Hooked) -> None:
    before = await hooked.everything()
    cases = list(forgeries(hooked.order_id))
    assert len(cases) > 100
    assert len({name for name, _ in cases}) == len(cases)
    answers = {name: await hooked.post(webhook) for name, webhook in cases}
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 401} == {}
    assert {answer.json()["code"] for answer in answers.values()} == {"unauthorized"}
    assert await hooked.everything() == before


async def test_the_genuine_one_they_were_made_from_is_taken(hooked: Hooked) -> None:
    await hooked.takes(with_telling_signature(hooked.order_id))
    assert await hooked.is_due()


async def test_a_header_that_came_twice_is_refused(hooked: Hooked) -> None:
    before = await hooked.everything()
    right = genuine(event(hooked.order_id))
    for name in (b"x-ms-date", b"x-ms-content-sha256"):
        once = next(pair for pair in right.headers if pair[0] == name)
        for more in ([*right.headers, once], [(name, b"x"), *right.headers]):
            answer = await hooked.post(Webhook(right.body, more))
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert await hooked.everything() == before


async def test_without_a_secret_nothing_opens(hooked: Hooked) -> None:
    settings = hooked.services.settings
    hooked.services.settings = settings.model_copy(update={"vipps_webhook_secrets": ()})
    before = await hooked.everything()
    answer = await hooked.post(genuine(event(hooked.order_id)))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert await hooked.everything() == before


async def test_a_webhook_opens_no_other_door(hooked: Hooked) -> None:
    right = genuine(event(hooked.order_id))
    before = await hooked.everything()

    async def sent_to(path: str, method: str = "POST") -> httpx.Response:
        return await hooked.post(Webhook(right.body, right.headers, method=method, path=path))

    assert (await sent_to(f"/vipps/v2/payments/{hooked.order_id}")).status_code == 401
    assert (await sent_to(f"/v1/orders/{hooked.order_id}/sync")).status_code == 401
    for path in ("/vipps/webhooks/", "/vipps/webhook", "/vipps//webhooks", "/webhooks", "/vipps"):
        assert (await sent_to(path)).status_code == 404, path
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = await sent_to("/vipps/webhooks", method)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST"), method
    assert await hooked.everything() == before
