"""The probes say what an orchestrator should do: start anew, send no traffic, or nothing."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
from fastapi import FastAPI

from tests.api_edge.edge import FakeServices


async def test_alive_while_the_scheduler_comes_round(
    client: httpx.AsyncClient, app: FastAPI, services: FakeServices
) -> None:
    assert (await client.get("/health/live")).json() == {"status": "ok", "problems": []}
    services.last_tick_monotonic = time.monotonic() - 59
    assert (await client.get("/health/live")).status_code == 200
    services.last_tick_monotonic = time.monotonic() - 61
    assert (await client.get("/health/live")).status_code == 503
    # Before the first tick the start counts.
    services.last_tick_monotonic = None
    app.state.started_monotonic = time.monotonic() - 61
    assert (await client.get("/health/live")).status_code == 503


async def test_a_long_sweep_may_take_its_time(client: httpx.AsyncClient, services: FakeServices) -> None:
    services.settings = services.settings.model_copy(update={"sweep_seconds": 20})
    services.last_tick_monotonic = time.monotonic() - 110
    assert (await client.get("/health/live")).status_code == 200
    services.last_tick_monotonic = time.monotonic() - 121
    assert (await client.get("/health/live")).status_code == 503


async def test_ready_when_the_database_is(client: httpx.AsyncClient, services: FakeServices) -> None:
    assert (await client.get("/health/ready")).status_code == 200
    services.database_problems = ["schema is behind"]
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["problems"]) == (503, ["schema is behind"])


async def test_not_ready_while_draining(client: httpx.AsyncClient, services: FakeServices) -> None:
    services.is_draining = True
    assert (await client.get("/health/ready")).json()["problems"] == ["draining"]
    assert (await client.get("/health/live")).status_code == 200


@pytest.mark.parametrize("word", ["registered", "missing", "incomplete", "unknown", "not_used"])
async def test_a_lost_webhook_is_told_and_keeps_no_traffic_away(
    client: httpx.AsyncClient, services: FakeServices, word: str
) -> None:
    services.webhook_listening = word
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["details"]) == (200, {"vipps_webhook": word})
    services.database_problems = ["schema is behind"]
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["details"]) == (503, {"vipps_webhook": word})


async def test_a_silent_database_is_given_one_second(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    services.database_problems = lambda: asyncio.sleep(30)
    started = time.monotonic()
    assert (await client.get("/health/ready")).status_code == 503
    assert time.monotonic() - started < 2


async def test_figures_are_served(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for name in (
        'payments_first_learned_total{how="sweep"} 0.0',
        'payments_attention_open{code="paid_without_seat"} 0.0',
        "payments_oldest_unsettled_delivery_seconds 0.0",
        "payments_oldest_overdue_registration_seconds 0.0",
        "payments_last_tick_timestamp_seconds 0.0",
        "process_resident_memory_bytes",
    ):
        assert name in answer.text
