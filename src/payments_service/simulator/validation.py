"""Reads what a caller of eCom sent, as strictly as the real one, 500s for certain mistakes included."""

import json
import re
from typing import Any

from payments_service.simulator.addresses import is_for_an_app, why_not
from payments_service.simulator.config import SalesUnit, SimulatorConfig
from payments_service.simulator.refusals import Breakdown, Refusal, invalid

ORDER_ID = re.compile(r"[a-zA-Z0-9-]{1,50}")
MAX_AMOUNT = 2**31 - 1
PAYMENT_TYPES = ("eComm Regular Payment", "eComm Express Payment")
_SPELLINGS = {
    name.lower(): name
    for name in (
        "merchantSerialNumber", "callbackPrefix", "fallBack", "authToken", "isApp", "paymentType",
        "consentRemovalPrefix", "shippingDetailsPrefix", "orderId", "transactionText", "amount",
        "merchantInfo", "customerInfo", "transaction", "skipLandingPage", "mobileNumber",
    )
}  # fmt: skip


def read_json(raw: bytes) -> dict[str, Any]:
    """Unreadable JSON is a 500, not a 400: the real one does not tell a client's mistake from its own."""
    try:
        body = json.loads(raw)
    except ValueError as problem:
        raise Breakdown from problem
    if not isinstance(body, dict):
        raise Breakdown
    _check_spelling(body)
    return body


def section(body: dict[str, Any], name: str, *, required: bool = True) -> dict[str, Any]:
    value = body.get(name)
    if value is None and not required:
        return {}
    if not isinstance(value, dict):
        raise invalid(name, f"{name} is required")
    _check_spelling(value)
    return value


def read_msn(merchant: dict[str, Any]) -> str:
    msn = merchant.get("merchantSerialNumber")
    if isinstance(msn, int):
        raise Breakdown
    if not isinstance(msn, str) or not re.fullmatch(r"\d{5,6}", msn):
        raise invalid("merchantSerialNumber", "The sales unit is five or six digits in a string")
    return msn


def read_text(transaction: dict[str, Any]) -> str:
    text = transaction.get("transactionText")
    if not isinstance(text, str) or not text or len(text) > 100:
        raise invalid("transactionText", "The text is required and at most 100 characters long")
    return text


def read_amount(transaction: dict[str, Any]) -> int | None:
    amount = transaction.get("amount")
    if amount is None:
        return None
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise Breakdown
    if not 0 <= amount <= MAX_AMOUNT:
        raise invalid("amount", "The amount is out of range")
    return amount


def read_phone(customer: dict[str, Any]) -> str | None:
    """Repairs the usual spellings of a Norwegian number, as Vipps does."""
    given = customer.get("mobileNumber")
    if given in (None, ""):
        return None
    digits = re.sub(r"^(\+|00)47", "", re.sub(r"\s", "", str(given)))
    if not re.fullmatch(r"\d{8}", digits):
        raise Refusal("user", "81", "The phone number cannot be used")
    return digits


def read_url(merchant: dict[str, Any], field: str, *, config: SimulatorConfig) -> str:
    url = merchant.get(field)
    if not isinstance(url, str) or not url or len(url) > 255:
        raise invalid(field, f"{field} is required and at most 255 characters long")
    if merchant.get("isApp") is True:
        return url  # for payments started in an app the addresses are taken as they come
    if field == "fallBack" and (url == "INTENT" or is_for_an_app(url)):
        return url
    if (wrong := why_not(url, config=config)) is not None:
        raise invalid(field, f"{field} {wrong}")
    return url


def read_merchant_flags(merchant: dict[str, Any], unit: SalesUnit) -> tuple[bool, bool]:
    """(isApp, is express)."""
    payment_type = merchant.get("paymentType", PAYMENT_TYPES[0])
    if payment_type not in PAYMENT_TYPES:
        raise invalid("paymentType", "There is no such payment type")
    token = merchant.get("authToken")
    if token is not None and (not isinstance(token, str) or len(token) > 255):
        raise invalid("authToken", "The token is a string of at most 255 characters")
    if unit.blocked_with is not None:
        raise Refusal("Merchant", unit.blocked_with, "The sales unit cannot take payments")
    return merchant.get("isApp") is True, payment_type == PAYMENT_TYPES[1]


def _check_spelling(given: dict[str, Any]) -> None:
    for name in given:
        if _SPELLINGS.get(name.lower(), name) != name:
            raise Breakdown
