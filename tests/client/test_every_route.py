"""Every `/v1` route of the service has a method of the client, and every method has a route."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import httpx
from fastapi import FastAPI

from payments_service.api.app import create_app
from payments_service.api.routers import ROUTERS
from payments_service_client import ExemptionKind, PaymentsClient, PaymentsError
from tests.api_edge.edge import FakeServices
from tests.client.played import ADDRESS, KEY, ORDER_ID

IDS: Final = {
    "event_id": "an-event",
    "registration_id": "a-registration",
    "order_id": ORDER_ID,
    "user_id": "a-member",
    "notice_id": "a-notice",
}
NEEDED: Final[dict[str, Any]] = {
    **IDS,
    "price": Decimal(250),
    "paytime": timedelta(hours=1),
    "minutes": 5,
    "reason": "why",
    "kind": ExemptionKind.COMPLIMENTARY,
}
RESOURCES: Final = ("paid_events", "registrations", "orders", "attention", "events", "users", "notices")


def routes_of(app: FastAPI) -> set[str]:
    """As OpenAPI has them."""
    return {
        f"{method.upper()} {path}"
        for path, operations in app.openapi()["paths"].items()
        for method in operations
        if path.startswith("/v1/")
    }


async def routes_called() -> set[str]:
    """Call every public method with what it must have, and note what it asks for."""
    asked: set[str] = set()

    def note(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        for name, value in IDS.items():
            path = path.replace(value, f"{{{name}}}")
        asked.add(f"{request.method} {path}")
        return httpx.Response(404)

    async with PaymentsClient(ADDRESS, token=KEY, transport=httpx.MockTransport(note)) as client:
        for resource in (getattr(client, name) for name in RESOURCES):
            for _, method in inspect.getmembers(resource, inspect.ismethod):
                if not method.__name__.startswith("_"):
                    await call(method)
    return asked


async def call(method: Any) -> None:
    needed = [
        name
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is inspect.Parameter.empty
    ]
    given = method(**{name: NEEDED[name] for name in needed})
    with suppress(PaymentsError):
        if isinstance(given, AsyncIterator):
            await anext(given)
        else:
            await given


def app() -> FastAPI:
    return create_app(FakeServices(), routers=ROUTERS)


async def test_every_route_has_a_method() -> None:
    assert routes_of(app()) - await routes_called() == set()


async def test_every_method_has_a_route() -> None:
    assert await routes_called() - routes_of(app()) == set()


def test_every_resource_is_looked_at() -> None:
    client = PaymentsClient(ADDRESS, token=KEY)
    assert {name for name in vars(client) if not name.startswith("_")} == set(RESOURCES)


def test_the_client_stands_alone() -> None:
    """Importing it brings httpx and pydantic, and nothing of the service or of what that needs."""
    code = "import sys, payments_service_client; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(found.stdout.split())
    assert {"httpx", "pydantic"} <= loaded
    assert (
        loaded & {"payments_service", "fastapi", "starlette", "sqlalchemy", "structlog", "asyncpg"} == set()
    )
