"""The one truth about payments: what was agreed at the start, and a log of what happened since."""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class LogEntry:
    operation: str
    amount: int
    at: datetime
    text: str
    ok: bool = True
    transaction_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """Øre, folded from a log."""

    reserved: int = 0
    captured: int = 0
    refunded: int = 0
    released: int = 0

    @property
    def to_capture(self) -> int:
        return self.reserved - self.captured - self.released

    @property
    def to_refund(self) -> int:
        return self.captured - self.refunded


def fold(entries: list[LogEntry]) -> Amounts:
    """A sale is a reservation and its capture in one."""
    good = [entry for entry in entries if entry.ok]

    def total(*operations: str) -> int:
        return sum(entry.amount for entry in good if entry.operation in operations)

    return Amounts(total("RESERVE", "SALE"), total("CAPTURE", "SALE"), total("REFUND"), total("VOID"))


@dataclass(slots=True)
class Payment:
    msn: str
    order_id: str
    amount: int
    text: str
    fall_back: str
    callback_prefix: str
    auth_token: str | None
    created_at: datetime
    transaction_id: str
    phone: str | None = None
    scope: str | None = None
    is_app: bool = False
    is_express: bool = False
    skips_landing_page: bool = False
    api: str = "ecom"
    """Which API started it: callbacks are for "ecom", webhooks for "epayment"."""
    psp_reference: str = field(default_factory=lambda: str(uuid.uuid4()))
    user_flow: str = "WEB_REDIRECT"
    method: str = "WALLET"
    metadata: dict[str, str] | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(96))
    opened_at: datetime | None = None
    reacted_at: datetime | None = None
    reserved_at: datetime | None = None
    ended: str | None = None
    """None while open; approved, cancelled_in_app or _on_desktop or _by_merchant, timed_out."""
    logs_timeout: bool = True
    event_id: str | None = None
    user_id: str | None = None
    log: list[LogEntry] = field(default_factory=list)
    quirks: dict[str, float] = field(default_factory=dict)
    """What is odd about this one payment: issuer_forgot, no_funds, direct_capture, slow_bank (seconds)."""

    @property
    def amounts(self) -> Amounts:
        return fold(self.log)

    @property
    def is_cancelled(self) -> bool:
        return any(entry.ok and entry.operation == "CANCEL" for entry in self.log)


class Ledger:
    """Keyed by sales unit and order id, both case-sensitive; an id once used stays used."""

    def __init__(self) -> None:
        self.payments: dict[tuple[str, str], Payment] = {}
        self._last_transaction = 5_000_000_000

    def next_transaction_id(self) -> str:
        self._last_transaction += 1
        return str(self._last_transaction)

    def add(self, payment: Payment) -> None:
        self.payments[payment.msn, payment.order_id] = payment

    def find(self, msn: str, order_id: str) -> Payment | None:
        return self.payments.get((msn, order_id))

    def by_order(self, order_id: str) -> Payment:
        """For whoever stands outside and knows no sales unit; KeyError when there is none."""
        for payment in self.payments.values():
            if payment.order_id == order_id:
                return payment
        raise KeyError(order_id)

    def by_token(self, token: str) -> Payment | None:
        return next((p for p in self.payments.values() if secrets.compare_digest(p.token, token)), None)

    def clear(self) -> None:
        self.payments.clear()
