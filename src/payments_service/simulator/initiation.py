"""Starts a payment: never idempotent, an order id once used is used for ever."""

from typing import Any

from payments_service.simulator.bookkeeping import Bookkeeper
from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.config import SalesUnit, SimulatorConfig
from payments_service.simulator.ledger import Ledger, Payment
from payments_service.simulator.refusals import Refusal, invalid
from payments_service.simulator.validation import (
    ORDER_ID,
    read_amount,
    read_merchant_flags,
    read_msn,
    read_phone,
    read_text,
    read_url,
    section,
)


class Initiation:
    def __init__(
        self, *, config: SimulatorConfig, clock: VirtualClock, ledger: Ledger, books: Bookkeeper
    ) -> None:
        self._config, self._clock, self._ledger, self._books = config, clock, ledger, books

    def start(self, body: dict[str, Any], unit: SalesUnit) -> Payment:
        payment = self._read(body, unit)
        if self._ledger.find(payment.msn, payment.order_id) is not None:
            raise Refusal("Merchant", "34", "The order id has been used before and must be unique")
        self._books.open(payment)
        return payment

    def link(self, payment: Payment) -> str:
        """What the member opens; for payments started in an app a link into the test app."""
        if payment.is_app:
            return f"vippsMT://?token={payment.token}"
        return f"{self._config.public_origin}/vipps-app/?token={payment.token}"

    def _read(self, body: dict[str, Any], unit: SalesUnit) -> Payment:
        merchant, transaction = section(body, "merchantInfo"), section(body, "transaction")
        msn = read_msn(merchant)
        amount = read_amount(transaction)
        if amount is None or amount < 100:
            raise invalid("amount", "The amount is at least 100 øre")
        order_id = transaction.get("orderId")
        if not isinstance(order_id, str) or not ORDER_ID.fullmatch(order_id):
            raise invalid("orderId", "The order id is 1 to 50 letters, digits and hyphens")
        if msn != unit.merchant_serial_number:
            raise Refusal("Merchant", "Unauthorized", f"The keys do not belong to sales unit {msn}")
        text = read_text(transaction)
        callback_prefix = read_url(merchant, "callbackPrefix", config=self._config)
        fall_back = read_url(merchant, "fallBack", config=self._config)
        is_app, is_express = read_merchant_flags(merchant, unit)
        if is_express:
            read_url(merchant, "consentRemovalPrefix", config=self._config)
        phone = read_phone(section(body, "customerInfo", required=False))
        skips = transaction.get("skipLandingPage") is True
        _check_permissions(unit, transaction, phone, skips=skips)
        return Payment(
            msn=msn,
            order_id=order_id,
            amount=amount,
            text=text,
            fall_back=fall_back,
            callback_prefix=callback_prefix,
            auth_token=merchant.get("authToken"),
            created_at=self._clock.now(),
            transaction_id=self._ledger.next_transaction_id(),
            phone=phone,
            scope=transaction.get("scope"),
            is_app=is_app,
            is_express=is_express,
            skips_landing_page=skips,
        )


def _check_permissions(
    unit: SalesUnit, transaction: dict[str, Any], phone: str | None, *, skips: bool
) -> None:
    if skips and not unit.may_skip_landing_page:
        raise Refusal("Merchant", "38", "This sales unit may not skip the landing page")
    if skips and phone is None:
        raise Refusal("user", "81", "Skipping the landing page takes a phone number")
    if "nin" in str(transaction.get("scope") or "").split() and not unit.may_ask_for_nin:
        raise Refusal("Merchant", "51", "This sales unit may not ask for the national identity number")
