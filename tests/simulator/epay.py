"""The same merchant at ePayment: creates, reads, adjusts, and listens to webhooks."""

import uuid
from typing import Any

import httpx

from payments_service.simulator.webhook_registry import PAYMENT_EVENTS, Registration
from tests.simulator.shop import MSN, Shop

REF = "order-0001"
URL = "https://shop.test/hooks/vipps?shop=1"


class EpayShop(Shop):
    def headers(self, key: str | None = None, **more: str) -> dict[str, str]:
        """Every call has a key of its own unless one is named; an empty one is left out."""
        key = str(uuid.uuid4()) if key is None else key
        keyed = {"Idempotency-Key": key} if key else {}
        return {**super().headers(), "Merchant-Serial-Number": MSN, **keyed, **more}

    def wish(self, reference: str = REF, value: Any = 25000, **more: Any) -> dict[str, Any]:
        """A field that is None is left out."""
        body = {
            "amount": {"currency": "NOK", "value": value},
            "paymentMethod": {"type": "WALLET"},
            "reference": reference,
            "userFlow": "WEB_REDIRECT",
            "returnUrl": "https://shop.test/back?order=1",
            "paymentDescription": "Julebord",
            **more,
        }
        return {name: given for name, given in body.items() if given is not None}

    async def create(
        self, reference: str = REF, value: Any = 25000, *, key: str | None = None, **more: Any
    ) -> httpx.Response:
        return await self.send(self.wish(reference, value, **more), key=key)

    async def send(self, body: Any, *, key: str | None = None) -> httpx.Response:
        return await self.http.post("/epayment/v1/payments", json=body, headers=self.headers(key))

    async def get(self, reference: str = REF) -> dict[str, Any]:
        answer = await self.http.get(f"/epayment/v1/payments/{reference}", headers=self.headers())
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def state(self, reference: str = REF) -> str:
        return str((await self.get(reference))["state"])

    async def amounts(self, reference: str = REF) -> tuple[int, int, int, int]:
        """Authorised, cancelled, captured, refunded."""
        return values((await self.get(reference))["aggregate"])

    async def log(self, reference: str = REF) -> list[dict[str, Any]]:
        answer = await self.http.get(f"/epayment/v1/payments/{reference}/events", headers=self.headers())
        assert answer.status_code == 200, answer.text
        events: list[dict[str, Any]] = answer.json()
        return events

    async def names(self, reference: str = REF) -> list[str]:
        """Oldest first; a failed one ends in an exclamation mark."""
        return [e["name"] + ("" if e["success"] else "!") for e in await self.log(reference)]

    async def adjust(
        self,
        operation: str,
        value: Any = None,
        *,
        key: str | None = None,
        reference: str = REF,
        body: Any = None,
    ) -> httpx.Response:
        if body is None and value is not None:
            body = {"modificationAmount": {"currency": "NOK", "value": value}}
        path = f"/epayment/v1/payments/{reference}/{operation}"
        return await self.http.post(path, json=body, headers=self.headers(key))

    def listen(self, *events: str, url: str = URL, secret: str | None = None) -> Registration:
        return self.sim.webhooks.register(url=url, events=events or PAYMENT_EVENTS, secret=secret)

    def told(self) -> list[str]:
        return [letter.body["name"] for letter in self.heard]


def values(aggregate: dict[str, Any]) -> tuple[int, int, int, int]:
    names = ("authorizedAmount", "cancelledAmount", "capturedAmount", "refundedAmount")
    first, second, third, fourth = (aggregate[name]["value"] for name in names)
    return first, second, third, fourth


def number(answer: httpx.Response) -> tuple[int, str]:
    """(HTTP status, error number) of a problem."""
    assert answer.headers["content-type"] == "application/problem+json"
    [extra] = answer.json()["extraDetails"]
    assert extra["name"] == "ErrorCode"
    return answer.status_code, extra["reason"]


def complaints(answer: httpx.Response) -> set[str]:
    """The fields a problem names; it has no number then."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = {extra["name"] for extra in answer.json()["extraDetails"]}
    assert "ErrorCode" not in found
    return found
