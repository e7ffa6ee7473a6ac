"""What the member may do to a payment, and what happens when nobody does anything in time."""

from collections.abc import Callable
from datetime import datetime, timedelta

from payments_service.simulator.bookkeeping import Bookkeeper
from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.ledger import Ledger, Payment
from payments_service.simulator.post_office import PostOffice

# What the issuer refuses in the test environment, in øre.
REFUSED_AMOUNTS = frozenset({151, 182, 183, 184, 186, 187, 197})
NOT_ACTED = {
    "errorCode": "45",
    "errorGroup": "PAYMENTS",
    "errorMessage": "The user did not complete the payment",
}


class CheckoutOver(Exception):
    """The link is dead: the payment was approved, refused, cancelled or timed out before."""


class Checkout:
    def __init__(
        self,
        *,
        config: SimulatorConfig,
        clock: VirtualClock,
        ledger: Ledger,
        books: Bookkeeper,
        callbacks: PostOffice,
    ) -> None:
        self._config, self._clock, self._ledger = config, clock, ledger
        self._books, self._callbacks = books, callbacks
        self.is_slow: Callable[[Payment], bool] | None = None
        """Says that the bank takes its time; it is then up to whoever said so to approve again later."""

    def deadline(self, payment: Payment) -> datetime:
        """Five minutes to open the link, five more in the app, ten in all."""
        if payment.opened_at is None and not payment.skips_landing_page:
            return payment.created_at + timedelta(seconds=self._config.landing_seconds)
        in_app_since = payment.opened_at or payment.created_at
        return min(
            in_app_since + timedelta(seconds=self._config.app_seconds),
            payment.created_at + timedelta(seconds=self._config.total_seconds),
        )

    def expire_due(self) -> None:
        for payment in list(self._ledger.payments.values()):
            self.settle(payment)

    def settle(self, payment: Payment) -> None:
        """Ends a checkout nobody finished. Dated at its deadline, however late somebody looks."""
        deadline = self.deadline(payment)
        if payment.ended or self._clock.now() < deadline:
            return
        logs = self._config.timeout_is_logged and payment.logs_timeout
        self._end(payment, "timed_out", at=deadline, logs=logs)
        self._callbacks.post(
            payment, "REJECTED", error=NOT_ACTED, with_transaction_id=payment.opened_at is not None
        )

    def open(self, payment: Payment) -> None:
        self._require_open(payment)
        payment.opened_at = payment.opened_at or self._clock.now()

    def approve(self, payment: Payment) -> None:
        self.open(payment)
        if self.is_slow is not None and self.is_slow(payment):
            return
        if self._config.test_amounts and payment.amount in REFUSED_AMOUNTS:
            self.decline_card(payment)
            return
        now = self._clock.now()
        payment.reacted_at, payment.reserved_at, payment.ended = now, now, "approved"
        operation = self._approval_operation(payment)
        self._log(payment, operation, at=now, transaction_id=payment.transaction_id)
        if payment.api == "epayment" and self._captures_directly(payment):
            self._log(payment, "CAPTURE", at=now)
        status = "SALE" if operation == "SALE" else "RESERVE" if payment.is_express else "RESERVED"
        self._callbacks.post(payment, status)

    def decline_card(self, payment: Payment) -> None:
        """The bank says no; the member may try another card until the checkout is over."""
        self.open(payment)
        payment.reacted_at = self._clock.now()
        operation = self._approval_operation(payment)
        number = payment.transaction_id if payment.api == "ecom" else None
        self._log(payment, operation, ok=False, transaction_id=number)
        error = {
            "errorCode": "42",
            "errorGroup": "PAYMENTS",
            "errorMessage": "The issuer refused the payment",
        }
        self._callbacks.post(payment, f"{operation}_FAILED", error=error)

    def reject_in_app(self, payment: Payment) -> None:
        self.open(payment)
        payment.reacted_at = self._clock.now()
        self._end(payment, "cancelled_in_app")
        self._callbacks.post(payment, "CANCELLED")

    def cancel_on_desktop(self, payment: Payment, *, logs: bool | None = None) -> None:
        self._require_open(payment)
        payment.reacted_at = self._clock.now()
        logs = self._config.desktop_cancel_is_logged if logs is None else logs
        self._end(payment, "cancelled_on_desktop", logs=logs)
        self._callbacks.post(payment, "REJECTED", error=NOT_ACTED, with_transaction_id=False)

    def is_open(self, payment: Payment) -> bool:
        self.settle(payment)
        return payment.ended is None

    def _require_open(self, payment: Payment) -> None:
        if not self.is_open(payment):
            raise CheckoutOver(f"order {payment.order_id} is over: {payment.ended}")

    def _approval_operation(self, payment: Payment) -> str:
        """A sale is a word of eCom; in ePayment it is an authorisation and a capture."""
        return "SALE" if payment.api == "ecom" and self._captures_directly(payment) else "RESERVE"

    def _captures_directly(self, payment: Payment) -> bool:
        unit = self._config.unit(payment.msn)
        return "direct_capture" in payment.quirks or (unit is not None and unit.direct_capture)

    def _end(self, payment: Payment, why: str, *, at: datetime | None = None, logs: bool = True) -> None:
        """Leaving no trace is a defect of eCom alone."""
        payment.ended = why
        if logs or payment.api == "epayment":
            self._log(payment, "CANCEL", at=at, source="timeout" if why == "timed_out" else "member")

    def _log(
        self,
        payment: Payment,
        operation: str,
        *,
        at: datetime | None = None,
        ok: bool = True,
        transaction_id: str | None = None,
        source: str = "member",
    ) -> None:
        self._books.record(
            payment, operation, payment.amount, source=source, at=at, ok=ok, transaction_id=transaction_id
        )
