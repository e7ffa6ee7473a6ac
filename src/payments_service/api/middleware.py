"""What every request passes on its way in and out, whether or not a route is found for it. Pure ASGI."""

from __future__ import annotations

import re
import time
from typing import Protocol
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payments_service.api.authentication import CALLER, WHY_UNAUTHORIZED
from payments_service.api.problems import REQUEST_ID, problem_response
from payments_service.api.refused_credentials import RefusedCredentials
from payments_service.metrics import Metrics

log = structlog.get_logger(__name__)

UNMATCHED = "unmatched"
_QUIET_ROUTES = frozenset({"/health/live", "/health/ready", "/metrics"})
_SAFE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:@/+=-]{1,128}")
#: Nginx' word for a caller who went away before the answer.
CLIENT_CLOSED_REQUEST = 499
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_NO_BROWSER = "default-src 'none'; frame-ancestors 'none'"
#: Swagger's page loads its scripts; everything else is data.
_BROWSER_PATHS = frozenset({"/docs"})


class Observed(Protocol):
    """What the outermost layer needs to know of the service."""

    metrics: Metrics
    is_draining: bool


class RequestScope:
    """Gives each request its id, a log line, figures and safe headers; what nobody caught becomes a 500."""

    def __init__(self, app: ASGIApp, *, services: Observed) -> None:
        self._app = app
        self._services = services
        self._refused = RefusedCredentials(services.metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[REQUEST_ID] = request_id = request_id_of(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        answer = _Answer(scope, send, is_draining=self._services.is_draining)
        started = time.perf_counter()
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            # Not raised again: the server would log it a second time, message and all.
            log.exception("request_failed", route=route_template(scope))
            if not answer.has_started:
                await problem_response(scope, "internal_error")(scope, receive, answer.send)
        finally:
            self._record(scope, answer.status, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_template(scope)
        self._services.metrics.observe_http(scope["method"], route, status, seconds)
        write = log.debug if route in _QUIET_ROUTES and status < 400 else log.info
        method = scope["method"] if re.fullmatch(r"[A-Z]{1,10}", scope["method"]) else "other"
        who = who_called(scope)
        write(
            "request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1), **who
        )
        if status == 401:
            self._refused.note(route, scope.get(WHY_UNAUTHORIZED, "unknown"))


class _Answer:
    """Passes messages on, adds our headers to the first one and remembers its status."""

    def __init__(self, scope: Scope, send: Send, *, is_draining: bool) -> None:
        self._scope = scope
        self._send = send
        self._is_draining = is_draining
        self.has_started = False
        self.status = CLIENT_CLOSED_REQUEST

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            self.status = message["status"]
            self._add_headers(MutableHeaders(scope=message))
        await self._send(message)

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers["X-Request-Id"] = self._scope[REQUEST_ID]
        for name, value in _SECURITY_HEADERS.items():
            headers.setdefault(name, value)
        if self._scope["path"] not in _BROWSER_PATHS:
            headers.setdefault("Content-Security-Policy", _NO_BROWSER)
        headers.setdefault("Cache-Control", "no-store")
        if self._is_draining:  # the next request of this connection finds another replica
            headers["Connection"] = "close"


def request_id_of(scope: Scope) -> str:
    """The caller's id when there is just one and it is harmless in logs and headers; else one of ours."""
    sent = [value for name, value in scope["headers"] if name == b"x-request-id"]
    if len(sent) == 1 and _SAFE_REQUEST_ID.fullmatch(sent[0]):
        return str(sent[0], "ascii")
    return str(uuid4())


def who_called(scope: Scope) -> dict[str, str]:
    """A service by its key's name. A member is just one here: who moved money stands in the history."""
    caller = scope.get(CALLER)
    if caller is None:
        return {}
    return {"caller": caller.identity if caller.is_service else "member"}


def route_template(scope: Scope) -> str:
    """`/v1/orders/{order_id}`, never the path itself: ids do not belong in figures."""
    # A router that was included knows its whole path only in the context FastAPI keeps beside the route.
    context = scope.get("fastapi", {}).get("effective_route_context")
    for found in (context, scope.get("route")):
        path = getattr(found, "path_format", None) or getattr(found, "path", None)
        if isinstance(path, str) and path:
            return path
    return UNMATCHED
