"""A queue of due rows, worked off a few at a time by this process and any number of others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from payments_service.storage.claims import Claim

_log = structlog.get_logger(__name__)
_CLAIM_SECONDS = 15.0  # a tick's own deadline; a claim is two statements


class WorkQueue:
    """Claims due work and carries it out, at most `slots` at once.

    A tick only claims and starts; it never waits for the work itself, so one slow answer holds up nobody, and a
    failure ends nothing but its own piece of work, whose lease then brings it back.
    """

    def __init__(
        self,
        name: str,
        *,
        claim: Callable[[int], Awaitable[list[Claim]]],
        carry_out: Callable[[Claim], Awaitable[None]],
        slots: int,
    ) -> None:
        self.name = name
        self._claim = claim
        self._carry_out = carry_out
        self._slots = slots
        self._running: set[asyncio.Task[None]] = set()
        self._ticking = asyncio.Lock()
        self._is_wanted_again = False
        self._is_stopped = False
        self._nudges: set[asyncio.Task[None]] = set()

    def nudge(self) -> None:
        """Look for due work now rather than at the next tick. Many nudges are one."""
        if self._is_stopped:
            return
        if self._nudges:
            self._is_wanted_again = True
            return
        task = asyncio.get_running_loop().create_task(self._nudged(), name=f"nudge {self.name}")
        self._nudges.add(task)
        task.add_done_callback(self._nudges.discard)

    async def _nudged(self) -> None:
        self._is_wanted_again = True
        while self._is_wanted_again and not self._is_stopped:
            self._is_wanted_again = False
            try:
                await self.tick()
            except Exception as error:
                _log.warning("claim_failed", queue=self.name, error=type(error).__name__)

    async def tick(self) -> None:
        """Claim what is due into the free slots and start it."""
        async with self._ticking, asyncio.timeout(_CLAIM_SECONDS):
            free = self._slots - len(self._running)
            if free <= 0 or self._is_stopped:
                return
            claims = await self._claim(free)
        for claim in claims:
            task = asyncio.get_running_loop().create_task(self._run(claim), name=f"{self.name} {claim.key}")
            self._running.add(task)
            task.add_done_callback(self._finished)

    async def _run(self, claim: Claim) -> None:
        with structlog.contextvars.bound_contextvars(work=self.name, key=claim.key):
            try:
                await self._carry_out(claim)
            except Exception:
                _log.exception("work_failed", queue=self.name, key=claim.key)

    def _finished(self, task: asyncio.Task[None]) -> None:
        was_full = len(self._running) >= self._slots
        self._running.discard(task)
        if was_full:
            self.nudge()  # there may be more than there were slots for

    async def drain(self, seconds: float) -> None:
        """Claim nothing more and wait for what is running. What is not finished then comes back by its lease."""
        self._is_stopped = True
        waiting = self._running | self._nudges
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)
