"""Holds every request that leaves us against Vipps' published OpenAPI documents, where these lie beside the project."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml

from payments_service.domain.operations import OperationKind, operation_key
from payments_service.vipps.ecom import EcomApi
from payments_service.vipps.epayment import EpaymentApi
from payments_service.vipps.webhook_registrations import EVENTS
from payments_service.vipps.webhooks_api import WebhooksApi
from tests.vipps.played import CALLBACK_SECRET, ORDER, PAYMENT, Played, answer, details, event, payment
from tests.vipps.specification import NOTHING, Allowed, Specification

# Published under terms of their own, so they are never part of the project: any folder beside it may hold them.
FOUND = sorted(Path(__file__).parents[3].glob("*/vipps-specs"))
published = pytest.mark.skipif(not FOUND, reason="the Vipps specifications are not present")

FILES: Final = {
    "/ecomm/": "ecom-v2.yaml",
    "/epayment/": "epayment-v1.yaml",
    "/webhooks/": "webhooks-v1.yaml",
}
REGISTRATION: Final = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
LONG: Final = "Jubileumsmiddag i Storsalen, 👩‍🚀 og følge " * 4
KEYS: Final = {kind: operation_key(ORDER, kind, 99) for kind in OperationKind}  # the longest there are
MOVED: Final[dict[str, Any]] = {"text": LONG, "timeout": 5.0}

# What we send and the documents, as published at the end of 2023, do not know. Everything else has to be in them.
SYSTEM: Final = frozenset(
    f"vipps-system-{name}" for name in ("name", "version", "plugin-name", "plugin-version")
)
ALLOWED: Final = {
    # Vipps wants to know who is calling in every call; ePayment's two reads only forget to say so.
    "GET /epayment/v1/payments/{reference}": Allowed(headers=SYSTEM),
    "GET /epayment/v1/payments/{reference}/events": Allowed(headers=SYSTEM),
    # A cancel has no key in eCom, and whether it heeds one nobody says. It does no harm, and names us in Vipps' logs.
    "PUT /ecomm/v2/payments/{orderId}/cancel": Allowed(headers=frozenset({"x-request-id"})),
    # Newer than the document, which has no body for a cancel.
    "POST /epayment/v1/payments/{reference}/cancel": Allowed(
        body={
            "type": "object",
            "properties": {"cancelTransactionOnly": {"type": "boolean"}},
            "additionalProperties": False,
        }
    ),
}


@dataclass(frozen=True, slots=True)
class Apis:
    """Everything of ours that speaks with Vipps, on one wire."""

    ecom: EcomApi
    epayment: EpaymentApi
    hooks: WebhooksApi


Call = Callable[[Apis], Awaitable[object]]
START, PAYMENTS = "POST /ecomm/v2/payments", "/epayment/v1/payments"
ECOM, ONE = "/ecomm/v2/payments/{orderId}", "/epayment/v1/payments/{reference}"
HOOKS = "/webhooks/v1/webhooks"

# name -> the call, and where its requests go, in order
CALLS: Final[dict[str, tuple[Call, list[str]]]] = {
    "eCom: start": (lambda a: a.ecom.start(replace(PAYMENT, text=LONG), timeout=5), [START]),
    "eCom: start for nobody known": (
        lambda a: a.ecom.start(replace(PAYMENT, phone_number=None), timeout=5),
        [START],
    ),
    "eCom: start of the least": (
        lambda a: a.ecom.start(replace(PAYMENT, amount_ore=100), timeout=5),
        [START],
    ),
    "eCom: read": (lambda a: a.ecom.read(ORDER, timeout=5), [f"GET {ECOM}/details"]),
    "eCom: capture": (
        lambda a: a.ecom.capture(ORDER, amount_ore=999999, key=KEYS[OperationKind.CAPTURE], **MOVED),
        [f"POST {ECOM}/capture"],
    ),
    "eCom: refund": (
        lambda a: a.ecom.refund(ORDER, amount_ore=100, key=KEYS[OperationKind.REFUND], **MOVED),
        [f"POST {ECOM}/refund"],
    ),
    "eCom: cancel": (
        lambda a: a.ecom.cancel(ORDER, key=KEYS[OperationKind.CANCEL], **MOVED),
        [f"PUT {ECOM}/cancel"],
    ),
    "eCom: close": (
        lambda a: a.ecom.cancel(ORDER, key=KEYS[OperationKind.CANCEL], only_unapproved=True, **MOVED),
        [f"POST {ONE}/cancel"],
    ),
    "ePayment: start": (
        lambda a: a.epayment.start(replace(PAYMENT, text=LONG), timeout=5),
        [f"POST {PAYMENTS}"],
    ),
    "ePayment: start for nobody known": (
        lambda a: a.epayment.start(replace(PAYMENT, phone_number=None, text=""), timeout=5),
        [f"POST {PAYMENTS}"],
    ),
    "ePayment: push": (
        lambda a: a.epayment.start(replace(PAYMENT, is_push=True), timeout=5),
        [f"POST {PAYMENTS}"],
    ),
    "ePayment: read": (lambda a: a.epayment.read(ORDER, timeout=5), [f"GET {ONE}", f"GET {ONE}/events"]),
    "ePayment: capture": (
        lambda a: a.epayment.capture(ORDER, amount_ore=999999, key=KEYS[OperationKind.CAPTURE], **MOVED),
        [f"POST {ONE}/capture"],
    ),
    "ePayment: refund": (
        lambda a: a.epayment.refund(ORDER, amount_ore=1, key=KEYS[OperationKind.REFUND], **MOVED),
        [f"POST {ONE}/refund"],
    ),
    "ePayment: cancel": (
        lambda a: a.epayment.cancel(ORDER, key=KEYS[OperationKind.CANCEL], **MOVED),
        [f"POST {ONE}/cancel"],
    ),
    "ePayment: close": (
        lambda a: a.epayment.cancel(ORDER, key=KEYS[OperationKind.CANCEL], only_unapproved=True, **MOVED),
        [f"POST {ONE}/cancel"],
    ),
    "webhooks: register": (
        lambda a: a.hooks.register("https://pay.test/vipps/webhooks", EVENTS, timeout=5),
        [f"POST {HOOKS}"],
    ),
    "webhooks: list": (lambda a: a.hooks.registrations(timeout=5), [f"GET {HOOKS}"]),
    "webhooks: delete": (lambda a: a.hooks.delete(REGISTRATION, timeout=5), [f"DELETE {HOOKS}/{{id}}"]),
}

# None of the documents describes the access token; this is what its own page asks for.
TEXT: Final = {"type": "string", "minLength": 1}
SHORT: Final = {"type": "string", "minLength": 1, "maxLength": 30}
TOKEN: Final[dict[str, Any]] = {
    "servers": [{"url": "https://api.vipps.no"}],
    "paths": {
        "/accesstoken/get": {
            "post": {
                "parameters": [
                    *(
                        {"in": "header", "name": name, "required": True, "schema": TEXT}
                        for name in ("client_id", "client_secret", "Ocp-Apim-Subscription-Key")
                    ),
                    {
                        "in": "header",
                        "name": "Merchant-Serial-Number",
                        "schema": {"type": "string", "pattern": "^[0-9]{4,6}$"},
                    },
                    *({"in": "header", "name": name, "schema": SHORT} for name in sorted(SYSTEM)),
                ]
            }
        }
    },
}


def say(request: httpx.Request) -> httpx.Response:
    """What either API and the webhooks would answer; good enough for the client to go on."""
    path = request.url.path
    if path.startswith("/webhooks/"):
        body: Any = {"id": REGISTRATION, "secret": "s"} if request.method == "POST" else {"webhooks": []}
        return answer(body)
    if path.startswith("/epayment/"):
        if request.method == "GET":
            log = [event("CREATED"), event("AUTHORIZED")]
            return answer(log if path.endswith("/events") else payment("AUTHORIZED", authorized=25_000))
        return answer({"reference": ORDER, "redirectUrl": "https://landing.vipps.no?token=abc"})
    return answer({**details(), "url": "https://api.vipps.no/x"})


@pytest.fixture
def apis(played: Played) -> Apis:
    played.say = say
    transport = played.transport
    epayment = EpaymentApi(transport=transport)
    ecom = EcomApi(
        transport=transport,
        callback_prefix="https://pay.test/vipps",
        callback_secret=CALLBACK_SECRET,
        closing=epayment,
    )
    return Apis(ecom, epayment, WebhooksApi(transport=transport))


@pytest.fixture(scope="module")
def documents() -> dict[str, Specification]:
    """The documents by the beginning of the paths they describe."""
    return {
        beginning: Specification(yaml.safe_load((FOUND[0] / name).read_text(encoding="utf-8")))
        for beginning, name in FILES.items()
    }


def document_of(documents: dict[str, Specification], request: httpx.Request) -> Specification:
    return next(found for start, found in documents.items() if request.url.path.startswith(start))


@published
@pytest.mark.parametrize("name", CALLS)
async def test_every_request_is_as_described(
    played: Played, apis: Apis, documents: dict[str, Specification], name: str
) -> None:
    call, places = CALLS[name]
    await call(apis)
    wrong = []
    found = []
    for request in played.requests:
        document = document_of(documents, request)
        found.append(document.place(request))
        wrong += document.complaints(request, ALLOWED.get(found[-1], NOTHING))
    assert wrong == []
    assert found == places


@published
async def test_so_is_a_close_where_epayment_is_not_offered(
    played: Played, apis: Apis, documents: dict[str, Specification]
) -> None:
    played.say = lambda r: answer({}, 403) if r.url.path.startswith("/epayment/") else say(r)
    await CALLS["eCom: close"][0](apis)
    places = [document_of(documents, request).place(request) for request in played.requests]
    assert places == [f"POST {ONE}/cancel", f"PUT {ECOM}/cancel"]
    for place, request in zip(places, played.requests, strict=True):
        assert document_of(documents, request).complaints(request, ALLOWED[place]) == []


@published
async def test_nothing_is_allowed_that_is_not_needed(
    played: Played, apis: Apis, documents: dict[str, Specification]
) -> None:
    """What a newer document knows goes from the list above."""
    for call, _ in CALLS.values():
        await call(apis)
    strict = {
        document.place(request)
        for request in played.requests
        if (document := document_of(documents, request)).complaints(request)
    }
    assert strict == set(ALLOWED)


async def test_the_request_for_a_token_is_as_described(played: Played, apis: Apis) -> None:
    await apis.ecom.read(ORDER, timeout=5)
    (request,) = played.token_requests
    assert Specification(TOKEN).complaints(request) == []


SMALL: Final[dict[str, Any]] = {
    "servers": [{"url": "https://vipps.test/base"}],
    "security": [{"bearer": []}],
    "paths": {
        "/things/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Key"}],
            "post": {
                "parameters": [{"in": "path", "name": "id", "schema": {"type": "string", "maxLength": 3}}],
                "requestBody": {"$ref": "#/components/requestBodies/Thing"},
            },
            "put": {},
        }
    },
    "components": {
        "securitySchemes": {"bearer": {"type": "apiKey", "in": "header", "name": "Authorization"}},
        "parameters": {
            "Key": {
                "in": "header",
                "name": "Key",
                "required": True,
                "schema": {"type": "string", "maxLength": 5, "pattern": "^[a-z]+$"},
            }
        },
        "requestBodies": {
            "Thing": {
                "required": True,
                "content": {
                    "application/json;charset=UTF-8": {"schema": {"$ref": "#/components/schemas/Thing"}}
                },
            }
        },
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["amount"],
                "properties": {
                    "amount": {"type": "integer", "minimum": 100},
                    "who": {
                        "oneOf": [
                            {"type": "object", "properties": {"phone": {"type": "string"}}},
                            {"type": "object", "properties": {"token": {"type": "string"}}},
                        ]
                    },
                },
            }
        },
    },
}
GOOD: Final[dict[str, Any]] = {
    "method": "POST",
    "url": "https://vipps.test/base/things/abc",
    "headers": {"Authorization": "Bearer t", "Key": "abc"},
    "json": {"amount": 100, "who": {"phone": "1"}},
}


def changed(**fields: Any) -> httpx.Request:
    return httpx.Request(**{**deepcopy(GOOD), **fields})


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        (changed(), None),
        (changed(url="https://vipps.test/things/abc"), "POST /things/abc is not described"),
        (changed(url="https://vipps.test/base/things/abc?x=1"), "POST /base/things/abc is not described"),
        (changed(method="DELETE"), "DELETE /base/things/abc is not described"),
        (changed(url="https://vipps.test/base/things/abcd"), "path id: 'abcd' is too long"),
        (changed(headers={"Key": "abc"}), "header authorization is missing"),
        (changed(headers={"Authorization": "t"}), "header Key is missing"),
        (changed(headers={"Authorization": "t", "Key": "abcdef"}), "header Key: 'abcdef' is too long"),
        (changed(headers={"Authorization": "t", "Key": "A"}), "header Key: 'A' does not match '^[a-z]+$'"),
        (
            changed(headers={"Authorization": "t", "Key": "a", "Odd": "1"}),
            "header odd is not described",
        ),
        (changed(json=None), "the body is missing"),
        (changed(method="PUT"), "a body is not described"),
        (changed(json={}), "body: 'amount' is a required property"),
        (changed(json={"amount": 99}), "body.amount: 99 is less than the minimum of 100"),
        (changed(json={"amount": "100"}), "body.amount: '100' is not of type 'integer'"),
        (
            changed(json={"amount": 100, "odd": 1}),
            "body: Additional properties are not allowed ('odd' was unexpected)",
        ),
        (
            changed(json={"amount": 100, "who": {"name": "1"}}),
            "body.who: {'name': '1'} is not valid under any of the given schemas",
        ),
    ],
)
def test_the_check_itself_can_fail(request_: httpx.Request, complaint: str | None) -> None:
    assert Specification(SMALL).complaints(request_) == ([] if complaint is None else [complaint])


@published
async def test_it_fails_on_the_real_documents(
    played: Played, apis: Apis, documents: dict[str, Specification]
) -> None:
    await apis.epayment.start(PAYMENT, timeout=5)
    (sent,) = played.requests
    document = documents["/epayment/"]
    headers = dict(sent.headers) | {"Idempotency-Key": "k" * 51, "X-Request-Id": "1"}
    headers.pop("merchant-serial-number")
    headers.pop("content-length")
    odd = httpx.Request(
        "POST", sent.url, headers=headers, content=sent.content.replace(b"4791234567", b"91234567")
    )
    assert sorted(said.partition(":")[0] for said in document.complaints(odd)) == [
        "body.customer",
        "header Idempotency-Key",
        "header Merchant-Serial-Number is missing",
        "header x-request-id is not described",
    ]
