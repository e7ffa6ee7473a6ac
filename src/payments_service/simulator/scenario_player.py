"""Plays a scenario: watches calls, callbacks and the clock, and does each step once when its time has come."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from payments_service.simulator.checkout import CheckoutOver
from payments_service.simulator.faults import Call
from payments_service.simulator.ledger import Payment
from payments_service.simulator.misbehaviour import STARTED
from payments_service.simulator.refusals import Refusal
from payments_service.simulator.scenario_actions import Undo, change, perform
from payments_service.simulator.scenario_format import Scenario, Step, Then

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator


@dataclass(slots=True)
class Progress:
    number: int
    step: Step
    state: str = "waiting"
    """waiting, planned (its seconds run), happened, failed."""
    order_id: str | None = None
    happened_at: datetime | None = None
    said: list[str] = field(default_factory=list)
    occasions: int = 0

    @property
    def name(self) -> str:
        return self.step.name or f"step {self.number}"


class Player:
    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim
        self.scenario: Scenario | None = None
        self.progress: list[Progress] = []
        self.began_at: datetime | None = None
        self._older: set[tuple[str, str]] = set()
        self._undo: list[Undo] = []
        self._jumps: set[asyncio.Task[datetime]] = set()

    def begin(self, scenario: Scenario) -> None:
        """Payments that exist already are none of its business."""
        self.clear()
        self.scenario, self.began_at = scenario, self._sim.clock.now()
        self._older = set(self._sim.ledger.payments)
        self._settle("config", scenario.config)
        self._settle("sales_unit", scenario.sales_unit)
        self.progress = [Progress(number, step) for number, step in enumerate(scenario.step, start=1)]
        for progress in self.progress:
            if progress.step.when.trigger is None:
                self._reach(progress, None)

    @property
    def is_finished(self) -> bool:
        return bool(self.progress) and all(p.state in ("happened", "failed") for p in self.progress)

    async def listen(self, stage: str, call: Call) -> None:
        if stage == "arrived":
            self._hear(call, "call", operation=call.operation)
        elif stage == "answered" and call.operation == "initiate":
            self.look()
        elif stage == "answered" and call.operation == "callback":
            delivery = self._sim.journal.delivery_with(call.headers)
            if delivery is not None and delivery.outcome == "answered" and delivery.status != STARTED:
                self._hear(call, "callback_answered", status=delivery.http_status)

    def look(self) -> None:
        """For payments that were started, or have been given to somebody, since."""
        for progress in self._waiting_for("payment_started"):
            found = [p for p in self._payments() if self._passes(progress.step, p)]
            nth = progress.step.when.payment_started or 1
            if len(found) >= nth:
                self._reach(progress, found[nth - 1].order_id)

    def _hear(self, call: Call, trigger: str, **what: Any) -> None:
        for progress in self._waiting_for(trigger):
            when = progress.step.when
            if when.call not in (None, what.get("operation")) or when.status not in (
                None,
                what.get("status"),
            ):
                continue
            if not self._passes(progress.step, self._find(call.order_id), call.order_id):
                continue
            progress.occasions += 1
            if progress.occasions == when.nth:
                self._reach(progress, call.order_id)

    def _waiting_for(self, trigger: str) -> list[Progress]:
        return [p for p in self.progress if p.state == "waiting" and p.step.when.trigger == trigger]

    def _payments(self) -> list[Payment]:
        return [p for key, p in self._sim.ledger.payments.items() if key not in self._older]

    def _find(self, order_id: str | None) -> Payment | None:
        return next((p for p in self._payments() if p.order_id == order_id), None)

    def _passes(self, step: Step, payment: Payment | None, order_id: str | None = None) -> bool:
        """A payment that is only being started has no text yet, but an id."""
        when = step.when
        if when.order_id not in (None, payment.order_id if payment else order_id):
            return False
        if payment is None:
            return when.order is None and when.text is None and when.user_id is None
        payments = self._payments()
        if when.order is not None and payments.index(payment) + 1 != when.order:
            return False
        return (when.text or "") in payment.text and when.user_id in (None, payment.user_id)

    def _reach(self, progress: Progress, order_id: str | None) -> None:
        progress.order_id = order_id
        seconds = progress.step.when.after_seconds
        if not seconds:
            self._happen(progress)
            return
        progress.state = "planned"
        self._sim.agenda.add(seconds, progress.name, order_id, partial(self._happen_later, progress))

    def _happen_later(self, progress: Progress) -> str:
        if progress not in self.progress:
            return "belongs to a scenario that has ended"
        self._happen(progress)
        return "; ".join(progress.said)

    def _happen(self, progress: Progress) -> None:
        progress.state, progress.happened_at = "happened", self._sim.clock.now()
        for then in progress.step.then:
            order_id = self._order_for(then, progress)
            try:
                words = self._do(then, order_id)
            except (CheckoutOver, Refusal, KeyError, ValueError) as problem:
                progress.state, words = "failed", f"could not be done: {problem}"
            progress.said.append(words)
            self._sim.notes.write("scenario", progress.name, words, order_id=order_id)
        self._sim.callbacks.flush_soon()
        for follower in self._waiting_for("step"):
            if follower.step.when.step == progress.step.name:
                self._reach(follower, progress.order_id)

    def _do(self, then: Then, order_id: str | None) -> str:
        for target in ("config", "sales_unit"):
            if values := getattr(then, target):
                self._settle(target, values)
        if then.advance_clock is not None:
            # not here and now: the call this is part of may be one that the clock's work waits for
            jump = asyncio.create_task(self._sim.advance(then.advance_clock))
            self._jumps.add(jump)
            jump.add_done_callback(self._jumps.discard)
            return f"the clock goes on {then.advance_clock:g} s"
        return perform(self._sim, then, order_id, self._undo)

    def _order_for(self, then: Then, progress: Progress) -> str | None:
        if then.order_id is not None:
            return then.order_id
        payments = self._payments()
        if then.order is not None:
            return payments[then.order - 1].order_id if then.order <= len(payments) else None
        return progress.order_id or (payments[0].order_id if payments else None)

    def _settle(self, target: str, values: dict[str, Any]) -> None:
        config = self._sim.config
        for part in [config] if target == "config" else config.sales_units:
            self._undo += change(part, values)

    def clear(self) -> None:
        """Ends the scenario: what it has set up is taken back, what has happened stays."""
        while self._undo:
            self._undo.pop()()
        self.scenario, self.began_at = None, None
        self.progress, self._older = [], set()

    async def close(self) -> None:
        for jump in self._jumps:
            jump.cancel()
        await asyncio.gather(*self._jumps, return_exceptions=True)
