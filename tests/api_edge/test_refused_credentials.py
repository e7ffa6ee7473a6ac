"""Refused credentials are counted one by one, by a few words of ours, and said in the log once a minute and door."""

from __future__ import annotations

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from payments_service.api.refused_credentials import QUIET_SECONDS, RefusedCredentials, door_of
from payments_service.metrics import Metrics
from tests.api_edge.edge import FakeServices


def counted(metrics: Metrics) -> dict[tuple[str, str], float]:
    return {
        (sample.labels["door"], sample.labels["reason"]): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
        if sample.name == "payments_credentials_refused_total"
    }


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_first_is_said_at_once_and_the_next_line_says_how_many_there_were() -> None:
    clock, metrics = Clock(), Metrics()
    refused = RefusedCredentials(metrics, clock=clock)
    with capture_logs() as lines:
        for _ in range(500):
            refused.note("/v1/orders", "unknown")
        refused.note("/vipps/webhooks", "unknown")
        clock.now += QUIET_SECONDS
        refused.note("/v1/orders", "expired")
    said = [(line["event"], line["door"], line["reason"], line["count"]) for line in lines]
    assert said == [
        ("credentials_refused", "api", "unknown", 1),
        ("credentials_refused", "webhook", "unknown", 1),
        ("credentials_refused", "api", "expired", 500),
    ]
    assert counted(metrics)["api", "unknown"] == 500


def test_each_door_is_told_from_the_others() -> None:
    assert door_of("/vipps/v2/payments/{order_id}") == "callback"
    assert door_of("/vipps/v2/payments/{order_id}/") == "callback"
    assert door_of("/vipps/webhooks") == "webhook"
    assert door_of("/v1/orders") == door_of("unmatched") == "api"


def test_every_door_has_its_figure_before_anybody_knocks() -> None:
    assert counted(Metrics()) == {
        ("api", "unknown"): 0,
        ("callback", "unknown"): 0,
        ("webhook", "unknown"): 0,
    }


def test_a_word_of_somebody_elses_is_never_a_label() -> None:
    with pytest.raises(ValueError, match="unknown door or reason"):
        Metrics().credentials_refused("api", "hunter2")


async def test_requests_are_counted_by_what_was_wrong_with_their_credentials(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    del client.headers["Authorization"]
    with capture_logs() as lines:
        await client.get("/v1/things/1")
        for presented in ("Basic hunter2", "Bearer", "Bearer hunter2", "Bearer a.b.c"):
            await client.get("/v1/things/hunter2", headers={"Authorization": presented})
        await client.get("/nowhere", headers={"Authorization": "Bearer hunter2"})
    found = counted(services.metrics)
    assert (found["api", "missing"], found["api", "malformed"], found["api", "unknown"]) == (1, 2, 2)
    assert [line["reason"] for line in lines if line["event"] == "credentials_refused"] == ["missing"]
    assert "hunter2" not in str(lines)
    assert "hunter2" not in services.metrics.render().decode()
