"""The control API does over HTTP what the Python methods do."""

from typing import Any

import httpx
import pytest

from tests.simulator.shop import Shop


async def control(shop: Shop, path: str, body: Any = None, method: str = "POST") -> httpx.Response:
    return await shop.http.request(method, f"/control/{path}", json=body)


async def read(shop: Shop, path: str) -> Any:
    return (await control(shop, path, method="GET")).json()


@pytest.mark.parametrize(
    ("action", "newest"),
    [
        ("open", "INITIATE"),
        ("approve", "RESERVE"),
        ("reject", "CANCEL"),
        ("cancel-on-desktop", "CANCEL"),
        ("decline-card", "RESERVE!"),
        ("approve-and-kill-app", "RESERVE"),
        ("walk_away", "INITIATE"),
    ],
)
async def test_the_member_acts(shop: Shop, action: str, newest: str) -> None:
    await shop.initiate()
    assert (await control(shop, f"payments/order-1/{action}")).status_code == 200
    assert (await shop.operations())[0] == newest


async def test_a_desktop_cancel_may_leave_no_trace(shop: Shop) -> None:
    await shop.initiate()
    await control(shop, "payments/order-1/cancel-on-desktop", {"logs": False})
    assert await shop.operations() == ["INITIATE"]


async def test_what_cannot_be_done_is_a_409_and_what_is_unknown_a_404(reserved: Shop) -> None:
    assert (await control(reserved, "payments/order-1/reject")).status_code == 409
    assert (await control(reserved, "payments/order-1/portal-refund")).status_code == 409
    assert (await control(reserved, "payments/order-1/dance")).status_code == 404
    assert (await control(reserved, "payments/nobody/approve")).status_code == 404


async def test_the_portal(reserved: Shop) -> None:
    view = (await control(reserved, "payments/order-1/portal-capture", {"amount": 10000})).json()
    assert view["amounts"]["captured"] == 10000
    await control(reserved, "payments/order-1/portal-cancel", {"release_remainder": True})
    await control(reserved, "payments/order-1/portal-refund")
    assert await reserved.operations() == ["REFUND", "VOID", "CAPTURE", "RESERVE", "INITIATE"]


async def test_a_forged_callback(shop: Shop) -> None:
    await shop.initiate()
    sent = {"status": "RESERVED", "token": "forged", "amount": 1}
    delivery = (await control(shop, "payments/order-1/callback", sent)).json()
    assert delivery["http_status"] == 200
    assert shop.received[0]["authorization"] == "forged"
    assert await shop.operations() == ["INITIATE"]


async def test_faults_are_added_listed_and_cleared(shop: Shop) -> None:
    fault = {"kind": "error", "operation": "initiate", "status": 502, "shape": "html", "times": None}
    added = (await control(shop, "faults", fault)).json()
    assert (await shop.initiate()).status_code == 502
    assert [f["id"] for f in await read(shop, "faults")] == [added["id"]]
    assert (await control(shop, f"faults/{added['id']}", method="DELETE")).status_code == 204
    assert (await shop.initiate()).status_code == 200
    await control(shop, "faults", fault)
    await control(shop, "faults", method="DELETE")
    assert await read(shop, "faults") == []
    assert (await control(shop, "faults", {"kind": "nonsense", "operation": "x"})).status_code == 422


async def test_down_and_up(shop: Shop) -> None:
    await control(shop, "vipps/down", {"mode": "500"})
    assert (await shop.initiate()).status_code == 500
    await control(shop, "vipps/up")
    assert (await shop.initiate()).status_code == 200


async def test_the_clock(shop: Shop) -> None:
    await shop.initiate()
    await control(shop, "clock", {"advance_seconds": 301})
    assert len(shop.received) == 1
    answer = await control(shop, "clock", {"set_to": "2030-01-01T00:00:00Z"})
    assert answer.json()["now"].startswith("2030-01-01T00:00")


async def test_the_backend_and_the_oracle(shop: Shop) -> None:
    await control(shop, "backend/events", {"event_id": 1, "capacity": 1})
    assert (await control(shop, "backend/events/1/registrations", {"user_id": "ola"})).status_code == 201
    assert (await control(shop, "backend/events/1/registrations", {"user_id": "ola"})).status_code == 409
    await control(shop, "backend/events/1/registrations", {"user_id": "kari"})
    deadline = {"payment_expiredate": "2026-12-01T12:00:00+01:00"}
    changed = await control(shop, "backend/events/1/registrations/ola", deadline, "PUT")
    assert changed.json()["payment_expiredate"] == "2026-12-01T11:00:00.000Z"
    await shop.initiate()
    await control(shop, "payments/order-1", {"event_id": 1, "user_id": "ola"})
    token = {"Authorization": "Bearer simulated-backend-token"}
    await shop.http.delete("/backend/events/1/registrations/ola/", headers=token)
    [violation] = (await read(shop, "oracle"))["violations"]
    assert (violation["order_id"], violation["finding"]) == ("order-1", "open")
    await control(shop, "backend/events/1/registrations/kari", method="DELETE")
    assert await read(shop, "backend/events/1/registrations") == []


async def test_settings_can_be_changed(shop: Shop) -> None:
    await control(shop, "config", {"landing_seconds": 5})
    await control(shop, "sales-units/654321", {"direct_capture": True})
    assert shop.sim.config.landing_seconds == 5
    assert shop.unit.direct_capture
    assert (await control(shop, "config", {"nonsense": 1})).status_code == 422
    assert (await control(shop, "sales-units/1", {})).status_code == 404


async def test_state_and_reset(reserved: Shop) -> None:
    state = await read(reserved, "state")
    [payment] = state["payments"]
    assert payment["amounts"]["to_capture"] == 25000
    assert [entry["operation"] for entry in payment["log"]] == ["INITIATE", "RESERVE"]
    assert [effect["operation"] for effect in state["effects"]] == ["INITIATE", "RESERVE"]
    assert state["deliveries"][0]["http_status"] == 200
    assert {request["operation"] for request in state["requests"]} == {"token", "initiate"}
    await control(reserved, "reset")
    after = await read(reserved, "state")
    assert after["payments"] == after["effects"] == after["requests"] == []
    assert (await reserved.initiate()).status_code == 200
