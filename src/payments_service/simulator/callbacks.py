"""The callbacks of eCom: the one letter an outcome gets, with a single attempt and three seconds of patience."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from payments_service.simulator.callback_letters import Forgery, write_letter
from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.courier import Courier
from payments_service.simulator.faults import CALLBACK_KINDS, FaultPlan
from payments_service.simulator.journal import Delivery, Journal
from payments_service.simulator.ledger import Payment

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Letter:
    payment: Payment
    status: str
    due_at: datetime
    at: datetime
    error: dict[str, str] | None
    with_transaction_id: bool
    forgery: Forgery
    held_for: str | None = None
    """Leaves when this has happened: the order's details or cancel, or the callback of a newer payment."""


class CallbackEngine:
    def __init__(
        self,
        *,
        config: SimulatorConfig,
        clock: VirtualClock,
        journal: Journal,
        faults: FaultPlan,
        courier: Courier,
    ) -> None:
        self._config, self._clock, self._journal = config, clock, journal
        self._faults, self._courier = faults, courier
        self.queue: list[Letter] = []

    def post(
        self,
        payment: Payment,
        status: str,
        *,
        error: dict[str, str] | None = None,
        with_transaction_id: bool = True,
        forgery: Forgery | None = None,
    ) -> None:
        """Queues a letter; a fault may lose it, keep it back, double it or spoil it."""
        if payment.api != "ecom":
            return  # whoever started it has named no address; webhooks tell of it
        now = self._clock.now()
        fault = None if forgery else self._faults.take("callback", payment.order_id, CALLBACK_KINDS)
        letter = Letter(
            payment, status, now, now, error, with_transaction_id, forgery or Forgery.from_fault(fault)
        )
        if fault is not None and fault.kind == "lost":
            self._record(letter, "lost")
            return
        if fault is not None and fault.kind == "delayed":
            letter.due_at += timedelta(seconds=fault.seconds or 0)
        if fault is not None and fault.kind == "held":
            letter.due_at, letter.held_for = NEVER, fault.value or "details"
        self.queue.append(letter)
        if fault is not None and fault.kind == "duplicated":
            again_at = letter.due_at + timedelta(seconds=fault.seconds or 0)
            self.queue.append(replace(letter, due_at=again_at))

    def release(self, held_for: str, of: Callable[[str], bool]) -> None:
        """Lets go of what was held for this, about orders that fit."""
        for letter in self.queue:
            if letter.held_for == held_for and of(letter.payment.order_id):
                letter.due_at, letter.held_for = self._clock.now(), None

    def has_work(self) -> bool:
        now = self._clock.now()
        return any(letter.due_at <= now for letter in self.queue)

    def due(self) -> list[Coroutine[Any, Any, None]]:
        """What is to be sent now, taken from the queue: side by side, as independent deliveries would be."""
        now = self._clock.now()
        due = [letter for letter in self.queue if letter.due_at <= now]
        self.queue = [letter for letter in self.queue if letter.due_at > now]
        return [self._send(letter) for letter in due]

    async def _send(self, letter: Letter) -> None:
        delivery = self._record(letter, "under way")
        await self._courier.carry(delivery, patience=self._config.callback_patience_seconds)

    def _record(self, letter: Letter, outcome: str) -> Delivery:
        url, body, authorization = write_letter(
            letter.payment,
            letter.status,
            at=letter.at,
            error=letter.error,
            with_transaction_id=letter.with_transaction_id and self._config.callback_with_transaction_id,
            msn_as_integer=self._config.callback_msn_as_integer,
            forgery=letter.forgery,
        )
        headers = {"Content-Type": "application/json;charset=UTF-8"}
        if authorization is not None:
            headers["Authorization"] = authorization
        delivery = Delivery(
            self._journal.next_seq(), self._clock.now(), letter.payment.order_id, url,
            letter.forgery.status or letter.status, body, authorization, outcome, headers=headers,
        )  # fmt: skip
        self._journal.deliveries.append(delivery)
        return delivery
