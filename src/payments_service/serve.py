"""One process that serves: the API and the scheduler on one event loop."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from types import FrameType
from typing import Any, Final

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from payments_service.api.app import create_app
from payments_service.api.authentication import Authenticator
from payments_service.api.idempotent_writes import IdempotentWrites
from payments_service.api.routers import ROUTERS
from payments_service.metrics import share_between_workers
from payments_service.observability import configure_logging
from payments_service.scheduler import Scheduler
from payments_service.settings import Settings, load_settings
from payments_service.storage.database import Database
from payments_service.storage.schema import head_revision
from payments_service.wiring import Services

EXIT_SCHEMA_BEHIND: Final = 3
# Requests are given this long to get their answers after SIGTERM, while the scheduler drains beside them; with what the
# clients take to close, a process is gone within 25 s.
_GRACE_SECONDS: Final = 19
_DATABASE_TRIES: Final = 30
_DATABASE_AWAY: Final = (SQLAlchemyError, OSError, TimeoutError)
_log = structlog.get_logger(__name__)


def make_app() -> FastAPI:
    """Make the app of one worker from the environment; uvicorn calls this in each of its processes."""
    settings = load_settings()
    configure_logging(log_format=settings.log_format, log_level=settings.log_level)
    return app_of(Services(settings))


def app_of(services: Services) -> FastAPI:
    """Make the app of these parts; it starts their scheduler, and closes them when it ends."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        scheduler = Scheduler(services)
        scheduler.start()
        draining = _drain_on_sigterm(services, scheduler)
        gc.collect()
        gc.freeze()  # what was made until now stays: no later collection needs to look at it
        _log.info("serving", expiry_mode=services.settings.expiry_mode, vipps_api=services.settings.vipps_api)
        yield
        await draining()
        await services.aclose()
        _log.info("stopped")

    idempotent = partial(
        IdempotentWrites,
        database=services.database,
        authenticator=Authenticator.from_settings(services.settings),
        lease=services.policy.lease,
        unavailable=_DATABASE_AWAY,
    )
    return create_app(
        services, routers=ROUTERS, lifespan=lifespan, unavailable=_DATABASE_AWAY, inner=idempotent
    )


def _drain_on_sigterm(services: Services, scheduler: Scheduler) -> Callable[[], Awaitable[None]]:
    """Begin to drain the moment SIGTERM comes, not when the last request has been answered. Returns how to wait for it.

    The server has its own handler, which is called as well. Where handlers cannot be set (a test's thread), draining
    begins when it is waited for.
    """
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []

    def begin() -> None:
        if not tasks:
            services.is_draining = True
            tasks.append(loop.create_task(scheduler.stop(), name="drain"))

    async def finish() -> None:
        begin()
        await tasks[0]

    if threading.current_thread() is threading.main_thread():
        servers_own = signal.getsignal(signal.SIGTERM)

        def on_sigterm(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(begin)
            if callable(servers_own):
                servers_own(number, frame)

        signal.signal(signal.SIGTERM, on_sigterm)
    return finish


def serve(settings: Settings, *, workers: int) -> int:
    """Serve until told to stop; returns the exit status."""
    problems = asyncio.run(_schema_problems(settings))
    if problems:
        sys.stderr.writelines(f"{problem}\n" for problem in problems)
        return EXIT_SCHEMA_BEHIND
    share_between_workers(workers)
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "date_header": False,
        "timeout_graceful_shutdown": _GRACE_SECONDS,
        "timeout_keep_alive": 75,
        "h11_max_incomplete_event_size": 65_536,
        "factory": True,
        "workers": workers if workers > 1 else None,
    }
    # uvicorn drains on SIGTERM and then raises it once more; a drained process has ended well
    signal.signal(signal.SIGTERM, lambda *_: None)
    uvicorn.run("payments_service.serve:make_app", **options)
    return 0


async def _schema_problems(settings: Settings) -> list[str]:
    """Wait a little for a database that is still coming up; a schema that is behind is said at once."""
    database = Database(settings.database_dsn, pool_size=1)
    try:
        problems: list[str] = []
        for _ in range(_DATABASE_TRIES):
            problems = await database.problems(expected_revision=head_revision())
            if not any("does not answer" in problem for problem in problems):
                break
            await asyncio.sleep(1)
        return problems
    finally:
        await database.aclose()
