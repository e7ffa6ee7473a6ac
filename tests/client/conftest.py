"""The client against the real application over ASGI, on a real database, beside the simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from payments_service.demo.environment import SERVICE_KEY
from payments_service_client import PaymentsClient
from tests.api.conftest import ORIGIN, app, simulator

__all__ = ["app", "simulator"]


@pytest.fixture(autouse=True)
def _manual_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing moves by itself here, so money is captured when a test says so."""
    monkeypatch.setenv("VIPPS_CAPTURE", "manual")


@pytest.fixture
async def payments(app: FastAPI) -> AsyncIterator[PaymentsClient]:
    """The event backend's client."""
    transport = httpx.ASGITransport(app=app)
    async with PaymentsClient(ORIGIN, token=SERVICE_KEY, language="en", transport=transport) as client:
        yield client
