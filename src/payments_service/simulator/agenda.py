"""What shall happen later, by the simulator's clock: a member who comes back, a bank that was slow."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from payments_service.simulator.checkout import CheckoutOver
from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.notes import Notes
from payments_service.simulator.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Planned:
    due_at: datetime
    name: str
    order_id: str | None
    deed: Callable[[], str]
    """Says what it did."""


class Agenda:
    def __init__(self, *, clock: VirtualClock, notes: Notes) -> None:
        self._clock, self._notes = clock, notes
        self.planned: list[Planned] = []

    def add(self, seconds: float, name: str, order_id: str | None, deed: Callable[[], str]) -> None:
        due_at = self._clock.now() + timedelta(seconds=seconds)
        self.planned.append(Planned(due_at, name, order_id, deed))

    def next_due(self) -> datetime | None:
        return min((item.due_at for item in self.planned), default=None)

    def run_due(self) -> None:
        """In the order of their times; one that has become impossible is noted and costs the others nothing."""
        while due := [item for item in self.planned if item.due_at <= self._clock.now()]:
            item = min(due, key=lambda planned: planned.due_at)
            self.planned.remove(item)
            self._do(item)

    def _do(self, item: Planned) -> None:
        try:
            words = item.deed()
        except (CheckoutOver, Refusal, KeyError) as problem:
            words = f"came too late: {problem}"
        self._notes.write("agenda", item.name, words, order_id=item.order_id)

    def clear(self) -> None:
        self.planned.clear()
