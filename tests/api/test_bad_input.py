"""Bad input on every route: a problem with a code, never a failure of ours, and nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from payments_service.storage.tables import metadata
from payments_service.vipps import callback_token
from tests.webhooks.signing import genuine

ORDER_ID = "5b0f1c9a-6f0e-4b52-9d1c-0d6c3b8f7a11"
BODIES = {
    "empty": b"",
    "no json": b"{",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "a name twice": b'{"event_id": "1", "event_id": "2"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"event_id": "1"}'.encode("utf-16"),
    "bad UTF-8": b'{"event_id": "\xff"}',
    "not a number": b'{"event_id": NaN, "user_id": "a"}',
    "infinity": b'{"event_id": Infinity, "user_id": "a"}',
    "NUL": b'{"event_id": "a\\u0000b", "user_id": "a", "price": "1\\u0000"}',
    "a lone surrogate": b'{"event_id": "\\ud800", "user_id": "a", "title": "\\udfff"}',
    "a huge integer": b'{"event_id": 1' + b"0" * 5000 + b', "user_id": "a"}',
    "a boolean": b'{"event_id": true, "user_id": false, "price": true, "paytime": true, "minutes": true}',
    "fractions": b'{"event_id": 1.5, "user_id": 2.5, "price": 250.0, "paytime": 3600.0}',
    "an unknown field": b'{"event_id": "1", "user_id": "a", "amount": "1.00", "price": "1.00", "paytime": "01:00:00"}',
    "our own fields": b'{"event_id": "1", "user_id": "a", "status": "SALE", "is_paid": true, "captured": "250.00"}',
    "deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "many names": b"{" + b",".join(b'"n%d": 1' % n for n in range(4000)) + b"}",
    "a stranger's id": b'{"event_id": "../../etc", "user_id": "a b", "reason": ""}',
    "prices": b'{"price": "-1.00", "paytime": "00:00:00"}',
    "absurd prices": b'{"price": "10000.00", "paytime": "24:00:00"}',
    "other digits": b'{"price": "\\u0662\\u0665\\u0660.\\u0660\\u0660", "paytime": "\\u0660\\u0661:00:00"}',
}
PATHS = {
    "blank": "%20",
    "NUL": "%00",
    "a surrogate": "%ed%a0%80",
    "dots": "..%2f..%2f",
    "too long": "a" * 65,
    "far too long": "a" * 5000,
    "SQL": "'%20OR%201=1--",
    "an upper case UUID": ORDER_ID.upper(),
}


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every (method, path) that is described, and what Vipps posts to."""
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path
    yield "POST", "/vipps/v2/payments/{order_id}"
    yield "POST", "/vipps/v2/payments/{order_id}/"
    yield "POST", "/vipps/webhooks"


def filled(path: str, value: str | None = None) -> str:
    order_id, other = (value or ORDER_ID), (value or "77")
    path = path.replace("{order_id}", order_id)
    for name in ("event_id", "registration_id", "user_id", "notice_id"):
        path = path.replace(f"{{{name}}}", other)
    return path


async def contents(app: FastAPI) -> dict[str, int]:
    """How many rows there are of everything."""
    async with app.state.services.database.autocommit() as connection:
        return {
            name: (await connection.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one()  # noqa: S608
            for name in metadata.tables
        }


def vipps_headers(app: FastAPI, path: str, order_id: str, body: bytes) -> dict[str, str]:
    """What makes Vipps' own posts authentic."""
    if not path.startswith("/vipps"):
        return {}
    if path == "/vipps/webhooks":
        return {name.decode(): value.decode() for name, value in genuine(body).headers}
    settings = app.state.services.settings
    secret = settings.vipps_callback_secret.get_secret_value()
    return {"Authorization": callback_token.make(secret, settings.vipps_merchant_serial_number, order_id)}


def assert_refused(answer: httpx.Response, what: str) -> None:
    assert 400 <= answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json", what
    assert answer.json()["code"], what


@pytest.mark.parametrize("kind", BODIES)
async def test_a_bad_body_is_refused_everywhere_and_changes_nothing(
    app: FastAPI, api: httpx.AsyncClient, kind: str
) -> None:
    before = await contents(app)
    for method, path in routes(app):
        if method not in ("PUT", "POST") or path.endswith("/sync"):
            continue
        is_callback = path.startswith("/vipps")
        headers = vipps_headers(app, path, ORDER_ID, BODIES[kind])
        answer = await api.request(method, filled(path), content=BODIES[kind], headers=headers)
        if is_callback and answer.status_code == 200:
            continue  # readable and authentic: kept for a person, believed in nothing
        assert_refused(answer, f"{method} {path}")
    after = await contents(app)
    kept = dict.fromkeys(("deliveries", "attention", "notices"), 0)
    assert {**after, **kept} == {**before, **kept}


async def test_a_body_over_64_kib_is_too_large_everywhere(app: FastAPI, api: httpx.AsyncClient) -> None:
    for method, path in [*routes(app), ("POST", "/nowhere")]:
        answer = await api.request(method, filled(path), content=b" " * 70_000)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large"), f"{method} {path}"


@pytest.mark.parametrize("kind", PATHS)
async def test_a_bad_id_in_the_path_is_refused_and_changes_nothing(
    app: FastAPI, api: httpx.AsyncClient, kind: str
) -> None:
    before = await contents(app)
    for method, path in routes(app):
        if "{" not in path:
            continue
        body = {"event_id": "1", "user_id": "a", "reason": "because", "minutes": 5}
        answer = await api.request(method, filled(path, PATHS[kind]), json=body)
        if kind == "an upper case UUID" and "{order_id}" not in path:
            continue  # a fine id for an event
        assert_refused(answer, f"{method} {path}")
    if kind != "an upper case UUID":
        assert await contents(app) == before


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "limit=1.0",
        "limit=",
        "cursor=nonsense",
        "cursor=%00",
        "cursor=W10",
        "cursor=WyIyMDI2LTAxLTAxIiwgMV0",
        "status=PAID",
        "nobody=knows",
        "event_id=%00",
        "event_id=a%20b",
        "limit=5&limit=6",
    ],
)
async def test_a_bad_query_of_a_list_is_refused(api: httpx.AsyncClient, query: str) -> None:
    for path in ("/v1/orders", "/v1/registrations", "/v1/attention", "/v1/notices"):
        answer = await api.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), f"{path}?{query}"


async def test_nobody_changes_or_deletes_an_order(app: FastAPI) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://payments.test"
    ) as anyone:
        for method in ("PUT", "PATCH", "DELETE"):
            answer = await anyone.request(method, f"/v1/orders/{ORDER_ID}")
            assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
            assert "GET" in answer.headers["allow"]


async def test_without_credentials_every_route_is_closed(app: FastAPI) -> None:
    open_ones = {"/health/live", "/health/ready", "/metrics"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://payments.test"
    ) as anyone:
        for method, path in routes(app):
            if path in open_ones:
                continue
            answer = await anyone.request(method, filled(path), json={})
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), f"{method} {path}"
