"""Doubtful headers, addresses and bodies are turned away before any route, with a 4xx and never a 5xx."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from payments_service.api.guards import Guards
from tests.api_edge.edge import SERVICE_KEY, FakeServices, assert_problem

LARGE = 64 * 1024 + 1


async def pieces(count: int, size: int = 1024) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * size


@pytest.mark.parametrize("path", ["/v1/things/1", "/nowhere", "/health/live"])
@pytest.mark.parametrize("method", ["PUT", "POST", "GET"])
async def test_a_large_body_is_413_everywhere(client: httpx.AsyncClient, path: str, method: str) -> None:
    announced = await client.request(method, path, content=b" " * LARGE)
    assert_problem(announced, 413, "body_too_large")
    streamed = await client.request(method, path, content=pieces(65))
    assert_problem(streamed, 413, "body_too_large")


async def test_a_body_of_exactly_the_limit_is_read(client: httpx.AsyncClient) -> None:
    body = b'{"price": "1.00", "paytime": "00:00:01"}'.ljust(LARGE - 1)
    assert (await client.put("/v1/things/1", content=body)).status_code == 200


async def test_an_endless_body_is_not_read_to_its_end(client: httpx.AsyncClient) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b" " * 4096

    assert_problem(await client.put("/v1/things/1", content=endless()), 413, "body_too_large")
    assert taken <= 18


async def call(app: Any, headers: list[tuple[bytes, bytes]], **scope: Any) -> list[Message]:
    """One request with headers and addresses that httpx would not send."""
    sent: list[Message] = []
    body: list[Message] = [
        {"type": "http.request", "body": b"{}", "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return body.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    path = scope.pop("path", "/v1/things/1")
    whole = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", f"Bearer {SERVICE_KEY}".encode()), *headers],
        **scope,
    }
    await app(whole, receive, send)
    return sent


async def test_the_same_request_without_doubt_is_answered(app: FastAPI) -> None:
    start, _ = await call(app, [(b"content-length", b"2")], query_string=b"limit=1&cursor=%C3%A5+b")
    assert start["status"] == 200


async def test_a_body_announced_as_large_is_not_even_begun(app: FastAPI) -> None:
    # Its first piece would be small: only the announcement says how much there is.
    start, _ = await call(app, [(b"content-length", b"65537")])
    assert start["status"] == 413


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", b"a"), (b"host", b"a")],
        [(b"content-length", b"2"), (b"content-length", b"2")],
        [(b"idempotency-key", b"a"), (b"idempotency-key", b"b")],
        [(b"content-type", b"application/json"), (b"content-type", b"text/plain")],
        [(b"content-length", b"2"), (b"transfer-encoding", b"chunked")],
        [(b"content-length", b"+2")],
        [(b"content-length", b"-2")],
        [(b"content-length", b"2, 2")],
        [(b"content-length", "\u00b2".encode("latin-1"))],
        [(b"content-length", b"9" * 5000)],
        [(b"x-ms-date", b"a"), (b"x-ms-date", b"b")],
    ],
)
async def test_doubtful_headers_are_400(app: FastAPI, headers: list[tuple[bytes, bytes]]) -> None:
    start, _ = await call(app, headers)
    assert start["status"] == 400
    assert (b"content-type", b"application/problem+json") in start["headers"]


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ({"path": "/v1/things/\0"}, 404),
        ({"path": "/v1/things/a\nb"}, 404),
        ({"path": "/v1/things/\ud800"}, 404),
        ({"path": "/v1/things/x", "raw_path": b"/v1/things/%ED%A0%80"}, 404),
        ({"path": "/v1/things/x", "raw_path": b"/v1/things/%00"}, 404),
        ({"path": "/v1/things/x", "raw_path": b"/v1/things/%FF"}, 404),
        ({"path": "/v1/things/" + "x" * 8200}, 414),
        ({"query_string": b"q=%00"}, 422),
        ({"query_string": b"q=%ED%A0%80"}, 422),
        ({"query_string": b"q=\xff"}, 422),
        ({"query_string": b"q=%0D%0Aset-cookie:x"}, 422),
        ({"query_string": b"limit=1&limit=2"}, 422),
        ({"query_string": b"x" * 8200}, 414),
        ({"headers": [(b"x-junk", b"x" * 33_000)]}, 431),
    ],
)
async def test_doubtful_addresses_are_4xx(app: FastAPI, scope: dict[str, Any], status: int) -> None:
    start, _ = await call(app, scope.pop("headers", []), **scope)
    assert start["status"] == status


@pytest.mark.parametrize(
    "path", ["/v1/things/" + "x" * 65, "/v1/things/...", "/v1/things/a%2Fb", "/v1/things/%F0%9F%98%80"]
)
async def test_a_path_that_is_no_id_is_4xx(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code in {404, 422}


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=abc",
        "limit=1.0",
        "limit=%201",
        "limit=1_0",
        "limit=",
        "limit=9999999",
        "cursor=",
        "page=2",
    ],
)
async def test_a_wrong_query_is_422(client: httpx.AsyncClient, query: str) -> None:
    assert_problem(await client.get(f"/v1/things?{query}"), 422, "invalid_request")


async def test_a_good_query_is_read(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/things?limit=100&cursor=a")).json() == {"limit": 100}


@pytest.mark.parametrize(
    "order_id", ["1", "x" * 400, "6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "6ba7b8109dad11d180b400c04fd430c8"]
)
async def test_a_malformed_order_id_is_the_id_of_no_order(client: httpx.AsyncClient, order_id: str) -> None:
    assert_problem(await client.get(f"/v1/things/of/{order_id}"), 404, "order_not_found")


async def test_a_slow_body_is_408() -> None:
    async def never(*_: Any) -> None:
        raise AssertionError("the route was entered")

    async def receive() -> Message:
        await asyncio.sleep(10)
        raise AssertionError("waited for")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [],
    }
    await Guards(never, body_seconds=0.01)(scope, receive, send)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_nobody_is_answered_who_went_away(app: FastAPI, services: FakeServices) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [],
    }
    await app(scope, receive, send)
    assert b'status="499"' in services.metrics.render()


async def test_two_authorization_headers_are_bad_credentials(app: FastAPI) -> None:
    start, _ = await call(app, [(b"authorization", b"Bearer other")])
    assert start["status"] == 401
