"""What Vipps said when it was asked about one payment, in one shape for every Vipps API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from payments_service.domain.money import CURRENCY


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of Vipps' log of a payment. Amounts in øre; `succeeded` false never moved money."""

    word: str
    amount_ore: int
    succeeded: bool
    happened_at: datetime | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums Vipps keeps beside the log, in øre. Absent until the member has reacted.

    `authorized_ore`: what was approved in all, whatever became of it; only ePayment says so.
    """

    captured_ore: int
    held_ore: int
    refunded_ore: int
    authorized_ore: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer to "what became of this payment?". `entries` oldest first; the hash is of the raw body or bodies.

    `currency`: that of all its amounts, or the first one that is not ours.
    """

    order_id: str
    entries: tuple[LogEntry, ...]
    totals: Totals | None
    raw_sha256: str
    currency: str = CURRENCY


@dataclass(frozen=True, slots=True)
class NoSuchPayment:
    """Vipps knows no payment of this id. Right after a start this may only mean "not yet"."""

    order_id: str
    raw_sha256: str
