"""One process that serves: the API and the scheduler on one event loop."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from payments_service.api.app import create_app
from payments_service.api.routers import ROUTERS
from payments_service.metrics import share_between_workers
from payments_service.observability import configure_logging
from payments_service.scheduler import Scheduler
from payments_service.settings import Settings, load_settings
from payments_service.storage.database import Database
from payments_service.storage.schema import head_revision
from payments_service.wiring import Services

EXIT_SCHEMA_BEHIND: Final = 3
# Requests are given this long to finish after SIGTERM; the scheduler's drain comes on top, within 25 s in all.
_GRACE_SECONDS: Final = 8
_DATABASE_TRIES: Final = 30
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
        gc.collect()
        gc.freeze()  # what was made until now stays: no later collection needs to look at it
        _log.info("serving", expiry_mode=services.settings.expiry_mode, vipps_api=services.settings.vipps_api)
        yield
        services.is_draining = True
        await scheduler.stop()
        await services.aclose()
        _log.info("stopped")

    return create_app(
        services, routers=ROUTERS, lifespan=lifespan, unavailable=(SQLAlchemyError, OSError, TimeoutError)
    )


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
