"""The real application on a real database, with an order in the checkout; no scheduler: nothing moves by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.api.conftest import api, app, simulator
from tests.journeys.stack import Stack
from tests.webhooks.service import Hooked

__all__ = ["api", "app", "simulator"]


@pytest.fixture
def own_stack(database_url: str, tmp_path: Path) -> Iterator[Stack]:
    """No replica and no registration yet: both are the journey's."""
    with Stack(database_url, tmp_path, is_registered=False) as stack:
        yield stack
        stack.end()


@pytest.fixture
async def hooked(app: FastAPI, api: httpx.AsyncClient) -> Hooked:
    """The service with one member on the way through the checkout."""
    await api.put("/v1/paid-events/123", json={"price": "250.00", "paytime": "01:00:00"})
    await api.put("/v1/registrations/77", json={"event_id": "123", "user_id": "olanor"})
    started = await api.post("/v1/orders", json={"event_id": "123", "user_id": "olanor"})
    assert started.status_code == 201, started.text
    return Hooked(app, started.json()["order_id"])
