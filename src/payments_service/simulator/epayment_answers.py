"""How payments look in the answers of ePayment: a state that says little, and an aggregate that says it all."""

from datetime import datetime
from typing import Any

from payments_service.simulator.ecom_answers import BANK_IDENTIFICATION_NUMBER, SUBJECT
from payments_service.simulator.ledger import LogEntry, Payment, fold
from payments_service.simulator.payment_events import event_log, money, state_of


def payment(
    payment: Payment, *, as_of: datetime, amount: int | None = None, redirect_url: str | None = None
) -> dict[str, Any]:
    """`as_of` in the past is a stale read; `amount` replaces the approved one in a wrong read."""
    entries = _until(payment, as_of)
    body = _common(payment, entries, amount=amount)
    authorised = body["state"] == "AUTHORIZED"
    body["paymentMethod"] = {"type": payment.method}
    if authorised:
        body["paymentMethod"]["cardBin"] = str(BANK_IDENTIFICATION_NUMBER)
    body["profile"] = {"sub": SUBJECT} if payment.scope and authorised else {}
    if redirect_url is not None:
        body["redirectUrl"] = redirect_url
    if payment.metadata is not None:
        body["metadata"] = payment.metadata
    return body


def events(payment: Payment, *, as_of: datetime) -> list[dict[str, Any]]:
    return event_log(payment, _until(payment, as_of))


def modified(payment: Payment, *, pretended: LogEntry | None = None) -> dict[str, Any]:
    """After a capture, cancel or refund; `pretended` is counted in although it never happened."""
    return _common(payment, [*payment.log, *([] if pretended is None else [pretended])])


def _until(payment: Payment, as_of: datetime) -> list[LogEntry]:
    """An old state, but never one before the payment."""
    as_of = max(as_of, payment.created_at)
    return [entry for entry in payment.log if entry.at <= as_of]


def _common(payment: Payment, entries: list[LogEntry], *, amount: int | None = None) -> dict[str, Any]:
    """`pspReference` is the first event's here, whatever has happened since."""
    state, amounts = state_of(payment, entries), fold(entries)
    authorised = amounts.reserved if amount is None or state != "AUTHORIZED" else amount
    cancelled = payment.amount if state == "TERMINATED" else amounts.released
    return {
        "aggregate": {
            "authorizedAmount": money(authorised),
            "cancelledAmount": money(cancelled),
            "capturedAmount": money(amounts.captured),
            "refundedAmount": money(amounts.refunded),
        },
        "amount": money(payment.amount if amount is None else amount),
        "state": state,
        "pspReference": payment.psp_reference,
        "reference": payment.order_id,
    }
