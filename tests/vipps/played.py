"""A Vipps played by hand: says exactly what a test wants, which no polite simulator does."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from payments_service.vipps.ecom import EcomApi
from payments_service.vipps.epayment import EpaymentApi
from payments_service.vipps.port import NewPayment, PaymentApi
from payments_service.vipps.transport import VippsTransport

ORDER = "5b0f1f9e-5f0b-4a6e-9d3f-0f6f5b1f2a10"
KEYS = {
    "client_id": "the-client-id",
    "client_secret": "the-client-secret",
    "subscription_key": "the-subscription-key",
}
CALLBACK_SECRET = "the-callback-secret"
PAYMENT = NewPayment(
    order_id=ORDER,
    amount_ore=25000,
    text="Julebord",
    return_url="https://shop.test/back",
    phone_number="+4791234567",
)

Say = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


class Played:
    """`say` answers payment calls, `say_token` the token endpoint; both may be replaced during a test.

    `kind` is the API that is played: ecom or epayment.
    """

    def __init__(self, kind: str = "ecom") -> None:
        self.kind = kind
        self.requests: list[httpx.Request] = []
        self.token_requests: list[httpx.Request] = []
        self.observed: list[tuple[str, str]] = []
        self.say: Say = lambda _: answer({})
        self.say_token: Say = lambda _: token(len(self.token_requests))
        self.transport = VippsTransport(
            base_url="https://vipps.test",
            merchant_serial_number="654321",
            transport=httpx.MockTransport(self._answer),
            **KEYS,
        )
        self.api: PaymentApi = self._ecom() if kind == "ecom" else self._epayment()

    def _ecom(self) -> EcomApi:
        return EcomApi(
            transport=self.transport,
            callback_prefix="https://pay.test/vipps",
            callback_secret=CALLBACK_SECRET,
            observe=self._observe,
        )

    def _epayment(self) -> EpaymentApi:
        return EpaymentApi(transport=self.transport, observe=self._observe)

    def _observe(self, operation: str, outcome: str, _: float) -> None:
        self.observed.append((operation, outcome))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        is_token = request.url.path == "/accesstoken/get"
        (self.token_requests if is_token else self.requests).append(request)
        said = (self.say_token if is_token else self.say)(request)
        return said if isinstance(said, httpx.Response) else await said

    def says(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Answer every payment call so from now on."""
        self.say = lambda _: answer(body, status, headers)

    @property
    def sent(self) -> Any:
        """The JSON of the last payment call."""
        return json.loads(self.requests[-1].content)

    async def do(self, operation: str, timeout: float = 5.0) -> Any:
        """Call one of the five with ordinary arguments."""
        if operation == "start":
            return await self.api.start(PAYMENT, timeout=timeout)
        if operation == "read":
            return await self.api.read(ORDER, timeout=timeout)
        if operation == "cancel":
            return await self.api.cancel(ORDER, key=f"{ORDER}-x1", text="Avbestilt", timeout=timeout)
        act = self.api.capture if operation == "capture" else self.api.refund
        return await act(ORDER, amount_ore=25000, key=f"{ORDER}-r1", text="Julebord", timeout=timeout)


def payment(state: str = "CREATED", *, price: int = 25000, **sums: int) -> dict[str, Any]:
    """What ePayment says of a payment; `sums` are authorized, cancelled, captured and refunded, in øre."""
    names = ("authorized", "cancelled", "captured", "refunded")
    return {
        "reference": ORDER,
        "state": state,
        "amount": nok(price),
        "aggregate": {f"{name}Amount": nok(sums.get(name, 0)) for name in names},
        "pspReference": "2b7b1c3e",
        "paymentMethod": {"type": "WALLET"},
        "profile": {},
    }


def event(name: str, value: int = 25000, **fields: Any) -> dict[str, Any]:
    """One line of ePayment's log."""
    line = {"reference": ORDER, "pspReference": "1", "name": name, "amount": nok(value), "success": True}
    return {**line, **fields}


def nok(value: int) -> dict[str, Any]:
    return {"currency": "NOK", "value": value}


OPERATIONS = ("start", "read", "capture", "cancel", "refund")


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> httpx.Response:
    """An answer as bytes on a stream, so that the client reads it as it reads a socket."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(raw))


def token(number: int = 1, **fields: Any) -> httpx.Response:
    return answer({"token_type": "Bearer", "expires_in": "3600", "access_token": f"token-{number}", **fields})


def refusal(group: str, code: str, status: int = 400) -> httpx.Response:
    error = {"errorGroup": group, "errorCode": code, "errorMessage": "Ola 91234567", "contextId": "c"}
    return answer([error], status)


def details(**fields: Any) -> dict[str, Any]:
    """What Vipps says of a payment nobody has opened."""
    entry = {"operation": "INITIATE", "amount": 25000, "operationSuccess": True, "transactionText": "x"}
    return {"orderId": ORDER, "transactionLogHistory": [entry], **fields}
