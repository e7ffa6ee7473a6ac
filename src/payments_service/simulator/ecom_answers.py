"""How payments look in the answers of eCom v2."""

from datetime import datetime
from typing import Any

from payments_service.simulator.clock import wire_time
from payments_service.simulator.ledger import Amounts, LogEntry, Payment, fold

BANK_IDENTIFICATION_NUMBER = 540185
# A subject is a stable stand-in for the member, handed out when personal data was asked for.
SUBJECT = "c06c4afe-0000-4000-8000-51a7e57ab1e5"


def summary(amounts: Amounts) -> dict[str, int]:
    return {
        "capturedAmount": amounts.captured,
        "remainingAmountToCapture": amounts.to_capture,
        "refundedAmount": amounts.refunded,
        "remainingAmountToRefund": amounts.to_refund,
    }


def details(payment: Payment, *, as_of: datetime, amount: int | None = None) -> dict[str, Any]:
    """Newest first. `as_of` in the past is a stale read; `amount` replaces the approved one in a wrong read."""
    entries = [entry for entry in payment.log if entry.at <= as_of]
    body: dict[str, Any] = {"orderId": payment.order_id}
    reacted = payment.reacted_at is not None and payment.reacted_at <= as_of
    if reacted:
        body["transactionSummary"] = summary(fold(entries))
        if payment.reserved_at is not None and payment.reserved_at <= as_of:
            body["transactionSummary"]["bankIdentificationNumber"] = BANK_IDENTIFICATION_NUMBER
    body["transactionLogHistory"] = [
        _entry(payment, e, reacted=reacted, amount=amount) for e in reversed(entries)
    ]
    if payment.scope and payment.reserved_at is not None and payment.reserved_at <= as_of:
        body["sub"] = SUBJECT
    return body


def _entry(payment: Payment, entry: LogEntry, *, reacted: bool, amount: int | None) -> dict[str, Any]:
    wrong = amount is not None and entry.operation in ("RESERVE", "SALE")
    shown: dict[str, Any] = {
        "amount": amount if wrong else entry.amount,
        "transactionText": entry.text,
        "timeStamp": wire_time(entry.at),
        "operation": entry.operation,
        "operationSuccess": entry.ok,
    }
    # A payment nobody has touched shows no ids at all; afterwards the start shares the approval's.
    transaction_id = payment.transaction_id if entry.operation == "INITIATE" else entry.transaction_id
    if reacted or entry.operation != "INITIATE":
        shown["requestId"] = entry.request_id or ""
        if transaction_id is not None:
            shown["transactionId"] = transaction_id
    return shown


_STATUS_OF_ENDING = {
    "cancelled_in_app": "CANCEL",
    "cancelled_on_desktop": "REJECTED",
    "timed_out": "REJECTED",
    "cancelled_by_merchant": "CANCEL",
}


def status(payment: Payment) -> dict[str, Any]:
    last = payment.log[-1]
    word = last.operation if last.ok else "FAILED"
    if payment.ended in _STATUS_OF_ENDING and not payment.amounts.reserved:
        word = _STATUS_OF_ENDING[payment.ended]
    info: dict[str, Any] = {"amount": last.amount, "status": word, "timeStamp": wire_time(last.at)}
    if payment.reacted_at is not None:
        info["transactionId"] = last.transaction_id or payment.transaction_id
    return {"orderId": payment.order_id, "transactionInfo": info}


def modified(payment: Payment, entry: LogEntry) -> dict[str, Any]:
    """The answer to a capture, cancel or refund; a refund uses its own key and an instant without `Z`."""
    is_refund = entry.operation == "REFUND"
    word = {"CAPTURE": "Captured", "REFUND": "Refund"}.get(entry.operation, "Cancelled")
    stamp = wire_time(entry.at)
    info = {
        "amount": entry.amount,
        "transactionText": entry.text,
        "status": word,
        "transactionId": entry.transaction_id,
        "timeStamp": stamp.removesuffix("Z") if is_refund else stamp,
    }
    body: dict[str, Any] = {"orderId": payment.order_id}
    if entry.operation == "CAPTURE":
        body["paymentInstrument"] = "Mastercard"
    body["transaction" if is_refund else "transactionInfo"] = info
    body["transactionSummary"] = summary(payment.amounts)
    return body
