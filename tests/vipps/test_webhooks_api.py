"""The Webhooks API's client: what it sends, what it takes for an answer, and what it makes of a no."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx
import pytest
from structlog.testing import capture_logs

from payments_service.vipps.errors import NotSent, OutcomeUnknown, Rejected, TryAgain, VippsError
from payments_service.vipps.webhook_registrations import EVENTS
from payments_service.vipps.webhooks_api import WebhooksApi
from tests.vipps.played import KEYS, Played

URL: Final = "https://pay.test/vipps/webhooks"
ID: Final = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
SECRET: Final = "090a478d-37ff-4e77-970e-d457aeb26a3a"
ONE: Final = {"id": ID, "url": URL, "events": list(EVENTS)}
GOOD: Final[dict[str, tuple[Any, int]]] = {
    "register": ({"id": ID, "secret": SECRET}, 201),
    "registrations": ({"webhooks": [ONE]}, 200),
    "delete": (b"", 204),
}
OPERATIONS: Final = tuple(GOOD)


@pytest.fixture
def hooks(played: Played) -> WebhooksApi:
    return WebhooksApi(
        transport=played.transport,
        observe=lambda operation, outcome, _: played.observed.append((operation, outcome)),
    )


async def do(hooks: WebhooksApi, operation: str, timeout: float = 5.0) -> Any:
    if operation == "register":
        return await hooks.register(URL, EVENTS, timeout=timeout)
    if operation == "registrations":
        return await hooks.registrations(timeout=timeout)
    return await hooks.delete(ID, timeout=timeout)


@pytest.mark.parametrize(
    ("operation", "method", "path"),
    [
        ("register", "POST", "/webhooks/v1/webhooks"),
        ("registrations", "GET", "/webhooks/v1/webhooks"),
        ("delete", "DELETE", f"/webhooks/v1/webhooks/{ID}"),
    ],
)
async def test_every_call_goes_where_it_should_with_our_keys(
    played: Played, hooks: WebhooksApi, operation: str, method: str, path: str
) -> None:
    played.says(*GOOD[operation])
    await do(hooks, operation)
    request = played.requests[-1]
    assert (request.method, request.url.path) == (method, path)
    assert request.headers["Authorization"] == "Bearer token-1"
    assert request.headers["Ocp-Apim-Subscription-Key"] == KEYS["subscription_key"]
    assert request.headers["Merchant-Serial-Number"] == "654321"
    assert "vipps-system-name" in request.headers


async def test_a_registration_names_address_and_events_and_nothing_else(
    played: Played, hooks: WebhooksApi
) -> None:
    played.says(*GOOD["register"])
    made = await do(hooks, "register")
    assert (made.id, made.secret) == (ID, SECRET)
    assert played.sent == {"url": URL, "events": list(EVENTS)}
    assert SECRET not in repr(made)


async def test_a_list_is_read_whatever_else_it_holds(played: Played, hooks: WebhooksApi) -> None:
    played.says({"webhooks": [ONE | {"createdAt": "2026-11-23", "secret": None}], "total": 1})
    (found,) = await hooks.registrations(timeout=5)
    assert (found.id, found.url, found.events) == (ID, URL, list(EVENTS))
    played.says({"webhooks": []})
    assert await hooks.registrations(timeout=5) == []


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("register", b""),
        ("register", b"<html>"),
        ("register", []),
        ("register", {"id": ID}),
        ("register", {"id": ID, "secret": ""}),
        ("register", {"id": ID, "secret": 7}),
        ("register", {"id": "../../accesstoken", "secret": SECRET}),
        ("register", {"secret": SECRET}),
        ("register", b'{"id": "1", "secret": "a", "secret": "b"}'),
        ("registrations", {}),
        ("registrations", []),
        ("registrations", {"webhooks": None}),
        ("registrations", {"webhooks": [{"id": ID, "url": URL}]}),
        ("registrations", {"webhooks": [{"id": ID, "url": URL, "events": "all"}]}),
        ("registrations", {"webhooks": [{"id": ID, "url": URL, "events": [1]}]}),
        ("registrations", {"webhooks": [{"id": "a b", "url": URL, "events": []}]}),
    ],
)
async def test_an_answer_that_cannot_be_read_leaves_the_outcome_open(
    played: Played, hooks: WebhooksApi, operation: str, body: Any
) -> None:
    played.says(body, GOOD[operation][1])
    with pytest.raises(OutcomeUnknown, match="unreadable answer"):
        await do(hooks, operation)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, Rejected),
        (403, Rejected),
        (404, Rejected),
        (409, Rejected),
        (422, Rejected),
        (401, TryAgain),
        (423, TryAgain),
        (425, TryAgain),
        (429, TryAgain),
        (408, OutcomeUnknown),
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (503, OutcomeUnknown),
        (504, OutcomeUnknown),
    ],
)
async def test_each_no_is_named_by_its_remedy(
    played: Played, hooks: WebhooksApi, operation: str, status: int, remedy: type[VippsError]
) -> None:
    played.says({"statusCode": status, "message": "no"}, status, {"Retry-After": "7"})
    with pytest.raises(remedy) as caught:
        await do(hooks, operation)
    assert f"http/{status}" in str(caught.value)
    if isinstance(caught.value, Rejected):
        assert caught.value.code == f"http/{status}"
    else:
        assert caught.value.retry_after_seconds == 7


async def test_a_refusal_says_in_vipps_words_what_was_wrong(played: Played, hooks: WebhooksApi) -> None:
    details = [
        {"name": "url", "reason": "must be\nhttps \u001b[31m"},
        "odd",
        {"name": "events", "reason": None},
    ]
    played.says({"title": "Bad Request", "status": 400, "extraDetails": details}, 400)
    with pytest.raises(Rejected) as caught:
        await do(hooks, "register")
    assert "url: must be?https ?[31m; events: None" in str(caught.value)
    played.says({"extraDetails": "url"}, 400)
    with pytest.raises(Rejected):
        await do(hooks, "register")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("error", "remedy"),
    [(httpx.ConnectError("Bearer token-1"), NotSent), (httpx.ReadTimeout("Bearer token-1"), OutcomeUnknown)],
)
async def test_each_way_a_connection_fails_is_named_by_remedy(
    played: Played, hooks: WebhooksApi, operation: str, error: Exception, remedy: type[VippsError]
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    played.say = fail
    with pytest.raises(remedy) as caught:
        await do(hooks, operation)
    assert "token-1" not in repr(caught.value)
    assert len(played.requests) == 1


@pytest.mark.parametrize("given", ["", "..", "a/b", "a?b", "a b", "å", "a" * 65, f"{ID}\n"])
async def test_what_is_no_id_is_never_put_into_a_path(played: Played, hooks: WebhooksApi, given: str) -> None:
    with pytest.raises(ValueError, match="UUID"):
        await hooks.delete(given, timeout=5)
    assert not played.requests


async def test_every_call_is_counted_and_no_secret_is_logged(played: Played, hooks: WebhooksApi) -> None:
    with capture_logs() as logs:
        for operation in OPERATIONS:
            played.says(*GOOD[operation])
            await do(hooks, operation)
            played.says({"id": "no id", "secret": SECRET, "error": SECRET}, 500)
            with pytest.raises(OutcomeUnknown):
                await do(hooks, operation)
    assert played.observed == [
        (f"webhooks_{operation}", outcome)
        for operation in ("register", "list", "delete")
        for outcome in ("ok", "unknown")
    ]
    assert len(logs) == 3
    assert KEYS["client_secret"] not in json.dumps(logs)
