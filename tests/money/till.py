"""A stack for journeys with money: members who have paid, people who may move it, and what Vipps did about it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import jwt

from payments_service.demo.actors import JWT_KEY
from payments_service.domain.orders import VippsApi
from tests.journeys.service import Service
from tests.journeys.stack import Member, Stack
from tests.money import books
from tests.money.database import command

ORGANIZER = "sosialen"
CAPTURED_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Sale:
    """A member and the order they paid, or are about to."""

    member: Member
    order_id: str


class Till(Stack):
    """Refunds in parts are sound here, so what must hold at the end is for the books to say."""

    def __init__(
        self, database_url: str, folder: Path, *, vipps_api: VippsApi, checkout_seconds: int = 60
    ) -> None:
        super().__init__(database_url, folder, vipps_api=vipps_api, checkout_seconds=checkout_seconds)
        self._clients: list[httpx.Client] = []
        #: What an earlier journey on the same database broke is not the next one's matter.
        self.broken_before: list[tuple[str, str]] = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.close()
        super().__exit__(kind, error, trace)

    def start_service(
        self, settings: Mapping[str, object] | None = None, *, wait: bool = True, **more: object
    ) -> Service:
        return super().start_service(settings, wait=wait, **{"JWT_KEY": JWT_KEY, **more})

    def end(self) -> None:
        books.balance(self)
        self.check_outbox()

    def check(self) -> tuple[int, list[str]]:
        """Run the operator's `check`; return its exit status and the lines it printed."""
        return command("check", database_url=self.database_url)

    # -- who asks -----------------------------------------------------------------------------------------------

    def holder(self, user_id: str, **claims: object) -> httpx.Client:
        """Somebody with a token of the backend's."""
        wanted = {
            "sub": user_id,
            "aud": "payments-service",
            "exp": int(time.time()) + 3600,
            "groups": [],
            **claims,
        }
        return self._client(jwt.encode(wanted, JWT_KEY, algorithm="HS256"))

    def _client(self, credential: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {credential}", "Accept-Language": "en"}
        client = httpx.Client(base_url=self.service.url, headers=headers, timeout=20, trust_env=False)
        self._clients.append(client)
        return client

    # -- money --------------------------------------------------------------------------------------------------

    def event_of(self, organizer: str = ORGANIZER, *, price: str = "250.00") -> str:
        """An event that a group arranges."""
        event_id = self.event(price=price)
        self.changes(event_id, organizer=organizer)
        return event_id

    def changes(self, event_id: str, **fields: str) -> None:
        body = {"price": "250.00", "paytime": "01:00:00", **fields}
        assert self.service.put(f"/v1/paid-events/{event_id}", body).status_code == 200

    def in_checkout(self, *, event_id: str | None = None, due_in: float | None = None) -> Sale:
        member = self.joins(event_id=event_id, due_in=due_in)
        return Sale(member, self.starts_paying(member))

    def sells(self, *, event_id: str | None = None, due_in: float | None = None) -> Sale:
        """A member pays; returns when Vipps has taken the money and we know it."""
        sale = self.in_checkout(event_id=event_id, due_in=due_in)
        self.approve(sale.order_id)
        self.order_becomes(sale, "CAPTURE", "SALE", within=CAPTURED_WITHIN)
        return sale

    def reserves(self, *, event_id: str | None = None) -> Sale:
        """A member pays, and nobody captures. That is meant, so the books allow it."""
        sale = self.in_checkout(event_id=event_id)
        self.approve(sale.order_id)
        self.watch.stay_reserved.add(sale.order_id)
        self.order_becomes(sale, "RESERVED", within=CAPTURED_WITHIN)
        return sale

    def moves(
        self,
        verb: str,
        sale: Sale,
        amount: str | None = None,
        *,
        key: str | None = None,
        reason: str = "because",
        by: httpx.Client | None = None,
    ) -> httpx.Response:
        """Ask for a capture, cancel or refund."""
        body = {"reason": reason} | ({} if amount is None else {"amount": amount})
        headers = {} if key is None else {"Idempotency-Key": key}
        path = f"/v1/orders/{sale.order_id}/{verb}"
        return (by or self.service.client).post(path, json=body, headers=headers)

    def refund(
        self, sale: Sale, amount: str | None = None, *, key: str | None = None, reason: str = "because"
    ) -> httpx.Response:
        return self.moves("refund", sale, amount, key=key, reason=reason)

    def sync(self, sale: Sale) -> dict[str, Any]:
        answer = self.service.post(f"/v1/orders/{sale.order_id}/sync")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    @property
    def starts(self) -> int:
        """How often Vipps is asked to start a payment before its silence is said to the member."""
        return 2 if self.vipps_api == "epayment" else 1

    @property
    def sold(self) -> str:
        """What an order is whose money Vipps took at the approval: eCom has a word of its own for that."""
        return "SALE" if self.vipps_api == "ecom" else "CAPTURE"

    # -- looking ------------------------------------------------------------------------------------------------

    def order_becomes(self, sale: Sale, *statuses: str, within: float) -> None:
        self.eventually(
            lambda: self.order(sale.order_id)["status"] in statuses, within=within, what=f"{sale}: {statuses}"
        )

    def sums(self, sale: Sale) -> tuple[str, str, str, bool]:
        """Return status, captured, refunded and is_paid as we tell them."""
        order = self.order(sale.order_id)
        return order["status"], order["captured"], order["refunded"], order["is_paid"]

    def status_of(self, sale: Sale) -> str:
        return str(self.registration(sale.member)["status"])

    def done_with(self, operation: str, sale: Sale) -> list[str | None]:
        """Return the keys under which Vipps did it, oldest first."""
        done = self.simulator.journal.effects_of(sale.order_id, operation)
        return [effect.key for effect in done if effect.ok]

    def asked_with(self, operation: str, sale: Sale) -> set[str | None]:
        """Return every key that Vipps was asked with, whatever came of it."""
        return self.keys(operation, sale.order_id)

    def history(self, sale: Sale, what: str | None = None) -> list[dict[str, Any]]:
        lines = self.service.get(f"/v1/orders/{sale.order_id}/history").json()["items"]
        return [line for line in lines if what in (None, line["what"])]

    def case(self, sale: Sale, code: str) -> dict[str, Any] | None:
        """Return the open case of this kind about the order."""
        answer = self.service.get("/v1/attention", event_id=sale.member.event_id)
        found = [c for c in answer.json()["items"] if (c["code"], c["order_id"]) == (code, sale.order_id)]
        assert len(found) <= 1, found
        return found[0] if found else None
