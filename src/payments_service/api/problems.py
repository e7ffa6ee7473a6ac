"""The one place where a refusal becomes a status code: RFC 9457 problems, all of one shape."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from payments_service.api.catalogue import CATALOGUE
from payments_service.api.field_catalogue import in_language
from payments_service.api.field_errors import field_error
from payments_service.api.languages import preferred_language
from payments_service.api.titles import title_of
from payments_service.domain.errors import Refusal

REQUEST_ID = "payments.request_id"
BODY_PROBLEM = "payments.body_problem"
#: Seconds after which a caller may come back when our own database did not answer.
DATABASE_RETRY_SECONDS = 2
MOST_ERRORS = 20
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_STATUS_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    413: "body_too_large",
    429: "too_many_requests",
    503: "unavailable",
}


class FieldError(BaseModel):
    """One thing wrong with a request; `field` begins with body, query, path or header."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 `application/problem+json`. `code` is stable; what is for people follows `Accept-Language`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldError] | None = None


class HttpProblem(Exception):
    """An answer that concerns HTTP alone and that no use case knows of."""

    def __init__(
        self,
        code: str,
        *,
        status: int | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.errors = [dict(error) for error in errors]
        self.headers = dict(headers or {})


def problem_response(
    scope: Scope,
    code: str,
    *,
    status: int | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    described_by: str | None = None,
) -> JSONResponse:
    """The answer for one code. `described_by` lends status and words to a code not in the catalogue."""
    words = described_by or code
    entry = CATALOGUE[words]
    language = preferred_language(Headers(scope=scope).get("accept-language"))
    content: dict[str, Any] = {
        "type": f"urn:payments-service:problem:{code}",
        "title": title_of(words, entry, language),
        "status": status or entry.status,
        "detail": entry.en if language == "en" else entry.nb,
        "code": code,
        "request_id": scope.get(REQUEST_ID, ""),
    }
    if errors:
        content["errors"] = [
            {**error, "message": in_language(error["message"], language)} for error in errors
        ]
    always = {"Content-Language": language, "Vary": "Accept-Language"}
    if content["status"] == 401:
        always["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        content,
        status_code=content["status"],
        headers={**always, **(headers or {})},
        media_type="application/problem+json",
    )


def install(app: FastAPI, *, unavailable: Sequence[type[Exception]] = ()) -> None:
    """Gives `app` its handlers. `unavailable` names what is raised when our own database does not answer."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(HttpProblem, _http_problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_exception)
    for kind in unavailable:
        app.add_exception_handler(kind, _unavailable)


async def _refusal(request: Request, error: Exception) -> JSONResponse:
    refusal = cast(Refusal, error)
    headers = {}
    if refusal.retry_after_seconds is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refusal.retry_after_seconds)))
    return problem_response(
        request.scope, refusal.code, headers=headers, described_by=_described_by(type(refusal))
    )


def _described_by(kind: type[Refusal]) -> str:
    """The nearest code in the family that the catalogue has; a test sees to it that it is its own."""
    codes = [str(ancestor.__dict__["code"]) for ancestor in kind.__mro__ if "code" in ancestor.__dict__]
    return next((code for code in codes if code in CATALOGUE), "refused")


async def _http_problem(request: Request, error: Exception) -> JSONResponse:
    problem = cast(HttpProblem, error)
    return problem_response(
        request.scope, problem.code, status=problem.status, errors=problem.errors, headers=problem.headers
    )


async def _http_exception(request: Request, error: Exception) -> JSONResponse:
    """What Starlette and FastAPI raise themselves; their texts are dropped and their headers kept (`Allow`)."""
    found = cast(HTTPException, error)
    fallback = "internal_error" if found.status_code >= 500 else "invalid_request"
    code = _STATUS_CODES.get(found.status_code, fallback)
    headers = dict(found.headers or {})
    if found.status_code == 405:
        headers["Allow"] = ", ".join(_allowed_methods(request))
    return problem_response(request.scope, code, status=found.status_code, headers=headers)


def _allowed_methods(request: Request) -> list[str]:
    """Every method of the path: the router itself names those of the first route that fits it."""
    routes = request.app.router.routes
    scopes = [{**request.scope, "method": method} for method in _METHODS]
    return [s["method"] for s in scopes if any(route.matches(s)[0] == Match.FULL for route in routes)]


async def _unavailable(request: Request, _error: Exception) -> JSONResponse:
    return problem_response(
        request.scope, "unavailable", headers={"Retry-After": str(DATABASE_RETRY_SECONDS)}
    )


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """A body that could not be read at all says so first: whatever else is missing follows from that."""
    body_problem = request.scope.get(BODY_PROBLEM)
    if isinstance(body_problem, HttpProblem):
        return await _http_problem(request, body_problem)
    found = cast(RequestValidationError, error).errors()
    errors = [field_error(item) for item in found[:MOST_ERRORS]]
    return problem_response(request.scope, "invalid_request", errors=errors)
