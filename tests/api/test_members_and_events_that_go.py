"""What goes away and what is kept, over HTTP: erasure, export, and events that are gone at the backend."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from payments_service.demo.environment import SERVICE_KEY
from payments_service.simulator.simulator import Simulator
from payments_service.storage.claims import claim_due
from payments_service.storage.tables import metadata, operations
from payments_service.use_cases.carry_out import carry_out
from payments_service.vipps import callback_token
from tests.api.conftest import ORIGIN

Client = httpx.AsyncClient
Holder = Callable[..., Awaitable[Client]]
#: What a person is called, has, or was said to be: written everywhere such a thing may be written.
NAME, PHONE, ILLNESS = "Canary Nordmann", "91234567", "canary-fever"
MEMBER = "canary-olanor"


@pytest.fixture
async def holder(app: FastAPI) -> AsyncIterator[Holder]:
    """A client with a member's token."""
    async with AsyncExitStack() as stack:

        async def make(user_id: str, **claims: Any) -> Client:
            claims = {"sub": user_id, "aud": "payments-service", "exp": int(time.time()) + 600, **claims}
            token = jwt.encode(claims, "a-key-for-members-tokens-in-tests-only", algorithm="HS256")
            client = Client(
                transport=httpx.ASGITransport(app=app),
                base_url=ORIGIN,
                headers={"Authorization": f"Bearer {token}"},
            )
            return await stack.enter_async_context(client)

        yield make


async def text_of_all(app: FastAPI) -> str:
    """Everything in the database, as one text."""
    found = []
    async with app.state.services.database.autocommit() as connection:
        for table in metadata.sorted_tables:
            for row in await connection.execute(select(table)):
                found += [
                    f"{table.name}: {v.decode('utf-8', 'replace') if isinstance(v, bytes) else v}"
                    for v in row
                ]
    return "\n".join(found)


async def event(api: Client, event_id: str = "123", **more: Any) -> None:
    body = {"price": "250.00", "paytime": "01:00:00", "organizer": "sosialen", **more}
    assert (await api.put(f"/v1/paid-events/{event_id}", json=body)).status_code in (200, 201)


async def seat(api: Client, registration_id: str = "77", user_id: str = MEMBER) -> None:
    body = {"event_id": "123", "user_id": user_id}
    answer = await api.put(
        f"/v1/registrations/{registration_id}", json=body, headers={"Idempotency-Key": f"seat-of-{user_id}"}
    )
    assert answer.status_code == 201, answer.text


async def starts(api: Client, user_id: str = MEMBER) -> str:
    body = {"event_id": "123", "user_id": user_id, "payer_name": NAME, "phone_number": PHONE}
    answer = await api.post("/v1/orders", json=body, headers={"Idempotency-Key": f"{user_id} pays"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["order_id"])


async def pays(api: Client, simulator: Simulator, user_id: str = MEMBER) -> str:
    order_id = await starts(api, user_id)
    await simulator.member.approve(order_id)
    assert (await api.post(f"/v1/orders/{order_id}/sync")).json()["is_paid"] is True
    return order_id


async def takes_the_money(app: FastAPI) -> None:
    """What the scheduler would do about a reservation."""
    services = app.state.services
    parts = {"database": services.database, "vipps": services.vipps, "policy": services.policy}
    async with services.database.autocommit() as connection:
        due = await claim_due(connection, operations, limit=9, lease=services.policy.lease)
    for claim in due:
        await carry_out(claim, **parts, nudge=services.nudge)


async def calls_back(app: FastAPI, api: Client, order_id: str) -> None:
    """Vipps posts more about the payer than we asked for."""
    settings = app.state.services.settings
    secret = settings.vipps_callback_secret.get_secret_value()
    token = callback_token.make(secret, settings.vipps_merchant_serial_number, order_id)
    body = {"orderId": order_id, "userDetails": {"firstName": NAME, "mobileNumber": PHONE}}
    answer = await api.post(f"/vipps/v2/payments/{order_id}", json=body, headers={"Authorization": token})
    assert answer.status_code == 200, answer.text


async def a_whole_life(app: FastAPI, api: Client, simulator: Simulator, kari: Client) -> str:
    """A member pays, gets more time and money back, and somebody writes down why."""
    await event(api)
    await seat(api)
    more = {"minutes": 60, "reason": f"{NAME} has {ILLNESS}"}
    assert (await kari.post("/v1/registrations/77/extension", json=more)).status_code == 200
    order_id = await pays(api, simulator)
    await calls_back(app, api, order_id)
    await takes_the_money(app)
    back = {"amount": "100.00", "reason": f"{NAME} has {ILLNESS}"}
    key = {"Idempotency-Key": f"refund for {MEMBER}"}
    answer = await kari.post(f"/v1/orders/{order_id}/refund", json=back, headers=key)
    assert answer.status_code == 200, answer.text
    return order_id


# -- erasure ------------------------------------------------------------------------------------------------------


async def test_a_member_who_is_erased_is_nowhere_and_the_money_is_where_it_was(
    app: FastAPI, api: Client, simulator: Simulator, holder: Holder
) -> None:
    kari = await holder("kari", groups=["sosialen"], finance=True)
    order_id = await a_whole_life(app, api, simulator, kari)
    before = (await api.get(f"/v1/orders/{order_id}")).json()
    assert "anary" in await text_of_all(app)
    for _ in range(2):
        erased = await api.delete(f"/v1/users/{MEMBER}", headers={"Idempotency-Key": f"forget {MEMBER}"})
        assert (erased.status_code, erased.content) == (204, b"")
    left = [line for line in (await text_of_all(app)).splitlines() if "anary" in line or PHONE in line]
    assert left == []
    after = (await api.get(f"/v1/orders/{order_id}")).json()
    assert {**after, "server_time": "now"} == {**before, "user_id": None, "server_time": "now"}
    assert (after["captured"], after["refunded"], after["is_paid"]) == ("250.00", "100.00", True)
    seat_now = (await api.get("/v1/registrations/77")).json()
    assert (seat_now["status"], seat_now["user_id"], seat_now["has_paid"]) == ("paid", None, True)


async def test_the_erasure_itself_is_remembered_without_the_name(
    app: FastAPI, api: Client, simulator: Simulator
) -> None:
    key = {"Idempotency-Key": "erase-1"}
    first = await api.delete(f"/v1/users/{MEMBER}", headers=key)
    again = await api.delete(f"/v1/users/{MEMBER}", headers=key)
    assert (first.status_code, again.status_code) == (204, 204)
    assert again.headers["idempotent-replayed"] == "true"
    assert MEMBER not in await text_of_all(app)


async def test_it_waits_while_a_payment_is_open_and_the_same_key_may_try_again(
    app: FastAPI, api: Client, simulator: Simulator
) -> None:
    await event(api)
    await seat(api)
    order_id = await starts(api)
    key = {"Idempotency-Key": "erase-1", "Accept-Language": "en"}
    refused = await api.delete(f"/v1/users/{MEMBER}", headers=key)
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_in_progress")
    assert refused.headers["retry-after"] == "60"
    assert (await api.get(f"/v1/orders/{order_id}")).json()["user_id"] == MEMBER
    await simulator.member.reject(order_id)
    assert (await api.delete(f"/v1/users/{MEMBER}", headers=key)).status_code == 204
    assert (await api.get(f"/v1/orders/{order_id}")).json()["user_id"] is None


async def test_whoever_comes_back_sees_nothing_of_before(
    app: FastAPI, api: Client, simulator: Simulator, holder: Holder
) -> None:
    await event(api)
    await seat(api)
    old = await pays(api, simulator)
    await api.delete(f"/v1/users/{MEMBER}")
    them = await holder(MEMBER)
    for path in (f"/v1/orders/{old}", f"/v1/orders/{old}/history", "/v1/registrations/77"):
        assert (await them.get(path)).status_code == 404
    assert (await them.get(f"/v1/users/{MEMBER}/export")).json()["code"] == "user_not_found"
    await seat(api, "78")
    new = await starts(api)
    exported = (await them.get(f"/v1/users/{MEMBER}/export")).json()
    assert [row["order_id"] for row in exported["orders"]] == [new]
    assert [row["registration_id"] for row in exported["registrations"]] == ["78"]
    assert old not in str(exported)
    assert (await api.get(f"/v1/orders?user_id={MEMBER}")).json()["items"][0]["order_id"] == new


# -- export -------------------------------------------------------------------------------------------------------


async def test_the_export_shows_everything_that_names_the_member(
    app: FastAPI, api: Client, simulator: Simulator, holder: Holder
) -> None:
    kari = await holder("kari", groups=["sosialen"], finance=True)
    order_id = await a_whole_life(app, api, simulator, kari)
    answer = await api.get(f"/v1/users/{MEMBER}/export")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["user_id"], body["currency"], body["exported_at"][-1]) == (MEMBER, "NOK", "Z")
    (order,) = body["orders"]
    money = {name: order[name] for name in ("amount", "captured", "refunded", "user_id", "order_id")}
    assert money == {
        "amount": "250.00",
        "captured": "250.00",
        "refunded": "100.00",
        "user_id": MEMBER,
        "order_id": order_id,
    }
    assert body["registrations"][0]["payment_expiredate"].endswith("Z")
    assert {"registered", "deadline_moved", "order_intended", "refund_done"} <= {
        line["what"] for line in body["history"]
    }
    assert [row["reason"] for row in body["operations"] if row["kind"] == "refund"] == [
        f"{NAME} has {ILLNESS}"
    ]
    assert NAME in body["deliveries"][0]["body"]
    assert len(body["answers"]) == 3  # the seat, the payment, and what the organiser was told
    assert {"registrations", "orders", "operations", "history", "deliveries", "answers"} <= set(body)


async def test_who_may_have_it(app: FastAPI, api: Client, simulator: Simulator, holder: Holder) -> None:
    await event(api)
    await seat(api)
    path = f"/v1/users/{MEMBER}/export"
    admin, them = await holder("kari", admin=True), await holder(MEMBER)
    organiser, other = await holder("kari", groups=["sosialen"], finance=True), await holder("per")
    for client, status in ((api, 200), (admin, 200), (them, 200), (organiser, 403), (other, 403)):
        assert (await client.get(path)).status_code == status
    assert (await them.get("/v1/users/nobody/export")).json()["code"] == "forbidden"
    nobody = await admin.get("/v1/users/nobody/export")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "user_not_found")


@pytest.mark.parametrize("path", ["/v1/users/canary-olanor", "/v1/events/123"])
async def test_only_the_backend_takes_anything_away(
    app: FastAPI, api: Client, simulator: Simulator, holder: Holder, path: str
) -> None:
    await event(api)
    await seat(api)
    for claims in ({}, {"admin": True, "finance": True}, {"groups": ["sosialen"], "finance": True}):
        refused = await (await holder(MEMBER, **claims)).delete(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await api.get("/v1/registrations/77")).json()["status"] == "awaiting_payment"


@pytest.mark.parametrize("path", ["/v1/users/a%20b", "/v1/users/..", "/v1/events/%00", "/v1/events/-"])
async def test_an_id_that_is_none_is_refused(app: FastAPI, api: Client, path: str) -> None:
    assert (await api.delete(path)).status_code in (404, 405, 422)


# -- events -------------------------------------------------------------------------------------------------------


async def test_an_event_that_is_gone_leaves_orders_and_a_case_behind(
    app: FastAPI, api: Client, simulator: Simulator, holder: Holder
) -> None:
    await event(api)
    await seat(api)
    await seat(api, "78", "karin")
    order_id = await pays(api, simulator)
    for _ in range(2):
        gone = await api.delete("/v1/events/123")
        assert (gone.status_code, gone.content) == (204, b"")
    order = (await api.get(f"/v1/orders/{order_id}")).json()
    assert (order["event_id"], order["user_id"], order["is_paid"]) == (None, MEMBER, True)
    assert order["registration_id"] == "77"
    for registration_id in ("77", "78"):
        assert (await api.get(f"/v1/registrations/{registration_id}")).json()["status"] == "ended"
    assert (await api.get("/v1/paid-events/123")).status_code == 404
    (case,) = (await api.get("/v1/attention")).json()["items"]
    assert (case["code"], case["order_id"], case["event_id"]) == ("paid_without_seat", order_id, "123")
    # the member still sees what was paid, the organiser of an event that is gone does not
    assert (await (await holder(MEMBER)).get(f"/v1/orders/{order_id}")).status_code == 200
    organiser = await holder("kari", groups=["sosialen"])
    assert (await organiser.get(f"/v1/orders/{order_id}")).status_code == 404
    # and it can be given back
    answer = await api.post(f"/v1/orders/{order_id}/cancel", json={"reason": "the event is off"})
    assert answer.status_code == 200, answer.text
    assert (await api.get("/v1/attention")).json()["items"] == []


async def test_nothing_is_sold_for_an_event_that_is_gone(
    app: FastAPI, api: Client, simulator: Simulator
) -> None:
    await event(api)
    await seat(api)
    assert (await api.delete("/v1/events/123")).status_code == 204
    refused = await api.post("/v1/orders", json={"event_id": "123", "user_id": MEMBER})
    assert refused.json()["code"] == "paid_event_not_found"
    refused = await api.put("/v1/registrations/77", json={"event_id": "123", "user_id": MEMBER})
    assert refused.json()["code"] == "paid_event_not_found"


async def test_an_event_nobody_has_heard_of_is_gone_already(app: FastAPI, api: Client) -> None:
    assert (await api.delete("/v1/events/nowhere")).status_code == 204
    assert SERVICE_KEY not in await text_of_all(app)
