"""Judges every release the instant it arrives: was there money, or a way to pay, that spoke against it?"""

import json
from dataclasses import dataclass
from datetime import datetime

from payments_service.simulator.checkout import Checkout
from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.event_backend import EventBackend, Registration
from payments_service.simulator.faults import Call
from payments_service.simulator.ledger import Ledger, Payment


@dataclass(frozen=True, slots=True)
class Judgement:
    seq: int
    at: datetime
    event_id: str
    user_id: str
    registration_id: int
    order_id: str | None
    finding: str
    """captured, held or open are violations; `clean` is fine; `unknown` when no order is tied to the seat."""


VIOLATIONS = ("captured", "held", "open")


class Oracle:
    def __init__(
        self, *, clock: VirtualClock, ledger: Ledger, checkout: Checkout, backend: EventBackend
    ) -> None:
        self._clock, self._ledger, self._checkout, self._backend = clock, ledger, checkout, backend
        self.judgements: list[Judgement] = []

    @property
    def violations(self) -> list[Judgement]:
        return [j for j in self.judgements if j.finding in VIOLATIONS]

    def hear(self, call: Call, seq: int) -> None:
        """Before any fault delays or drops the call: whoever sends it has decided already, rightly or wrongly."""
        event = self._backend.events.get(call.event_id or "")
        registration = event.find(call.user_id or "") if event else None
        if registration is None or registration.is_on_wait or not _takes_a_seat(call):
            return
        self._judge(registration, seq)

    def _judge(self, registration: Registration, seq: int) -> None:
        whose = (registration.event_id, registration.user_id)
        payments = [p for p in self._ledger.payments.values() if (p.event_id, p.user_id) == whose]
        findings: list[tuple[str | None, str]] = [(p.order_id, self._finding(p)) for p in payments]
        for order_id, finding in findings or [(None, "unknown")]:
            self.judgements.append(
                Judgement(seq, self._clock.now(), *whose, registration.registration_id, order_id, finding)
            )

    def _finding(self, payment: Payment) -> str:
        still_open = self._checkout.is_open(payment)
        amounts = payment.amounts
        if amounts.to_refund > 0:
            return "captured"
        if amounts.to_capture > 0:
            return "held"
        return "open" if still_open else "clean"

    def clear(self) -> None:
        self.judgements.clear()


def _takes_a_seat(call: Call) -> bool:
    if call.operation == "backend.release":
        return True
    try:
        return call.operation == "backend.waitlist" and json.loads(call.body)["is_on_wait"] is True
    except (ValueError, TypeError, KeyError):
        return False
