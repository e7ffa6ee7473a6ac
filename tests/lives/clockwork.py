"""Virtual time: things happen in the order of their instants, and a seed decides everything else."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

BEGINNING = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

Story = Generator[float, None, Any]  # yields the seconds until it goes on


@dataclass
class Process:
    """What stories run in. A killed one takes them along; one that was stopped goes on where it was, later."""

    is_alive: bool = True
    asleep_until: datetime = BEGINNING


class Clockwork:
    """Runs stories side by side. Between two yields nothing else happens, as in a transaction."""

    def __init__(self, chance: Random) -> None:
        self.now = BEGINNING
        self.chance = chance
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        heappush(self._heap, (self.now + timedelta(seconds=seconds), next(self._order), what))

    def begin(self, story: Story, process: Process) -> None:
        """Run a story in a process."""

        def step() -> None:
            if not process.is_alive:
                return
            if process.asleep_until > self.now:
                self.after((process.asleep_until - self.now).total_seconds(), step)
                return
            try:
                seconds = next(story)
            except StopIteration:
                return
            self.after(seconds, step)

        step()

    def run(self, until: datetime) -> None:
        while self._heap and self._heap[0][0] <= until:
            self.now, _, what = heappop(self._heap)
            what()
        self.now = until
