"""The same merchant over each API: starts payments, moves money, reads, and keeps the notifications it gets."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from payments_service.simulator.webhook_letters import sign
from tests.simulator.epay import EpayShop, number
from tests.simulator.shop import Heard, Shop

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
    headers: dict[str, str] = field(default_factory=dict)


class Ways:
    """What does not depend on the API."""

    def __init__(self, shop: Any) -> None:
        self.shop, self.sim = shop, shop.sim

    async def control(self, path: str, body: Any = None, method: str = "POST") -> Any:
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
        """Without those eCom does not send: that a payment was started, or that the merchant moved money."""
        others = ("CREATED", "CAPTURED", "REFUNDED", "CANCELLED")
        return [letter for letter in self.letters() if letter.says not in others]

    def paid_letters(self) -> list[Letter]:
        return [letter for letter in self.letters() if letter.says == "paid"]

    def notes(self, source: str = "misbehaviour") -> list[str]:
        return [note.name for note in self.sim.journal.notes if note.source == source]


class EcomMerchant(Ways):
    api, open_shop = "ecom", Shop
    operations = ("token", "initiate", "details", "status", "capture", "cancel", "refund", "force_approve")

    async def start(self, order_id: str = ORDER, **more: Any) -> Any:
        body = self.shop.order(order_id)
        body["transaction"] |= more
        return await self.shop.post("/ecomm/v2/payments", body)

    async def call(self, operation: str, order_id: str = ORDER, key: str | None = None) -> Any:
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


class EpaymentMerchant(Ways):
    api, open_shop = "epayment", EpayShop
    operations = (
        "token", "initiate", "details", "events", "capture", "cancel", "refund", "force_approve",
        "webhooks.register", "webhooks.list", "webhooks.delete",
    )  # fmt: skip

    def __init__(self, shop: Any) -> None:
        super().__init__(shop)
        self.registration = shop.listen()

    async def start(self, order_id: str = ORDER, **more: Any) -> Any:
        body: dict[str, Any] = {}
        if "scope" in more:
            body["profile"] = {"scope": more["scope"]}
        if "transactionText" in more:
            body["paymentDescription"] = more["transactionText"]
        return await self.shop.create(order_id, **body)

    async def call(self, operation: str, order_id: str = ORDER, key: str | None = None) -> Any:
        match operation:
            case "token":
                return await self._send("POST", "/accesstoken/get", headers=self.shop.keys())
            case "initiate":
                return await self.start(order_id)
            case "details" | "events":
                path = f"/epayment/v1/payments/{order_id}" + ("/events" if operation == "events" else "")
                return await self._send("GET", path)
            case "force_approve":
                customer = {"customer": {"phoneNumber": "4712345678"}}
                return await self._send(
                    "POST", f"/epayment/v1/test/payments/{order_id}/approve", json=customer
                )
            case "webhooks.register":
                wish = {"url": "https://shop.test/hooks/more", "events": ["epayments.payment.created.v1"]}
                return await self._send("POST", "/webhooks/v1/webhooks", json=wish)
            case "webhooks.list":
                return await self._send("GET", "/webhooks/v1/webhooks")
            case "webhooks.delete":
                gone = self.shop.listen(url="https://shop.test/hooks/gone")
                return await self._send("DELETE", f"/webhooks/v1/webhooks/{gone.id}")
            case _:
                value = None if operation == "cancel" else 25000
                return await self.shop.adjust(operation, value, key=key, reference=order_id)

    async def _send(self, verb: str, path: str, **how: Any) -> Any:
        return await self.shop.http.request(verb, path, **{"headers": self.shop.headers(), **how})

    async def money(self, order_id: str = ORDER) -> tuple[int, int, int, int]:
        authorised, cancelled, captured, refunded = await self.shop.amounts(order_id)
        return authorised, captured, refunded, cancelled

    def letters(self) -> list[Letter]:
        return [self._letter(heard) for heard in self.shop.heard]

    def error(self, answer: httpx.Response) -> tuple[int, str]:
        return number(answer)

    def _letter(self, heard: Heard) -> Letter:
        try:
            body = heard.body
        except ValueError:
            body = {}
        name = str(body.get("name"))
        words = {"AUTHORIZED": "paid", "ABORTED": "failed", "EXPIRED": "failed", "TERMINATED": "failed"}
        says = words.get(name, name) if body.get("success", True) else "failed"
        return Letter(
            heard.raw, None, body.get("reference"), body.get("msn"), body.get("amount", {}).get("value"),
            says, self._is_signed(heard), heard.signature, body, heard.headers,
        )  # fmt: skip

    def _is_signed(self, heard: Heard) -> bool:
        _, signature = sign(
            secret=self.registration.secret,
            path_and_query=f"{heard.path}?{heard.query}",
            host=heard.headers["host"],
            date=heard.headers["x-ms-date"],
            body=heard.raw,
        )
        return (heard.signature or "").endswith(f"&Signature={signature}")


MERCHANTS: dict[str, Any] = {"ecom": EcomMerchant, "epayment": EpaymentMerchant}
