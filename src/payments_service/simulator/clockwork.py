"""What time alone brings about, when it is moved and when it passes by itself."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator


class Clockwork:
    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim

    async def advance(self, seconds: float) -> datetime:
        """Stops on the way wherever something is planned or a webhook is to be tried: each at its own time."""
        clock = self._sim.clock
        end, last = clock.now() + timedelta(seconds=seconds), None
        while (due := self._next_due()) is not None and due <= end and due != last:
            clock.advance(max(0.0, (due - clock.now()).total_seconds()))
            await self.tick()
            last = due
        rest = (end - clock.now()).total_seconds()
        now = clock.advance(max(0.0, rest) if seconds > 0 else seconds)
        await self.tick()
        return now

    async def tick(self) -> None:
        """Checkouts end, what was planned is done, callbacks that were kept back leave."""
        self._bring_about()
        await self._sim.callbacks.flush()
        await self._sim.callbacks.idle()

    async def run(self) -> None:
        """Until the simulator stops."""
        stopping = self._sim.stopping
        while not stopping.is_set():
            self._bring_about()
            self._sim.callbacks.flush_soon()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self._sim.config.tick_seconds)

    def _bring_about(self) -> None:
        self._sim.agenda.run_due()
        self._sim.checkout.expire_due()
        self._sim.player.look()

    def _next_due(self) -> datetime | None:
        known = (self._sim.agenda.next_due(), self._sim.callbacks.next_due())
        return min((due for due in known if due is not None), default=None)
