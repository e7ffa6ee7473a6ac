"""A service key is changed without a pause; its name, never the key, says who did what."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import structlog
from structlog.testing import capture_logs

from payments_service.demo.environment import SERVICE_KEY
from tests.access.callers import bearer, headers_of
from tests.access.world import World, open_world
from tests.postgres import Server, fresh_database

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEW, OPS = "the-next-key-of-the-backend-0123456789", "the-key-of-ops-people-0123456789-0123"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(postgres_server: Server) -> AsyncIterator[World]:
    """The backend's key is being changed, and ops has one of its own."""
    keys = f"backend:{SERVICE_KEY},ops:{OPS},backend:{NEW}"
    with fresh_database(postgres_server) as url:
        async with open_world(url, SERVICE_API_KEYS=keys) as world:
            yield world


async def test_both_keys_are_the_same_caller_so_a_retry_moves_no_money_twice(world: World) -> None:
    path = f"/v1/orders/{world.ids['paid']['order_id']}/refund"
    body = {"amount": "1.00", "reason": "r"}
    key = {"Idempotency-Key": "sent-before-and-after"}
    first = await world.client.post(path, json=body, headers=bearer(SERVICE_KEY) | key)
    again = await world.client.post(path, json=body, headers=bearer(NEW) | key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["refunded"] == "1.00"
    another = await world.client.post(path, json=body, headers=bearer(OPS) | key)
    assert another.json()["refunded"] == "2.00"
    await world.put_back()


async def test_the_history_names_who_asked_and_never_the_key(world: World) -> None:
    ids = world.ids["paid"]
    body = {"amount": "1.00", "reason": "r"}
    for headers in (bearer(OPS), headers_of("organiser+f")):
        answer = await world.client.post(f"/v1/orders/{ids['order_id']}/refund", json=body, headers=headers)
        assert answer.status_code == 200
    more_time = {"minutes": 5, "reason": "r"}
    await world.client.post("/v1/registrations/r-open/extension", json=more_time, headers=bearer(NEW))
    actors = []
    for path in (f"/v1/orders/{ids['order_id']}/history", "/v1/registrations/r-open/history"):
        lines = (await world.client.get(path, headers=bearer(OPS))).json()["items"]
        actors += [
            who for line in lines if (who := line["evidence"].get("actor") or line["evidence"].get("by"))
        ]
        assert not any(secret in json.dumps(lines) for secret in (SERVICE_KEY, NEW, OPS))
    assert {"service:ops", "member:sosialsjef", "service:backend"} <= set(actors)
    await world.put_back()


async def test_the_log_names_the_key_that_called_and_of_members_only_that_they_are(world: World) -> None:
    structlog.contextvars.clear_contextvars()
    with capture_logs() as lines:
        for headers in (bearer(SERVICE_KEY), bearer(NEW), bearer(OPS), headers_of("organiser"), {}):
            await world.client.get("/v1/paid-events", headers=headers)
        repeat = bearer(OPS) | {"Idempotency-Key": "k"}
        for _ in range(2):
            await world.client.post("/v1/registrations/r-open/extension", json={}, headers=repeat)
    callers = [line.get("caller") for line in lines if line["event"] == "request"]
    assert callers == [
        "service:backend", "service:backend", "service:ops", "member", None, "service:ops", "service:ops",
    ]  # fmt: skip
    assert not any(secret in str(lines) for secret in (SERVICE_KEY, NEW, OPS, "sosialsjef"))
    await world.put_back()


async def test_a_key_that_is_only_almost_one_is_none(world: World) -> None:
    for wrong in (NEW[:-1], f"{NEW}x", NEW.upper(), f"backend:{NEW}", f"{SERVICE_KEY},{NEW}", "backend", ""):
        answer = await world.client.get("/v1/paid-events", headers={"Authorization": f"Bearer {wrong}"})
        assert answer.status_code == 401
