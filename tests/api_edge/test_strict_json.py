"""What is no JSON is 400, what can be no field's value is 422, and nothing a caller sends is a 500."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from payments_service.api.strict_json import parse_json
from tests.api_edge.edge import assert_problem

GOOD = {"price": "250.00", "paytime": "01:00:00"}


def with_field(name: str, raw: str) -> bytes:
    return (json.dumps(GOOD)[:-1] + f', "{name}": {raw}}}').encode()


UNREADABLE = [
    b"{",
    b"}",
    b"hello",
    b"{'price': 1}",
    b'{"price": "250.00",}',
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b'{"price": "\xff"}',
    b'{"price": "\x00"}',
    b'{"title": "a\nb"}',
    b"{} {}",
    b'{"price": "1.00", "price": "2.00"}',
    with_field("minutes", "NaN"),
    with_field("minutes", "-Infinity"),
    with_field("minutes", "01"),
    with_field("anything", "[" * 21 + "]" * 21),
    b"[" * 10_000,
    b'{"a":' * 10_000,
    b"[" * 10_000 + b"]" * 10_000,
]


@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
async def test_what_is_no_json_is_400(client: httpx.AsyncClient, body: bytes) -> None:
    assert_problem(await client.put("/v1/things/1", content=body), 400, "invalid_request")
    # Also where every field may be left out, so that nothing could be missing.
    assert_problem(await client.post("/v1/things/1/lenient", content=body), 400, "invalid_request")


WRONG = [
    ("title", '"a\\u0000b"', "body.title"),
    ("title", '"\\ud800"', "body.title"),
    ("title", '"\\udc00\\ud800"', "body.title"),
    ("title", '"a\\u0007b"', "body.title"),
    ("title", '"a\\u202eb"', "body.title"),
    ("title", json.dumps("x" * 201), "body.title"),
    ("title", "1", "body.title"),
    ("minutes", "9" * 5000, "body.minutes"),
    ("minutes", "9223372036854775808", "body.minutes"),
    ("minutes", "1e999", "body.minutes"),
    ("minutes", "1.0", "body.minutes"),
    ("minutes", "true", "body.minutes"),
    ("minutes", '"1"', "body.minutes"),
    ("minutes", "null", "body.minutes"),
    ("anything", '{"a": [1, "\\u0000"]}', "body.anything.a.1"),
    ("anything", '{"\\ud800": 1}', "body.anything"),
    ("event_id", "1.0", "body.event_id"),
    ("event_id", "true", "body.event_id"),
    ("event_id", '"..."', "body.event_id"),
    ("event_id", '"a/b"', "body.event_id"),
    ("event_id", '"a\\n"', "body.event_id"),
    ("event_id", json.dumps("x" * 65), "body.event_id"),
    ("status", '"paid"', "body.status"),
]


@pytest.mark.parametrize(("name", "raw", "field"), WRONG, ids=range(len(WRONG)))
async def test_what_can_be_no_fields_value_is_422(
    client: httpx.AsyncClient, name: str, raw: str, field: str
) -> None:
    problem = assert_problem(
        await client.put("/v1/things/1", content=with_field(name, raw)), 422, "invalid_request"
    )
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"', b"1", b"true"])
async def test_what_is_no_object_is_422(client: httpx.AsyncClient, body: bytes) -> None:
    assert_problem(await client.put("/v1/things/1", content=body), 422, "invalid_request")


async def test_another_content_type_is_not_read_as_json(client: httpx.AsyncClient) -> None:
    for content_type in (b"text/plain", b"multipart/form-data; boundary=x", b"\xff", b"application/json/x"):
        answer = await client.post(
            "/v1/things/1/lenient", content=b"{}", headers={b"Content-Type": content_type}
        )
        assert_problem(answer, 422, "invalid_request")


async def test_good_json_arrives(client: httpx.AsyncClient) -> None:
    body = with_field("event_id", "123").replace(b"250.00", b"9999.9")
    answer = await client.put("/v1/things/1", content=body)
    assert answer.json() == {"id": "1", "price": 999_990, "event_id": "123", "caller": "backend"}


async def test_who_may_call_is_answered_before_what_was_sent(client: httpx.AsyncClient) -> None:
    answer = await client.put("/v1/things/1", content=b"{", headers={"Authorization": "Bearer wrong"})
    assert_problem(answer, 401, "unauthorized")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        ('"\\ud83d\\ude00 blåbær"'.encode(), "😀 blåbær"),
        (b"[" * 20 + b"]" * 20, None),
    ],
)
def test_the_edges_of_what_is_read(raw: bytes, value: Any) -> None:
    read = parse_json(raw)
    assert value is None or read == value
