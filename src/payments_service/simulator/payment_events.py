"""A payment in the words of ePayment: its events, oldest first, and the state they add up to."""

from datetime import UTC, datetime
from typing import Any

from payments_service.simulator.clock import wire_time
from payments_service.simulator.ledger import LogEntry, Payment

EVENT_NAMES = (
    "CREATED", "ABORTED", "EXPIRED", "CANCELLED", "CAPTURED", "REFUNDED", "AUTHORIZED", "TERMINATED"
)  # fmt: skip
_NAMES = {
    "INITIATE": "CREATED",
    "RESERVE": "AUTHORIZED",
    "SALE": "AUTHORIZED",
    "CAPTURE": "CAPTURED",
    "REFUND": "REFUNDED",
    "VOID": "CANCELLED",
}
_ENDINGS = {
    "cancelled_in_app": "ABORTED",
    "cancelled_on_desktop": "ABORTED",
    "timed_out": "EXPIRED",
    "cancelled_by_merchant": "TERMINATED",
}
# Nobody but the starter of the payment gave a key for these.
_UNDER_THE_FIRST_KEY = ("CREATED", "AUTHORIZED", "ABORTED", "EXPIRED")


def money(value: int) -> dict[str, Any]:
    return {"currency": "NOK", "value": value}


def ending_name(payment: Payment) -> str:
    """How a payment ended that nobody approved."""
    return _ENDINGS[payment.ended or "cancelled_by_merchant"]


def event_name(payment: Payment, entry: LogEntry) -> str:
    return _NAMES.get(entry.operation) or ending_name(payment)


def as_event(payment: Payment, entry: LogEntry, name: str | None = None) -> dict[str, Any]:
    """A cancellation never shows the key it came with."""
    name = name or event_name(payment, entry)
    started = name == "CREATED"
    event = {
        "reference": payment.order_id,
        "pspReference": payment.psp_reference if started else entry.transaction_id or payment.transaction_id,
        "name": name,
        "amount": money(entry.amount),
        "timestamp": wire_time(entry.at),
    }
    key = payment.log[0].request_id if name in _UNDER_THE_FIRST_KEY else entry.request_id
    if key is not None and name != "CANCELLED":
        event["idempotencyKey"] = key
    return {**event, "success": entry.ok}


def event_log(payment: Payment, entries: list[LogEntry]) -> list[dict[str, Any]]:
    """A sale of eCom reads as an authorisation and the capture of it."""
    events = []
    for entry in entries:
        event = as_event(payment, entry)
        if event["name"] == "CREATED":
            event["timestamp"] = _seven_digits(entry.at)
        events.append(event)
        if entry.operation == "SALE" and entry.ok:
            events.append(as_event(payment, entry, "CAPTURED"))
    return events


def state_of(payment: Payment, entries: list[LogEntry]) -> str:
    """Once authorised always authorised: what became of the money is told by amounts alone."""
    good = {entry.operation for entry in entries if entry.ok}
    if good & {"RESERVE", "SALE"}:
        return "AUTHORIZED"
    return ending_name(payment) if "CANCEL" in good else "CREATED"


def _seven_digits(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
