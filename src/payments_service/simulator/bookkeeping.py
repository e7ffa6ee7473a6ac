"""The one place where something happens to a payment: its log, the journal of effects, and who is told."""

from collections.abc import Callable
from datetime import datetime

from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.journal import Effect, Journal
from payments_service.simulator.ledger import Ledger, LogEntry, Payment

Listener = Callable[[Payment, LogEntry], None]


class Bookkeeper:
    def __init__(self, *, clock: VirtualClock, ledger: Ledger, journal: Journal, tell: Listener) -> None:
        self._clock, self._ledger, self._journal, self._tell = clock, ledger, journal, tell

    def open(self, payment: Payment, *, key: str | None = None, digest: str | None = None) -> LogEntry:
        self._ledger.add(payment)
        return self.record(
            payment, "INITIATE", payment.amount, at=payment.created_at, source="api", key=key, digest=digest
        )

    def record(
        self,
        payment: Payment,
        operation: str,
        amount: int,
        *,
        source: str,
        at: datetime | None = None,
        text: str | None = None,
        ok: bool = True,
        transaction_id: str | None = None,
        key: str | None = None,
        digest: str | None = None,
    ) -> LogEntry:
        """`key` is the caller's idempotency key, whatever its header is called."""
        at = at or self._clock.now()
        if payment.api == "epayment" and transaction_id is None:
            transaction_id = self._ledger.next_transaction_id()  # there every event has a number of its own
        words = payment.text if text is None else text
        entry = LogEntry(operation, amount, at, words, ok, transaction_id, key)
        payment.log.append(entry)
        self._journal.effects.append(
            Effect(
                self._journal.next_seq(), at, payment.msn, payment.order_id, operation, source,
                amount, ok, key, digest,
            )
        )  # fmt: skip
        self._tell(payment, entry)
        return entry
