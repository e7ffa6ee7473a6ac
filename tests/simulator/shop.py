"""A merchant for the simulator's tests: calls eCom over the ASGI transport and keeps what Vipps sends it."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from payments_service.simulator.config import SalesUnit
from payments_service.simulator.simulator import Simulator

MSN = "654321"


@dataclass(frozen=True)
class Heard:
    """A webhook as it arrived."""

    path: str
    query: str
    raw: bytes
    headers: dict[str, str]

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.raw)
        return body

    @property
    def signature(self) -> str | None:
        return self.headers.get("authorization")


class Shop:
    def __init__(self, *, unit: SalesUnit | None = None, **config: Any) -> None:
        self.received: list[dict[str, Any]] = []
        self.answer_with = 200
        self.answer_after = 0.0
        self.heard: list[Heard] = []
        self.hook_answers: list[int] = []
        """Statuses for the next webhooks; afterwards 200."""
        inbox = Starlette(
            routes=[
                Route("/vipps/v2/payments/{order_id}", self._receive, methods=["POST"]),
                Route("/hooks/{name}", self._hear, methods=["POST"]),
            ]
        )
        transport = httpx.ASGITransport(app=inbox)
        self.sim = Simulator(client_factory=lambda: httpx.AsyncClient(transport=transport))
        self.unit = unit or SalesUnit()
        self.sim.config.sales_units = [self.unit]
        for name, value in config.items():
            assert hasattr(self.sim.config, name)
            setattr(self.sim.config, name, value)
        self.http = self.sim.client()
        self.token = ""

    async def _receive(self, request: Request) -> Response:
        raw = await request.body()
        self.received.append(
            {"raw": raw, "path": request.url.path, "authorization": request.headers.get("authorization")}
        )
        await asyncio.sleep(self.answer_after)
        return Response(status_code=self.answer_with, headers={"Location": "/elsewhere"})

    async def _hear(self, request: Request) -> Response:
        raw = await request.body()
        self.heard.append(Heard(request.url.path, request.url.query, raw, dict(request.headers)))
        await asyncio.sleep(self.answer_after)
        status = self.hook_answers.pop(0) if self.hook_answers else 200
        return Response(status_code=status, headers={"Location": "/hooks/elsewhere"})

    def keys(self, **changes: str) -> dict[str, str]:
        key = self.unit.subscription_keys[0]
        credentials = {"client_id": self.unit.client_id, "client_secret": self.unit.client_secret}
        return {**credentials, "Ocp-Apim-Subscription-Key": key, **changes}

    async def sign_in(self) -> None:
        answer = await self.http.post("/accesstoken/get", headers=self.keys())
        self.token = answer.json()["access_token"]

    def headers(self, key: str | None = None) -> dict[str, str]:
        subscription = self.unit.subscription_keys[0]
        headers = {"Authorization": f"Bearer {self.token}", "Ocp-Apim-Subscription-Key": subscription}
        return headers if key is None else {**headers, "X-Request-Id": key}

    def order(self, order_id: str = "order-1", amount: Any = 25000, **merchant: Any) -> dict[str, Any]:
        info = {
            "merchantSerialNumber": MSN,
            "callbackPrefix": "https://shop.test/vipps",
            "fallBack": "https://shop.test/back?order=1",
            "authToken": "token-of-this-order",
        }
        transaction = {"orderId": order_id, "amount": amount, "transactionText": "Julebord"}
        return {"customerInfo": {}, "merchantInfo": {**info, **merchant}, "transaction": transaction}

    async def initiate(
        self, order_id: str = "order-1", amount: Any = 25000, **merchant: Any
    ) -> httpx.Response:
        return await self.post("/ecomm/v2/payments", self.order(order_id, amount, **merchant))

    async def post(self, path: str, body: Any, **how: Any) -> httpx.Response:
        return await self.http.post(path, json=body, headers=self.headers(**how))

    async def modify(
        self,
        operation: str,
        amount: int | None = None,
        *,
        key: str | None = None,
        order_id: str = "order-1",
        **more: Any,
    ) -> httpx.Response:
        transaction: dict[str, Any] = {"transactionText": "Julebord"}
        if amount is not None:
            transaction["amount"] = amount
        body = {"merchantInfo": {"merchantSerialNumber": MSN}, "transaction": transaction, **more}
        verb = "PUT" if operation == "cancel" else "POST"
        path = f"/ecomm/v2/payments/{order_id}/{operation}"
        return await self.http.request(verb, path, json=body, headers=self.headers(key))

    async def details(self, order_id: str = "order-1") -> dict[str, Any]:
        answer = await self.http.get(f"/ecomm/v2/payments/{order_id}/details", headers=self.headers())
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def operations(self, order_id: str = "order-1") -> list[str]:
        """Newest first; a failed one ends in an exclamation mark."""
        log = (await self.details(order_id))["transactionLogHistory"]
        return [e["operation"] + ("" if e["operationSuccess"] else "!") for e in log]

    async def status(self, order_id: str = "order-1") -> str:
        answer = await self.http.get(f"/ecomm/v2/payments/{order_id}/status", headers=self.headers())
        return str(answer.json()["transactionInfo"]["status"])


def codes(answer: httpx.Response) -> tuple[int, str, str]:
    """(HTTP status, group, code) of an error in the array shape."""
    [error] = answer.json()
    return answer.status_code, error["errorGroup"], error["errorCode"]
