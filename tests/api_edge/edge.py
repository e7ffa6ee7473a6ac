"""A few routes and pretended services to put the edge around."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import httpx
from fastapi import Query as QueryParameters
from pydantic import SecretStr

from payments_service.api.authentication import Authenticated
from payments_service.api.fields import (
    BackendId,
    Input,
    Instant,
    OrderId,
    PathId,
    Paytime,
    Price,
    Query,
    Title,
)
from payments_service.api.strict_json import router as new_router
from payments_service.domain.errors import AlreadyPaid, TooMany
from payments_service.metrics import Metrics
from payments_service.settings import Settings

SERVICE_KEY = "a-service-key-of-a-test-0123456789"
JWT_KEY = "a-signing-key-of-a-test-0123456789-0123456789-0123456789-0123456789"


class DatabaseSilentError(Exception):
    pass


class FakeServices:
    def __init__(self) -> None:
        self.settings = Settings(
            _env_file=None,
            database_url=SecretStr("postgresql://db/x"),
            public_url="https://payments.test",
            service_api_keys=f"backend:{SERVICE_KEY},ops:{SERVICE_KEY}-of-ops",
            jwt_key=SecretStr(JWT_KEY),
            vipps_client_id="id",
            vipps_client_secret=SecretStr("secret"),
            vipps_subscription_key=SecretStr("key"),
            vipps_merchant_serial_number="123456",
            vipps_callback_secret=SecretStr("callback"),
            return_url="https://tihlde.test/",
            event_service_url="https://backend.test",
            event_service_token=SecretStr("token"),
        )
        self.metrics = Metrics()
        self.is_draining = False
        self.last_tick_monotonic: float | None = None
        self.webhook_listening = "not_used"
        self.database_problems: list[str] | Callable[[], Any] = []

    async def database_ready(self) -> list[str]:
        if callable(self.database_problems):
            await self.database_problems()
            return []
        return self.database_problems


class Thing(Input):
    price: Price
    paytime: Paytime
    event_id: BackendId = "1"
    title: Title | None = None
    starts_at: Instant | None = None
    minutes: int = 1
    anything: list[Any] | dict[str, Any] | None = None


class Nothing(Input):
    """Every field may be left out: what could not be read must not turn into this."""

    reason: Title | None = None


things = new_router(prefix="/v1/things", tag="Things")


@things.put("/{thing_id}")
async def put_thing(thing_id: PathId, thing: Thing, caller: Authenticated) -> dict[str, Any]:
    return {"id": thing_id, "price": thing.price, "event_id": thing.event_id, "caller": caller.name}


@things.get("/{thing_id}")
async def get_thing(thing_id: PathId, caller: Authenticated) -> dict[str, str]:
    return {"id": thing_id, "caller": caller.name}


@things.post("/{thing_id}/lenient")
async def post_lenient(thing_id: PathId, nothing: Nothing) -> dict[str, str]:
    return {"id": thing_id, "reason": str(nothing.reason)}


@things.get("")
async def list_things(query: Annotated[Query, QueryParameters()]) -> dict[str, int]:
    return {"limit": query.limit}


@things.get("/of/{order_id}")
async def get_order(order_id: OrderId) -> dict[str, str]:
    return {"order_id": str(order_id)}


@things.post("/refused")
async def refuse() -> None:
    raise AlreadyPaid("internal words")


@things.post("/too-many")
async def too_many() -> None:
    raise TooMany(retry_after_seconds=17)


@things.post("/broken")
async def break_down() -> None:
    raise RuntimeError("hunter2 in a message")


@things.post("/silent")
async def silent() -> None:
    raise DatabaseSilentError("hunter2")


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Every refusal has this shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["vary"] == "Accept-Language"
    assert answer.headers["cache-control"] == "no-store"
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(problem)
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem
