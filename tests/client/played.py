"""A payments-service played by hand: says exactly what a test wants, and time passes only when somebody waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import respx

from payments_service_client import PaymentsClient

ADDRESS = "https://payments.test"
KEY = "the-key-that-nobody-may-see-0123456789"
ORDER_ID = "5b0f1c9a-6f0e-4b52-9d1c-0d6c3b8f7a11"
ORDER: dict[str, Any] = {
    "order_id": ORDER_ID,
    "event_id": "123",
    "user_id": "olanor",
    "registration_id": "77",
    "status": "INITIATE",
    "status_reason": None,
    "is_paid": False,
    "amount": "250.00",
    "captured": "0.00",
    "refunded": "0.00",
    "currency": "NOK",
    "payment_link": "https://api.vipps.no/link",
    "payment_expiredate": "2026-11-23T15:00:00Z",
    "server_time": "2026-11-23T14:00:00Z",
    "vipps_api": "ecom",
    "created_at": "2026-11-23T14:00:00Z",
    "updated_at": "2026-11-23T14:00:00.000007Z",
}


class Played:
    """`says` is a list of answers, or errors of the network, one a request."""

    def __init__(self, *says: httpx.Response | Exception | type[Exception], deadline: float = 30.0) -> None:
        self.router = respx.MockRouter(assert_all_called=False)
        self.route = self.router.route(host="payments.test").mock(side_effect=list(says))
        self.slept: list[float] = []
        self.now = 1000.0
        self.client = PaymentsClient(
            ADDRESS,
            token=KEY,
            deadline=deadline,
            transport=httpx.MockTransport(self.router.async_handler),
            sleep=self._sleep,
            clock=lambda: self.now,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def requests(self) -> list[httpx.Request]:
        return [call.request for call in self.route.calls]

    @property
    def keys(self) -> list[str | None]:
        return [request.headers.get("idempotency-key") for request in self.requests]


def ok(body: object = ORDER, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


def problem(status: int, code: str, *, retry_after: int | None = None) -> httpx.Response:
    body = {
        "type": f"urn:payments-service:problem:{code}",
        "title": "No",
        "status": status,
        "detail": "Nei.",
        "code": code,
        "request_id": "req-9",
    }
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return httpx.Response(status, json=body, headers=headers)


def page(items: Sequence[object], cursor: str | None) -> httpx.Response:
    return ok({"items": items, "next_cursor": cursor})
