"""A small application with the whole edge around a few routes of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from fastapi import FastAPI

from payments_service.api.app import create_app
from tests.api_edge.edge import SERVICE_KEY, DatabaseSilentError, FakeServices, things


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.fixture
def app(services: FakeServices) -> FastAPI:
    return create_app(services, routers=[things], unavailable=[DatabaseSilentError])


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {SERVICE_KEY}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="https://payments.test", headers=headers
    ) as client:
        yield client
    structlog.contextvars.clear_contextvars()
