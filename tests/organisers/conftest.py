"""The real application, a database that holds what the test puts there, and neighbours that nobody may call."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from payments_service.demo.environment import environment
from payments_service.serve import app_of
from payments_service.settings import Settings
from payments_service.wiring import Services
from tests.organisers.office import JWT_KEY, Office, Unreachable
from tests.storage.conftest import EMPTY, shared_url

__all__ = ["office", "shared_url"]


@pytest.fixture
async def office(shared_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """Nothing moves by itself here: there is no scheduler, and whoever calls a neighbour fails the test."""
    connection = await asyncpg.connect(shared_url)
    await connection.execute(EMPTY)
    variables = environment(
        database_url=shared_url,
        service_port=8000,
        simulator_origin="http://127.0.0.1:8090",
        JWT_KEY=JWT_KEY,
    )
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    neighbours = Unreachable()
    services = Services(Settings(), vipps_transport=neighbours, event_service_transport=neighbours)
    office = Office(app_of(services), services.database, connection)
    yield office
    await office.aclose()
    await services.aclose()
    await connection.close()
    assert neighbours.calls == []
