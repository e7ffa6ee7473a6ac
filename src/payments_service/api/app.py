"""The HTTP application, put together: guards outside, routers inside, one shape for every refusal."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from payments_service.api import health, problems
from payments_service.api.authentication import Authenticator
from payments_service.api.guards import Guards
from payments_service.api.middleware import RequestScope
from payments_service.api.openapi import describe
from payments_service.api.strict_json import StrictRoute

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]

_ABOUT = """Takes Vipps payments for paid events, and gives seats back that nobody paid for.

Money is kroner as text, times are RFC 3339 in UTC, durations are HH:MM:SS. Every write takes an
`Idempotency-Key`. Refusals are RFC 9457 problems with a stable `code`."""


def create_app(
    services: health.Probed,
    *,
    routers: Sequence[APIRouter] = (),
    lifespan: Lifespan | None = None,
    unavailable: Sequence[type[Exception]] = (),
    inner: Callable[[ASGIApp], ASGIApp] | None = None,
) -> FastAPI:
    """`routers` are made by `strict_json.router`; `unavailable` is raised when the database is silent.

    `inner` wraps what lies inside the guards.
    """
    app = FastAPI(
        title="payments-service",
        description=_ABOUT,
        version=_version(),
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # Measured: the hooks cost time on every request even while nothing listens to them.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.services = services
    app.state.authenticator = Authenticator.from_settings(services.settings)
    app.state.started_monotonic = time.monotonic()
    for router in (health.router, *routers):
        _refuse_lenient_routes(router)
        app.include_router(router)
    problems.install(app, unavailable=unavailable)
    # The one added last is outermost.
    if inner is not None:
        app.add_middleware(_Wrapped, wrap=inner)
    app.add_middleware(Guards)
    app.add_middleware(RequestScope, services=services)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    return app


def _Wrapped(app: ASGIApp, wrap: Callable[[ASGIApp], ASGIApp]) -> ASGIApp:  # noqa: N802 - stands for a class
    return wrap(app)


def _refuse_lenient_routes(router: APIRouter) -> None:
    """FastAPI's own routes read JSON with Python's leniency (NaN, NUL, a name twice), so none may slip in."""
    for route in router.routes:
        if isinstance(route, APIRoute) and not isinstance(route, StrictRoute):
            raise TypeError(f"{route.path} is not made with strict_json.router()")


def _version() -> str:
    try:
        return version("payments-service")
    except PackageNotFoundError:  # run from a source tree
        return "0.0.0"
