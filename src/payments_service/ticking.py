"""Rounds at intervals: one that is late still comes, one that fails never stops the next, and all end before we do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

_log = structlog.get_logger(__name__)
Round = Callable[[], Awaitable[None]]


class Ticker:
    """Begins each job's rounds at once and then at its interval, one at a time."""

    def __init__(self) -> None:
        self._jobs = AsyncIOScheduler(timezone=UTC)
        self._under_way: set[asyncio.Task[Any]] = set()

    def every(self, seconds: int, job: Round, *, name: str) -> None:
        """Have `job` come round; before `start`."""
        # By default a run that is a second late is dropped and one that overlaps is refused for good.
        self._jobs.add_job(
            self._guarded(job, name),
            "interval",
            seconds=seconds,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            id=name,
        )

    def start(self) -> None:
        self._jobs.start()

    def pause(self) -> None:
        """Begin no more rounds."""
        self._jobs.pause()

    async def rest(self, seconds: float) -> None:
        """Wait for the rounds under way, before what they stand on goes away."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)

    def stop(self) -> None:
        self._jobs.shutdown(wait=False)

    def _guarded(self, job: Round, name: str) -> Round:
        """What a failed round left undone is still due."""

        async def come_round() -> None:
            task = asyncio.current_task()
            assert task is not None  # apscheduler runs each round in one
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            try:
                await job()
            except Exception as error:
                _log.warning("tick_failed", job=name, error=type(error).__name__, reason=str(error)[:200])

        return come_round
