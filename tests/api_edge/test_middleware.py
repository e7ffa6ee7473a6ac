"""Each request has an id, one log line, figures by route template, and headers that keep browsers out."""

from __future__ import annotations

import httpx
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from tests.api_edge.edge import SERVICE_KEY, FakeServices


async def test_a_harmless_request_id_is_echoed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/things/1", headers={"X-Request-Id": "req-1.2:3@x"})
    assert answer.headers["x-request-id"] == "req-1.2:3@x"


@pytest.mark.parametrize("sent", ["", "a b", "a" * 129, 'a"b', "a\x1bb", "å", "{}"])
async def test_a_doubtful_request_id_is_replaced(client: httpx.AsyncClient, sent: str) -> None:
    answer = await client.get("/v1/things/1", headers={b"X-Request-Id": sent.encode()})
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] != sent
    assert len(answer.headers["x-request-id"]) == 36


async def test_two_request_ids_are_none(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/v1/things/1",
        headers=[("X-Request-Id", "a"), ("X-Request-Id", "b"), ("Authorization", f"Bearer {SERVICE_KEY}")],
    )
    assert answer.headers.get_list("x-request-id")[0] not in {"a", "b"}
    assert len(answer.headers.get_list("x-request-id")) == 1


async def test_one_line_a_request_without_path_query_or_credentials(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await client.get("/v1/things/a-person?x=hunter2", headers={"X-Request-Id": "r1"})
        await client.get("/a-person/unknown")
        await client.get("/health/live")
    assert [line["event"] for line in lines] == ["request"] * 3
    assert (lines[0]["route"], lines[0]["status"], lines[0]["request_id"]) == (
        "/v1/things/{thing_id}",
        200,
        "r1",
    )
    assert (lines[1]["route"], lines[2]["log_level"]) == ("unmatched", "debug")
    for hidden in ("a-person", "hunter2", SERVICE_KEY):
        assert hidden not in str(lines)


async def test_figures_are_by_template_method_and_status(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    for thing in ("1", "2"):
        await client.get(f"/v1/things/{thing}")
    await client.request("BREW", "/teapot")
    await client.delete("/v1/things/1")
    samples = {
        (s.name, s.labels["method"], s.labels["route"], s.labels["status"]): s.value
        for family in text_string_to_metric_families(services.metrics.render().decode())
        for s in family.samples
        if s.name == "payments_http_requests_total"
    }
    assert samples == {
        ("payments_http_requests_total", "GET", "/v1/things/{thing_id}", "200"): 2,
        ("payments_http_requests_total", "other", "unmatched", "404"): 1,
        ("payments_http_requests_total", "DELETE", "/v1/things/{thing_id}", "405"): 1,
    }


async def test_answers_are_not_kept_sniffed_or_framed(client: httpx.AsyncClient) -> None:
    for path in ("/v1/things/1", "/nowhere", "/openapi.json"):
        headers = (await client.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "content-security-policy" not in (await client.get("/docs")).headers


async def test_connections_are_given_up_while_draining(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    assert "connection" not in (await client.get("/v1/things/1")).headers
    services.is_draining = True
    assert (await client.get("/v1/things/1")).headers["connection"] == "close"
