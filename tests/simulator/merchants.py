"""The same merchant over each API: starts payments, moves money, reads, and keeps the notifications it gets."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from tests.simulator.shop import Shop

ORDER, OTHER = "order-001", "order-002"


@dataclass(frozen=True)
class Letter:
    """A notification, in words both APIs share."""

    raw: bytes
    order_in_address: str | None
    order_id: str | None
    msn: str | None
    amount: int | None
    says: str
    """paid, failed, or the status itself when nobody knows it."""
    is_genuine: bool
    authorization: str | None
    body: dict[str, Any]


class Merchant(Protocol):
    api: str
    shop: Shop

    async def start(self, order_id: str = ..., **more: Any) -> httpx.Response: ...
    async def call(self, operation: str, order_id: str = ..., key: str | None = ...) -> httpx.Response: ...
    async def money(self, order_id: str = ...) -> tuple[int, int, int, int]: ...
    def letters(self) -> list[Letter]: ...
    def error(self, answer: httpx.Response) -> tuple[int, str]: ...


class Ways:
    """What does not depend on the API."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.sim = shop, shop.sim

    async def control(self, path: str, body: Any = None, method: str = "POST") -> httpx.Response:
        return await self.shop.http.request(method, f"/control/{path}", json=body)

    async def select(self, name: str, **how: Any) -> Any:
        answer = await self.control("misbehaviours", {"name": name, **how})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def act(self, action: str, order_id: str = ORDER, **more: Any) -> None:
        answer = await self.control(f"payments/{order_id}/{action}", more)
        assert answer.status_code == 200, answer.text

    async def pass_time(self, seconds: float) -> None:
        assert (await self.control("clock", {"advance_seconds": seconds})).status_code == 200

    def letters(self) -> list[Letter]:
        raise NotImplementedError

    def outcome_letters(self) -> list[Letter]:
        """Without those that only say that a payment was started."""
        return [letter for letter in self.letters() if letter.says != "started"]

    def paid_letters(self) -> list[Letter]:
        return [letter for letter in self.letters() if letter.says == "paid"]

    def notes(self, source: str = "misbehaviour") -> list[str]:
        return [note.name for note in self.sim.journal.notes if note.source == source]


class EcomMerchant(Ways):
    api = "ecom"
    operations = ("token", "initiate", "details", "status", "capture", "cancel", "refund", "force_approve")

    async def start(self, order_id: str = ORDER, **more: Any) -> httpx.Response:
        body = self.shop.order(order_id)
        body["transaction"] |= more
        return await self.shop.post("/ecomm/v2/payments", body)

    async def call(self, operation: str, order_id: str = ORDER, key: str | None = None) -> httpx.Response:
        match operation:
            case "token":
                return await self.shop.http.post("/accesstoken/get", headers=self.shop.keys())
            case "initiate":
                return await self.start(order_id)
            case "details" | "status":
                path = f"/ecomm/v2/payments/{order_id}/{operation}"
                return await self.shop.http.get(path, headers=self.shop.headers())
            case "force_approve":
                return await self.shop.post(f"/ecomm/v2/integration-test/payments/{order_id}/approve", {})
            case _:
                return await self.shop.modify(operation, order_id=order_id, key=key or f"{operation}-1")

    async def money(self, order_id: str = ORDER) -> tuple[int, int, int, int]:
        """Reserved, captured, refunded, released, as the answers have it."""
        log = (await self.shop.details(order_id))["transactionLogHistory"]
        good = [(e["operation"], e["amount"]) for e in log if e["operationSuccess"]]

        def total(*names: str) -> int:
            return sum(amount for name, amount in good if name in names)

        return total("RESERVE", "SALE"), total("CAPTURE", "SALE"), total("REFUND"), total("VOID")

    def letters(self) -> list[Letter]:
        return [_ecom_letter(received) for received in self.shop.received]

    def error(self, answer: httpx.Response) -> tuple[int, str]:
        [error] = answer.json()
        return answer.status_code, error["errorCode"]


def _ecom_letter(received: dict[str, Any]) -> Letter:
    try:
        body = json.loads(received["raw"])
    except ValueError:
        body = {}
    info = body.get("transactionInfo", {})
    status = str(info.get("status"))
    words = {"RESERVED": "paid", "REJECTED": "failed", "RESERVE_FAILED": "failed", "CANCELLED": "failed"}
    return Letter(
        received["raw"],
        received["path"].rsplit("/", 1)[-1],
        body.get("orderId"),
        body.get("merchantSerialNumber"),
        info.get("amount"),
        words.get(status, status),
        received["authorization"] == "token-of-this-order",
        received["authorization"],
        body,
    )


MERCHANTS = {"ecom": EcomMerchant}
