"""The pretended event backend is told of payments: what is signed right is taken, all of it is kept."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from payments_service.simulator.config import SimulatorConfig
from tests.simulator.shop import Shop

SECRET = SimulatorConfig().notice_secrets[0]
OTHER_SECRET = "whsec_" + base64.b64encode(b"another-secret-of-somebody-else").decode()
DATA = {"event_id": "1", "user_id": "ola", "registration_id": "77", "order_id": "order-1"}


async def tell(
    shop: Shop,
    *,
    secret: str = SECRET,
    notice_id: str = "msg_1",
    age: timedelta = timedelta(0),
    data: Any = DATA,
    **changes: str,
) -> httpx.Response:
    body = json.dumps({"type": "order.paid", "data": data})
    at = datetime.now(UTC) - age
    headers = {
        "webhook-id": notice_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(notice_id, at, body),
        **changes,
    }
    return await shop.http.post("/backend/notices", content=body, headers=headers)


async def test_a_notice_that_is_signed_right_is_taken_and_kept(shop: Shop) -> None:
    assert (await tell(shop)).status_code == 200
    (kept,) = (await shop.http.get("/control/backend/notices")).json()
    facts = ("notice_id", "type", "event_id", "registration_id", "order_id", "problem")
    assert [kept[fact] for fact in facts] == ["msg_1", "order.paid", "1", "77", "order-1", None]
    assert kept["body"] == {"type": "order.paid", "data": DATA}
    assert (await shop.http.get("/control/state")).json()["notices"] == [kept]


async def test_a_repeat_is_kept_once_more_under_the_same_id(shop: Shop) -> None:
    for _ in range(2):
        assert (await tell(shop)).status_code == 200
    assert [notice.notice_id for notice in shop.sim.journal.notices] == ["msg_1", "msg_1"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": OTHER_SECRET},
        {"age": timedelta(minutes=6)},
        {"age": timedelta(minutes=-6)},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,===="},
        {"webhook-timestamp": "today"},
        {"webhook-id": "msg_2"},
    ],
    ids=str,
)
async def test_what_is_signed_wrong_is_refused_and_kept_with_the_reason(
    shop: Shop, wrong: dict[str, Any]
) -> None:
    assert (await tell(shop, **wrong)).status_code == 401
    assert shop.sim.journal.notices[0].problem


async def test_either_secret_will_do_while_they_are_rotated(shop: Shop) -> None:
    shop.sim.config.notice_secrets = (OTHER_SECRET, SECRET)
    assert (await tell(shop)).status_code == 200


async def test_it_can_be_told_to_misbehave_towards_one_event_or_everybody(shop: Shop) -> None:
    shop.sim.add_fault("error", "backend.notice", event_id="1", status=410)
    assert (await tell(shop, data={**DATA, "event_id": "2"})).status_code == 200
    assert (await tell(shop)).status_code == 410
    assert (await tell(shop)).status_code == 200
    shop.sim.add_fault("drop_after", "backend.notice", user_id="ola")
    with pytest.raises(httpx.RemoteProtocolError):
        await tell(shop)
    assert len(shop.sim.journal.notices) == 3
    shop.sim.take_down("backend", "500")
    assert (await tell(shop)).status_code == 500


async def test_a_call_about_an_order_is_still_one_to_vipps(shop: Shop) -> None:
    await tell(shop)
    (request,) = shop.sim.journal.requests_for("backend.notice")
    assert (request.order_id, request.outcome) == (None, 200)


async def test_a_body_that_is_none_is_refused(shop: Shop) -> None:
    answer = await shop.http.post("/backend/notices", content=b"\xff{")
    assert answer.status_code == 401
