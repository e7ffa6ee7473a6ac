"""Whether Vipps still tells us is seen in readiness and in the figures, and keeps no traffic away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from payments_service.demo.environment import environment
from payments_service.serve import app_of
from payments_service.settings import Settings
from payments_service.vipps.webhook_registrations import EVENTS
from payments_service.wiring import Services

FIGURE = "payments_vipps_webhook_registered"
CHECKED = "payments_vipps_webhook_checked_timestamp_seconds"
URL = "http://127.0.0.1:8000/vipps/webhooks"


class Vipps:
    """Says what is registered; None: an outage."""

    def __init__(self) -> None:
        self.events: list[str] | None = list(EVENTS)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/accesstoken/get":
            return httpx.Response(200, json={"access_token": "a-token", "expires_in": "3600"})
        if self.events is None:
            return httpx.Response(503)
        one = {"id": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "url": URL, "events": self.events}
        return httpx.Response(200, json={"webhooks": [one] if self.events else []})


@pytest.fixture
def vipps() -> Vipps:
    return Vipps()


@pytest.fixture
async def made(
    database_url: str, vipps: Vipps, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[str], Services]]:
    """Make the parts of a service with these webhook secrets."""
    services: list[Services] = []

    def make(secrets: str) -> Services:
        variables = environment(
            database_url=database_url,
            service_port=8000,
            simulator_origin="http://127.0.0.1:8090",
            VIPPS_WEBHOOK_SECRETS=secrets,
        )
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        services.append(Services(Settings(), vipps_transport=httpx.MockTransport(vipps)))
        return services[-1]

    yield make
    for one in services:
        await one.aclose()


async def seen(services: Services) -> tuple[str, dict[str, float]]:
    """What a probe and a scraper see: the word, and the figures of the webhook by name."""
    transport = httpx.ASGITransport(app=app_of(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://payments.test") as anyone:
        ready = await anyone.get("/health/ready")
        assert ready.status_code == 200, ready.text
        figures = (await anyone.get("/metrics")).text
    lines = [line.split() for line in figures.splitlines() if line.startswith("payments_vipps_webhook")]
    return ready.json()["details"]["vipps_webhook"], {name: float(value) for name, value in lines}


async def test_a_service_without_webhooks_asks_for_none(made: Callable[[str], Services]) -> None:
    services = made("")
    assert services.webhook_check is None
    assert await seen(services) == ("not_used", {})  # a figure of 0 would raise an alarm


async def test_what_vipps_says_is_what_is_shown(made: Callable[[str], Services], vipps: Vipps) -> None:
    services = made("a-secret-of-vipps")
    assert services.webhook_check is not None
    assert await seen(services) == ("unknown", {})
    for events, word, figure in (
        (list(EVENTS), "registered", 1),
        ([], "missing", 0),
        (list(EVENTS)[1:], "incomplete", 0),
        (list(EVENTS), "registered", 1),
    ):
        vipps.events = events
        await services.webhook_check.look()
        said, figures = await seen(services)
        assert (said, figures[FIGURE]) == (word, figure)
        assert figures[CHECKED] > 1_700_000_000


async def test_an_outage_keeps_the_figure_and_its_time(made: Callable[[str], Services], vipps: Vipps) -> None:
    services = made("a-secret-of-vipps")
    assert services.webhook_check is not None
    await services.webhook_check.look()
    _, before = await seen(services)
    vipps.events = None
    await services.webhook_check.look()
    assert await seen(services) == ("unknown", before)
