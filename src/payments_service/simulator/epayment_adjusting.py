"""Capture, cancel and refund as ePayment asks for them, and eCom's refusals in ePayment's numbers."""

from payments_service.simulator.forms import Form
from payments_service.simulator.ledger import LogEntry, Payment
from payments_service.simulator.merchant import Merchant
from payments_service.simulator.problems import Problem, coded
from payments_service.simulator.refusals import Refusal

_NUMBERS = {
    ("capture", "61"): "6090",
    ("capture", "62"): "6080",
    ("capture", "63"): "6260",
    ("capture", "91"): "6070",
    ("capture", "92"): "6170",
    ("capture", "98"): "6100",
    ("cancel", "51"): "6040",
    ("cancel", "92"): "6190",
    ("cancel", "98"): "6030",
    ("refund", "71"): "6150",
    ("refund", "72"): "6020",
    ("refund", "73"): "6210",
    ("refund", "74"): "5100",
    ("refund", "95"): "6220",
}


def read_amount(raw: bytes) -> int:
    """Nothing stands for "all of it" here: the amount must be said, and be one."""
    form = Form.of(raw)
    form.only(("modificationAmount",))
    value, currency = form.amount("modificationAmount")
    form.check()
    if isinstance(value, float) or value == 0:
        raise coded("4040", "The amount is a positive integer of the smallest unit")
    if currency != "NOK":
        raise coded("5040", f"The payment is in NOK, not {currency}")
    return int(value)


def read_cancel(raw: bytes) -> bool:
    """Whether only a payment nobody has authorised yet may be cancelled. No body is needed."""
    if not raw.strip():
        return False
    form = Form.of(raw)
    form.only(("cancelTransactionOnly",))
    wanted = form.given.get("cancelTransactionOnly", False)
    if not isinstance(wanted, bool):
        form.complain("cancelTransactionOnly", "must be true or false")
    form.check()
    return wanted is True


def adjust(
    merchant: Merchant, payment: Payment, operation: str, raw: bytes, *, key: str, digest: str
) -> LogEntry:
    try:
        if operation == "cancel":
            return _cancel(merchant, payment, raw, key=key, digest=digest)
        move = merchant.capture if operation == "capture" else merchant.refund
        return move(payment, read_amount(raw), payment.text, key=key, payload_hash=digest, source="api")
    except Refusal as refusal:
        raise _in_numbers(payment, operation, refusal) from refusal


def pretend(payment: Payment, operation: str, raw: bytes) -> LogEntry:
    """What would have been written down, had it happened."""
    held = payment.amounts
    if operation == "cancel":
        word, amount = ("VOID", held.to_capture) if held.reserved else ("CANCEL", payment.amount)
    else:
        word, amount = operation.upper(), read_amount(raw)
    return LogEntry(word, amount, payment.created_at, payment.text)


def _cancel(merchant: Merchant, payment: Payment, raw: bytes, *, key: str, digest: str) -> LogEntry:
    if read_cancel(raw) and payment.amounts.reserved:
        raise coded("6060")
    return merchant.cancel(
        payment, payment.text, release_remainder=True, key=key, payload_hash=digest, source="api"
    )


def _in_numbers(payment: Payment, operation: str, refusal: Refusal) -> Problem:
    """One code of eCom may be two numbers, told apart by what there was to move."""
    held = payment.amounts
    number = _NUMBERS[operation, refusal.code]
    if number == "6090" and held.to_capture == 0 and not held.released:
        number = "6170"
    elif number == "6150" and held.to_refund == 0:
        number = "6180"
    elif number == "6190" and not held.reserved:
        number = "6050"
    elif number == "6210" and not held.reserved:
        number = "6020"
    return coded(number, refusal.message)
