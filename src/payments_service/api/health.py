"""Is this process alive, should it get traffic, and what are its figures: for probes, not for people."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from payments_service.api.strict_json import router as new_router
from payments_service.metrics import CONTENT_TYPE, Metrics
from payments_service.settings import Settings

#: A probe that waits longer than this is as good as unanswered.
DATABASE_SECONDS = 1.0
#: A tick is late when several were missed, and never before a minute: a slow one is no reason to be killed.
TICKS_MISSED = 6
SHORTEST_TICK_AGE_SECONDS = 60.0

router = new_router(tag="Probes")


class Probed(Protocol):
    """What the probes ask of the service, in `app.state.services`."""

    settings: Settings
    metrics: Metrics
    is_draining: bool
    #: `time.monotonic()` of the scheduler's last finished tick; None before the first.
    last_tick_monotonic: float | None

    @property
    def webhook_listening(self) -> str:
        """Whether our webhook is registered at Vipps, in one word."""

    async def database_ready(self) -> list[str]:
        """What is wrong with the database (silent, schema behind or ahead); empty when it can be used."""


@router.get("/health/live")
async def live(request: Request) -> Response:
    """503 when the scheduler has stopped coming round, so that the process is started anew."""
    services: Probed = request.app.state.services
    limit = max(SHORTEST_TICK_AGE_SECONDS, TICKS_MISSED * services.settings.sweep_seconds)
    last = services.last_tick_monotonic
    if last is None:
        last = request.app.state.started_monotonic
    age = time.monotonic() - last
    return _verdict([f"the last scheduler tick is {age:.0f} s old"] if age > limit else [])


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """503 while draining, or while the database is silent or not at our schema. Neighbours do not count.

    `details` is for people and never changes the status.
    """
    services: Probed = request.app.state.services
    details = {"vipps_webhook": str(services.webhook_listening)}
    if services.is_draining:
        return _verdict(["draining"], details=details)
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            return _verdict(await services.database_ready(), details=details)
    except TimeoutError:
        return _verdict([f"the database did not answer within {DATABASE_SECONDS:.0f} s"], details=details)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    services: Probed = request.app.state.services
    return Response(services.metrics.render(), media_type=CONTENT_TYPE)


def _verdict(problems: list[str], **more: dict[str, str]) -> JSONResponse:
    content = {"status": "failing" if problems else "ok", "problems": problems, **more}
    return JSONResponse(content, status_code=503 if problems else 200)
