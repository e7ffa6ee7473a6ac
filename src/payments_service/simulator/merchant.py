"""What the merchant may do with a payment: capture, cancel and refund, with eCom's rules and refusals."""

from datetime import timedelta

from payments_service.simulator.bookkeeping import Bookkeeper
from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.ledger import Ledger, LogEntry, Payment
from payments_service.simulator.refusals import Refusal, invalid


class Merchant:
    """`source` tells the API from the merchant's own portal, which moves money without anybody being told."""

    def __init__(
        self, *, config: SimulatorConfig, clock: VirtualClock, ledger: Ledger, books: Bookkeeper
    ) -> None:
        self._config, self._clock, self._ledger, self._books = config, clock, ledger, books

    def capture(
        self,
        payment: Payment,
        amount: int | None = None,
        text: str = "Captured in the portal",
        *,
        key: str | None = None,
        payload_hash: str | None = None,
        source: str = "portal",
    ) -> LogEntry:
        """Amount None or 0 is all that remains."""
        held = payment.amounts
        if held.reserved == 0:
            raise _not_capturable(payment)
        if held.captured == 0 and held.to_capture == 0:
            raise Refusal("VippsError", "91", "The order is cancelled and cannot be captured")
        if self._older_than(payment, self._config.capture_limit_days):
            raise Refusal("Payment", "98", "A reservation can be captured for 180 days")
        wanted = _amount(amount) or held.to_capture
        if held.to_capture == 0 and (not amount or payment.log[-1].operation == "SALE"):
            raise Refusal("VippsError", "92", "Everything is captured already")
        if wanted > held.to_capture:
            raise Refusal("Payment", "61", "More than what is reserved cannot be captured")
        days = self._config.issuer_reservation_days
        forgotten = days is not None and self._older_than(payment, days)
        if forgotten or "issuer_forgot" in payment.quirks:
            self._log(payment, "CAPTURE", wanted, text, key=key, digest=payload_hash, source=source, ok=False)
            raise Refusal("Payment", "63", "The capture failed at the issuer")
        return self._log(payment, "CAPTURE", wanted, text, key=key, digest=payload_hash, source=source)

    def cancel(
        self,
        payment: Payment,
        text: str = "Cancelled in the portal",
        *,
        release_remainder: bool = False,
        key: str | None = None,
        payload_hash: str | None = None,
        source: str = "portal",
    ) -> LogEntry:
        held = payment.amounts
        if payment.is_cancelled or (held.released and not held.captured):
            raise Refusal("VippsError", "92", "The order is cancelled already")
        if held.reserved == 0:
            payment.ended = payment.ended or "cancelled_by_merchant"
            return self._log(
                payment, "CANCEL", payment.amount, text, key=key, digest=payload_hash, source=source
            )
        if self._older_than(payment, self._config.capture_limit_days):
            raise Refusal("Payment", "98", "A reservation can be cancelled for 180 days")
        if held.captured and not (release_remainder and held.to_capture):
            raise Refusal("Payment", "51", "A captured order cannot be cancelled")
        return self._log(payment, "VOID", held.to_capture, text, key=key, digest=payload_hash, source=source)

    def refund(
        self,
        payment: Payment,
        amount: int | None = None,
        text: str = "Refunded in the portal",
        *,
        key: str | None = None,
        payload_hash: str | None = None,
        source: str = "portal",
    ) -> LogEntry:
        held = payment.amounts
        if held.captured == 0:
            if payment.is_cancelled or held.released:
                raise Refusal("Payment", "73", "A cancelled order cannot be refunded")
            raise Refusal("Payment", "72", "Nothing is captured; cancel the reservation instead")
        if self._older_than(payment, self._config.refund_limit_days):
            raise Refusal("Payment", "95", "A payment can be refunded for 365 days")
        wanted = _amount(amount) or held.to_refund
        if wanted > held.to_refund or not wanted:
            raise Refusal("Payment", "71", "More than what is captured cannot be refunded")
        if not self._pay_out(payment, wanted):
            self._log(payment, "REFUND", wanted, text, key=key, digest=payload_hash, source=source, ok=False)
            raise Refusal("Payment", "74", "The merchant's account does not cover the refund")
        return self._log(payment, "REFUND", wanted, text, key=key, digest=payload_hash, source=source)

    def _pay_out(self, payment: Payment, amount: int) -> bool:
        """From the merchant's account, if that holds enough."""
        unit = self._config.unit(payment.msn)
        balance = unit.settlement_balance if unit is not None else None
        if "no_funds" in payment.quirks or (balance is not None and amount > balance):
            return False
        if unit is not None and balance is not None:
            unit.settlement_balance = balance - amount
        return True

    def _older_than(self, payment: Payment, days: int) -> bool:
        since = payment.reserved_at or payment.created_at
        return self._clock.now() > since + timedelta(days=days)

    def _log(
        self,
        payment: Payment,
        operation: str,
        amount: int,
        text: str,
        *,
        key: str | None,
        digest: str | None,
        source: str,
        ok: bool = True,
    ) -> LogEntry:
        number = self._ledger.next_transaction_id()
        return self._books.record(
            payment,
            operation,
            amount,
            source=source,
            text=text,
            ok=ok,
            transaction_id=number,
            key=key,
            digest=digest,
        )


def _amount(amount: int | None) -> int:
    if amount is not None and amount < 0:
        raise invalid("amount", "The amount cannot be negative")
    return amount or 0


def _not_capturable(payment: Payment) -> Refusal:
    if payment.is_cancelled:
        return Refusal("VippsError", "91", "The order is cancelled and cannot be captured")
    return Refusal("Payment", "62", "Nothing is reserved that could be captured")
