"""The eCom API v2 behind the port: start, read, capture, cancel, refund."""

from __future__ import annotations

from time import monotonic
from typing import Any, Final
from urllib.parse import quote

from payments_service.domain.readings import NoSuchPayment, Reading
from payments_service.vipps import callback_token, ecom_answers
from payments_service.vipps.answers import fingerprint
from payments_service.vipps.epayment import EpaymentApi
from payments_service.vipps.error_bodies import error_codes
from payments_service.vipps.errors import Rejected, VippsError
from payments_service.vipps.port import NewPayment
from payments_service.vipps.remedies import Operation, Remedy, failure, remedy_for
from payments_service.vipps.text import cut_text, national_number
from payments_service.vipps.transport import VippsTransport
from payments_service.vipps.watching import Observe, watched

PAYMENTS: Final = "/ecomm/v2/payments"
KEY_LIMIT: Final = 40  # X-Request-Id, eCom v2
#: How ePayment answers for a sales unit that does not have it, or a payment that it cannot reach.
NOT_OFFERED: Final = frozenset({401, 404})
NO_ACCESS: Final = "http/403"
ASK_AGAIN_SECONDS: Final = 3600.0  # a sales unit does not get ePayment every day
#: It has been approved, or captured: not to be cancelled for being open.
HAS_MONEY: Final = frozenset({"Problem/6060", "Problem/6040"})


class EcomApi:
    """Implements `PaymentApi`. `observe(operation, outcome, seconds)` hears of every call however it ends.

    `closing`: the ePayment API, which reads and adjusts what eCom started. It is asked for one thing only, to close a
    checkout: it can leave a reservation alone, where eCom's cancel lets it go under the hands of a member who approves.
    """

    can_repeat_start = False

    def __init__(
        self,
        *,
        transport: VippsTransport,
        callback_prefix: str,
        callback_secret: str | None,
        closing: EpaymentApi | None = None,
        observe: Observe | None = None,
    ) -> None:
        self._transport = transport
        self._msn = transport.merchant_serial_number
        self._callback_prefix = callback_prefix
        self._callback_secret = callback_secret
        self._closing = closing
        self._without_closing_until = 0.0
        self._observe = observe

    async def start(self, payment: NewPayment, *, timeout: float) -> str:
        """Initiate. Not idempotent at Vipps: after `OutcomeUnknown` read the payment, never start it again.

        Raises ValueError without a callback secret; everything else works without one.
        """
        body = self._initiate_body(payment)
        with watched("start", observe=self._observe, order_id=payment.order_id):
            answer = await self._transport.call("POST", PAYMENTS, body=body, timeout=timeout)
            if not 200 <= answer.status < 300:
                raise failure("start", answer)
            return ecom_answers.link(answer, payment.order_id)

    async def read(self, order_id: str, *, timeout: float) -> Reading | NoSuchPayment:
        """Read the details. Never raises `Rejected`: a read asks for nothing that could be refused."""
        with watched("read", observe=self._observe, order_id=order_id):
            answer = await self._transport.call("GET", _path(order_id, "details"), timeout=timeout)
            if answer.status == 200:
                return ecom_answers.reading(answer, order_id)
            if remedy_for("read", answer.status, error_codes(answer.body)) is Remedy.NO_SUCH_PAYMENT:
                return NoSuchPayment(order_id, fingerprint(answer))
            raise failure("read", answer)

    async def capture(self, order_id: str, *, amount_ore: int, key: str, text: str, timeout: float) -> None:
        body = self._operation_body(text, _amount(amount_ore))
        await self._operate("capture", "POST", order_id, key, body, timeout)

    async def cancel(
        self, order_id: str, *, key: str, text: str, timeout: float, only_unapproved: bool = False
    ) -> None:
        """Cancel. Whatever is left of a part-captured reservation is let go too; captured money stays.

        eCom itself cannot spare a reservation; where ePayment does not close this payment, it is not spared.
        """
        give_up_at = monotonic() + timeout
        if only_unapproved and await self._closed_by_epayment(order_id, key, text, timeout):
            return
        body = self._operation_body(text, {}) | {"shouldReleaseRemainingFunds": True}
        await self._operate("cancel", "PUT", order_id, key, body, give_up_at - monotonic())

    async def refund(self, order_id: str, *, amount_ore: int, key: str, text: str, timeout: float) -> None:
        body = self._operation_body(text, _amount(amount_ore))
        await self._operate("refund", "POST", order_id, key, body, timeout)

    async def _closed_by_epayment(self, order_id: str, key: str, text: str, timeout: float) -> bool:
        """False where ePayment cannot, or will not, close it though nobody has approved it. Raises all other errors."""
        if self._closing is None or monotonic() < self._without_closing_until:
            return False
        try:
            await self._closing.cancel(order_id, key=key, text=text, timeout=timeout, only_unapproved=True)
        except Rejected as no:
            if no.code in HAS_MONEY:
                raise
            if no.code == NO_ACCESS:
                self._without_closing_until = monotonic() + ASK_AGAIN_SECONDS
            return False
        except VippsError as error:
            if error.status not in NOT_OFFERED:
                raise
            return False
        return True

    async def _operate(
        self, operation: Operation, method: str, order_id: str, key: str, body: dict[str, Any], timeout: float
    ) -> None:
        """Capture, cancel or refund. The key is Vipps' X-Request-Id; cancel has none and ignores it."""
        if not 0 < len(key) <= KEY_LIMIT:
            raise ValueError(f"a key has 1 to {KEY_LIMIT} characters")
        headers = {"X-Request-Id": key}
        with watched(operation, observe=self._observe, order_id=order_id):
            answer = await self._transport.call(
                method, _path(order_id, operation), body=body, headers=headers, timeout=timeout
            )
            if answer.status != 200:  # the guide: only 200 means done
                raise failure(operation, answer)
            ecom_answers.confirm(answer, operation, order_id)

    def _initiate_body(self, payment: NewPayment) -> dict[str, Any]:
        phone = national_number(payment.phone_number) if payment.phone_number is not None else None
        return {
            "customerInfo": {"mobileNumber": phone} if phone else {},
            "merchantInfo": {
                "merchantSerialNumber": self._msn,
                "callbackPrefix": self._callback_prefix,
                "fallBack": payment.return_url,
                "authToken": callback_token.make(self._callback_secret or "", self._msn, payment.order_id),
                "isApp": False,
                "paymentType": "eComm Regular Payment",
            },
            "transaction": {
                "orderId": payment.order_id,
                "transactionText": cut_text(payment.text),
                "skipLandingPage": False,
                **_amount(payment.amount_ore),
            },
        }

    def _operation_body(self, text: str, amount: dict[str, int]) -> dict[str, Any]:
        return {
            "merchantInfo": {"merchantSerialNumber": self._msn},  # a string: Vipps answers 500 to a number
            "transaction": {"transactionText": cut_text(text), **amount},
        }


def _amount(amount_ore: int) -> dict[str, int]:
    """Always explicit and above 0: to Vipps, 0 and a missing amount both mean "everything"."""
    if type(amount_ore) is not int or amount_ore <= 0:
        raise ValueError("an amount is a whole number of øre above 0")
    return {"amount": amount_ore}


def _path(order_id: str, last: str) -> str:
    return f"{PAYMENTS}/{quote(order_id, safe='')}/{last}"
