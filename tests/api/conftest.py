"""The real application over ASGI on a real database, beside the simulator; no scheduler: nothing moves by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from payments_service.demo.environment import SERVICE_KEY, environment
from payments_service.serve import app_of
from payments_service.settings import Settings
from payments_service.simulator.simulator import Simulator
from payments_service.wiring import Services

ORIGIN = "http://payments.test"
#: The second is the one before: both are good while a secret is being changed.
WEBHOOK_SECRETS = ("mlOq3x+a/KQ0bWVuLCBzaWduZWQgYnkgdGhlIG5ldyBvbmU=", "0a3c64ab-7f1f-4c39-b85c-58a1f5a87f11")


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    simulator = Simulator()
    yield simulator
    await simulator.close()


@pytest.fixture
async def app(
    database_url: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FastAPI]:
    variables = environment(
        database_url=database_url,
        service_port=8000,
        simulator_origin="http://127.0.0.1:8090",
        JWT_KEY="a-key-for-members-tokens-in-tests-only",
        VIPPS_WEBHOOK_SECRETS=",".join(WEBHOOK_SECRETS),
    )
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    neighbours = httpx.ASGITransport(app=simulator.app)
    services = Services(Settings(), vipps_transport=neighbours, event_service_transport=neighbours)
    yield app_of(services)
    await services.aclose()


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The event backend's client."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url=ORIGIN,
        headers={"Authorization": f"Bearer {SERVICE_KEY}"},
    ) as client:
        yield client
