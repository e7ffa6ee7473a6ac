"""Every refusal is a problem of one shape, in the caller's language, and gives nothing away."""

from __future__ import annotations

import json

import httpx
import pytest
import structlog
from fastapi import APIRouter, FastAPI

from payments_service.api import authentication
from payments_service.api.app import create_app
from payments_service.api.catalogue import CATALOGUE
from payments_service.api.languages import preferred_language
from payments_service.domain import errors
from tests.api_edge.edge import assert_problem

#: Every code the contract names, with its status.
CONTRACT = {
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "paid_event_not_found": 404,
    "registration_not_found": 404,
    "order_not_found": 404,
    "user_not_found": 404,
    "method_not_allowed": 405,
    "body_too_large": 413,
    "invalid_request": 422,
    "too_many_requests": 429,
    "idempotency_key_reused": 422,
    "request_in_progress": 409,
    "event_has_payments": 409,
    "registration_conflict": 409,
    "registration_ended": 409,
    "registration_decided": 409,
    "registration_exempt": 409,
    "already_paid": 409,
    "on_waiting_list": 409,
    "payment_time_expired": 409,
    "payment_in_progress": 409,
    "return_url_not_allowed": 422,
    "vipps_rejected": 502,
    "vipps_unavailable": 503,
    "event_service_unavailable": 503,
    "nothing_to_refund": 409,
    "amount_too_high": 409,
    "nothing_to_capture": 409,
    "nothing_to_cancel": 409,
}


def test_each_code_of_the_contract_has_its_status() -> None:
    assert {code: CATALOGUE[code].status for code in CONTRACT} == CONTRACT


def refusals(kind: type[errors.Refusal]) -> list[type[errors.Refusal]]:
    return [kind, *(found for child in kind.__subclasses__() for found in refusals(child))]


def test_each_refusal_is_in_the_catalogue() -> None:
    assert authentication.Forbidden in refusals(errors.Refusal)
    assert {kind.code for kind in refusals(errors.Refusal)} <= set(CATALOGUE)


@pytest.mark.parametrize("code", CATALOGUE)
def test_each_entry_has_words_in_both_languages(code: str) -> None:
    entry = CATALOGUE[code]
    assert entry.nb.endswith(".")
    assert entry.en.endswith(".")
    assert entry.nb != entry.en
    assert 400 <= entry.status <= 503


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "nb"),
        ("", "nb"),
        ("en", "en"),
        ("en-GB", "en"),
        ("EN-us;Q=0.5", "en"),
        ("nn", "nb"),
        ("no, en;q=0.9", "nb"),
        ("en, nb", "en"),
        ("nb;q=0.4, en;q=0.5", "en"),
        ("de, fr;q=0.9, en;q=0.1", "en"),
        ("de", "nb"),
        ("en;q=0", "nb"),
        ("*, en;q=0.5", "nb"),
        ("en;q=1.5", "nb"),
        ("en;q=nan", "nb"),
        ("english", "nb"),
        (";;,,q=1", "nb"),
        ("x" * 5000, "nb"),
    ],
)
def test_the_language_follows_the_weights(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


async def test_a_refusal_speaks_the_callers_language(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/things/refused", headers={"Accept-Language": "en"})
    problem = assert_problem(answer, 409, "already_paid")
    assert problem["detail"] == CATALOGUE["already_paid"].en
    assert answer.headers["content-language"] == "en"
    norwegian = await client.post("/v1/things/refused")
    assert norwegian.json()["detail"] == CATALOGUE["already_paid"].nb
    assert "internal words" not in answer.text


async def test_retry_after_is_whole_seconds(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/things/too-many")
    assert_problem(answer, 429, "too_many_requests")
    assert answer.headers["retry-after"] == "17"


async def test_a_silent_database_is_worth_another_try(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/things/silent")
    assert_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "2"


async def test_what_nobody_caught_tells_nothing_and_is_logged_once(
    client: httpx.AsyncClient,
) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await client.post("/v1/things/broken")
    assert_problem(answer, 500, "internal_error")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    assert [line["event"] for line in lines] == ["request_failed", "request"]
    assert lines[1]["status"] == 500


async def test_unknown_paths_and_methods_have_the_same_shape(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/nowhere"), 404, "not_found")
    assert_problem(await client.get("/v1/things/1/"), 404, "not_found")
    answer = await client.request("DELETE", "/v1/things/1", headers={"Authorization": "junk"})
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, PUT"


async def test_wrong_fields_are_named_and_never_quoted(client: httpx.AsyncClient) -> None:
    body = {"price": "hunter2", "paytime": "hunter2", "minutes": "hunter2", "hunter2": 1, "hunter2 \u202e": 2}
    answer = await client.put("/v1/things/1", json=body, headers={"Accept-Language": "en"})
    problem = assert_problem(answer, 422, "invalid_request")
    fields = {error["field"]: error["message"] for error in problem["errors"]}
    assert fields["body.price"] == 'must be kroner as text, as "250.00"'
    assert fields["body.minutes"] == "must be a whole number"
    assert fields["body.hunter2"] == "is not a known field"
    assert "body.?" in fields
    assert "hunter2" not in json.dumps([error["message"] for error in problem["errors"]])


async def test_the_description_knows_problems_and_not_fastapis_errors(client: httpx.AsyncClient) -> None:
    description = (await client.get("/openapi.json")).json()
    assert "HTTPValidationError" not in json.dumps(description)
    operation = description["paths"]["/v1/things/{thing_id}"]["put"]
    assert list(operation["responses"]["default"]["content"]) == ["application/problem+json"]
    assert operation["security"] == [{"bearer": []}]
    assert "request_id" in description["components"]["schemas"]["Problem"]["properties"]
    assert (await client.get("/docs")).status_code == 200


def test_a_lenient_route_does_not_get_in(app: FastAPI) -> None:
    lenient = APIRouter()
    lenient.add_api_route("/x", endpoint=test_each_code_of_the_contract_has_its_status)
    with pytest.raises(TypeError, match=r"^/x "):
        create_app(app.state.services, routers=[lenient])
