"""Orders, registrations and readings, made in a line: a test says only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from payments_service.domain.operations import Operation, OperationKind, Purpose, operation_key
from payments_service.domain.orders import Order, OrderStatus
from payments_service.domain.readings import LogEntry, Reading, Totals
from payments_service.domain.registrations import Registration, RegistrationStatus

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PRICE = 25_000
CHECKOUT = timedelta(minutes=10)

# What one word takes when a log is written as text: "RESERVE", "CAPTURE:10000", "!REFUND" (a failed one).
FAILED = "!"


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def entry(text: str) -> LogEntry:
    """Read one entry: a word, with `:øre` when it is not the whole price, after `!` when it failed."""
    succeeded = not text.startswith(FAILED)
    word, _, amount = text.removeprefix(FAILED).partition(":")
    return LogEntry(word, int(amount or PRICE), succeeded)


def reading(
    log: str = "", *, totals: tuple[int, int, int] | None = None, order_id: str = "the-order"
) -> Reading:
    """A reading of a log written oldest first with blanks between; totals are (captured, held, refunded)."""
    entries = tuple(entry(text) for text in log.split())
    sums = None if totals is None else Totals(*totals)
    return Reading(order_id, entries, sums, raw_sha256=f"sha of {log} {totals}")


def order(order_id: str = "the-order", **fields: Any) -> Order:
    """An order whose checkout is open, unless the fields say otherwise."""
    values: dict[str, Any] = {
        "registration_id": "77",
        "event_id": "123",
        "user_id": "olanor",
        "vipps_api": "ecom",
        "amount_ore": PRICE,
        "status": OrderStatus.INITIATE,
        "created_at": NOW,
        "updated_at": NOW,
        "started_at": NOW,
        "checkout_ends_at": NOW + CHECKOUT,
        "payment_link": "https://pay.test/1"
        if fields.get("status") in (None, OrderStatus.INITIATE)
        else None,
    }
    return Order(order_id, **{**values, **fields})


def reserved(order_id: str = "the-order", **fields: Any) -> Order:
    money = {"authorized_ore": PRICE, "held_ore": PRICE, "paid_at": NOW}
    return order(order_id, **{"status": OrderStatus.RESERVED, **money, **fields})


def captured(order_id: str = "the-order", **fields: Any) -> Order:
    money = {"authorized_ore": PRICE, "captured_ore": PRICE, "paid_at": NOW, "is_closed": True}
    return order(order_id, **{"status": OrderStatus.CAPTURE, **money, **fields})


def cancelled(order_id: str = "the-order", **fields: Any) -> Order:
    return order(order_id, **{"status": OrderStatus.CANCEL, "is_closed": True, **fields})


def registration(**fields: Any) -> Registration:
    """A registration that has an hour left, unless the fields say otherwise."""
    values: dict[str, Any] = {
        "registration_id": "77",
        "event_id": "123",
        "user_id": "olanor",
        "status": RegistrationStatus.AWAITING_PAYMENT,
        "payment_expiredate": NOW + timedelta(hours=1),
        "from_waiting_list": False,
        "created_at": NOW - timedelta(hours=1),
        "announced_at": NOW - timedelta(hours=1),
    }
    return Registration(**{**values, **fields})


def operation(kind: OperationKind, purpose: Purpose, amount_ore: int = PRICE, **fields: Any) -> Operation:
    return Operation(operation_key("the-order", kind), "the-order", kind, purpose, amount_ore, **fields)
