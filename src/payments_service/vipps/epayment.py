"""The ePayment API v1 behind the port: start, read, capture, cancel, refund."""

from __future__ import annotations

from time import monotonic
from typing import Any, Final
from urllib.parse import quote

from payments_service.domain.folding import contradicts_itself
from payments_service.domain.money import CURRENCY
from payments_service.domain.operations import start_key
from payments_service.domain.readings import NoSuchPayment, Reading
from payments_service.outgoing import Answer
from payments_service.vipps import epayment_answers
from payments_service.vipps.answers import fingerprint
from payments_service.vipps.error_bodies import error_codes
from payments_service.vipps.errors import OutcomeUnknown, Rejected
from payments_service.vipps.port import NewPayment
from payments_service.vipps.remedies import Operation, Remedy, failure, remedy_for
from payments_service.vipps.text import cut_text, international_number
from payments_service.vipps.transport import VippsTransport
from payments_service.vipps.watching import Observe, watched

PAYMENTS: Final = "/epayment/v1/payments"
KEY_LIMIT: Final = 50  # Idempotency-Key
NO_PUSH: Final = "Problem/5080"  # this sales unit may not push payments to phones


class EpaymentApi:
    """Implements `PaymentApi`. `observe(operation, outcome, seconds)` hears of every call however it ends.

    Every write carries an `Idempotency-Key`: repeated with the same key and body it changes nothing and is answered as
    it was the first time, be that a yes or a no.
    """

    can_repeat_start = True

    def __init__(self, *, transport: VippsTransport, observe: Observe | None = None) -> None:
        self._transport = transport
        self._observe = observe

    async def start(self, payment: NewPayment, *, timeout: float) -> str | None:
        """Create. A repeat, the same in every word, gives the same payment and the same link.

        A push that the sales unit may not make becomes a link. Its no is remembered under its key, so a repeat comes by
        the same way to the same payment.
        """
        give_up_at = monotonic() + timeout
        is_push = payment.is_push and international_number(payment.phone_number) is not None
        key = start_key(payment.order_id)
        if is_push:
            try:
                return await self._create(payment, is_push=True, key=key, timeout=timeout)
            except Rejected as no:
                if no.code != NO_PUSH:
                    raise
            key = start_key(payment.order_id, 2)
        return await self._create(payment, is_push=False, key=key, timeout=give_up_at - monotonic())

    async def read(self, order_id: str, *, timeout: float) -> Reading | NoSuchPayment:
        """Read the sums and, once there is something to tell, the log. Never raises `Rejected`."""
        give_up_at = monotonic() + timeout
        with watched("read", observe=self._observe, order_id=order_id):
            answer = await self._transport.call("GET", _path(order_id), timeout=timeout)
            if remedy_for("read", answer.status, error_codes(answer.body)) is Remedy.NO_SUCH_PAYMENT:
                return NoSuchPayment(order_id, fingerprint(answer))
            if answer.status != 200:
                raise failure("read", answer)
            payment = epayment_answers.payment(answer, order_id)
            if payment.is_untouched:
                return epayment_answers.untouched(payment, answer)
            log = await self._log(order_id, timeout=give_up_at - monotonic())
            reading = epayment_answers.reading(payment, answer, log)
            if not contradicts_itself(reading):
                return reading
            # money moved between the two calls: the sums as they are after the log say which is so
            answer = await self._transport.call("GET", _path(order_id), timeout=give_up_at - monotonic())
            if answer.status != 200:
                raise _unread(answer, "the sums")
            return epayment_answers.reading(epayment_answers.payment(answer, order_id), answer, log)

    async def capture(self, order_id: str, *, amount_ore: int, key: str, text: str, timeout: float) -> None:  # noqa: ARG002
        """Capture. `text` is eCom's; ePayment shows the one that the payment was started with."""
        await self._operate("capture", order_id, key, _modification(amount_ore), timeout)

    async def cancel(
        self,
        order_id: str,
        *,
        key: str,
        text: str,  # noqa: ARG002
        timeout: float,
        only_unapproved: bool = False,
    ) -> None:
        """Cancel. Whatever is left of a part-captured reservation is let go too; captured money stays.

        `only_unapproved`: a payment that has been approved meanwhile is refused (6060) and left as it is.
        """
        # without a body at all some gateways complain about its type
        await self._operate("cancel", order_id, key, {"cancelTransactionOnly": only_unapproved}, timeout)

    async def refund(self, order_id: str, *, amount_ore: int, key: str, text: str, timeout: float) -> None:  # noqa: ARG002
        await self._operate("refund", order_id, key, _modification(amount_ore), timeout)

    async def _create(self, payment: NewPayment, *, is_push: bool, key: str, timeout: float) -> str | None:
        body = _create_body(payment, is_push=is_push)
        with watched("start", observe=self._observe, order_id=payment.order_id):
            answer = await self._call("start", "POST", PAYMENTS, key=key, body=body, timeout=timeout)
            return epayment_answers.link(answer, payment.order_id, is_push=is_push)

    async def _log(self, order_id: str, *, timeout: float) -> Answer:
        """The log tells what sums cannot: a refused card, and which refund is whose."""
        log = await self._transport.call("GET", _path(order_id, "events"), timeout=timeout)
        if log.status != 200:
            raise _unread(log, "the log")
        return log

    async def _operate(
        self, operation: Operation, order_id: str, key: str, body: dict[str, Any], timeout: float
    ) -> None:
        with watched(operation, observe=self._observe, order_id=order_id):
            path = _path(order_id, operation)
            answer = await self._call(operation, "POST", path, key=key, body=body, timeout=timeout)
            epayment_answers.confirm(answer, order_id)

    async def _call(
        self, operation: Operation, method: str, path: str, *, key: str, body: dict[str, Any], timeout: float
    ) -> Answer:
        if not 0 < len(key) <= KEY_LIMIT:
            raise ValueError(f"a key has 1 to {KEY_LIMIT} characters")
        answer = await self._transport.call(
            method, path, body=body, headers={"Idempotency-Key": key}, timeout=timeout
        )
        if answer.status not in (200, 201):
            raise failure(operation, answer)
        return answer


def _unread(answer: Answer, what: str) -> OutcomeUnknown:
    """A no to one part of a reading, whatever it says, is no answer about the payment."""
    no = failure("read", answer)
    unread = OutcomeUnknown(f"{no} of {what}", retry_after_seconds=no.retry_after_seconds)
    unread.status, unread.trace = no.status, no.trace
    return unread


def _create_body(payment: NewPayment, *, is_push: bool) -> dict[str, Any]:
    phone = international_number(payment.phone_number)
    return {
        "amount": _amount(payment.amount_ore),
        "paymentMethod": {"type": "WALLET"},
        "reference": payment.order_id,
        "userFlow": "PUSH_MESSAGE" if is_push else "WEB_REDIRECT",
        "returnUrl": payment.return_url,
        "paymentDescription": cut_text(payment.text, at_least=3),
        **({"customer": {"phoneNumber": phone}} if phone else {}),
    }


def _modification(amount_ore: int) -> dict[str, Any]:
    return {"modificationAmount": _amount(amount_ore)}


def _amount(amount_ore: int) -> dict[str, Any]:
    if type(amount_ore) is not int or amount_ore <= 0:
        raise ValueError("an amount is a whole number of øre above 0")
    return {"currency": CURRENCY, "value": amount_ore}


def _path(order_id: str, last: str = "") -> str:
    path = f"{PAYMENTS}/{quote(order_id, safe='')}"
    return f"{path}/{last}" if last else path
