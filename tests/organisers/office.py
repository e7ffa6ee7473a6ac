"""Short words for what people ask of the books, and for the rows that stand in them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import jwt
from fastapi import FastAPI
from sqlalchemy import Table

from payments_service.demo.environment import SERVICE_KEY
from payments_service.storage.database import Database
from payments_service.storage.tables import orders, paid_events, registrations
from tests.storage.rows import a_paid_event, a_registration, add, an_order, order_id

JWT_KEY = "a-key-for-members-tokens-in-tests-only"
EVENT, ORGANIZER = "123", "sosialen"
#: Everybody who may ask, by what the access table calls them.
CALLERS: Mapping[str, dict[str, Any]] = {
    "admin": {"admin": True},
    "admin with finance": {"admin": True, "finance": True},
    "organiser": {"groups": ["index", ORGANIZER]},
    "organiser with finance": {"groups": [ORGANIZER], "finance": True},
    "another event's organiser": {"groups": ["another-group"], "finance": True},
    "the member": {"sub": "olanor"},
    "a stranger": {"finance": True},
}


class Unreachable(httpx.AsyncBaseTransport):
    """Stands for both neighbours, where nobody may ask them."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(f"{request.method} {request.url}")
        raise httpx.ConnectError("nobody may be asked here", request=request)


@dataclass
class Office:
    """`sql` is a connection of the test's own."""

    app: FastAPI
    database: Database
    sql: asyncpg.Connection
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    async def aclose(self) -> None:
        for client in self._clients:
            await client.aclose()

    @property
    def backend(self) -> httpx.AsyncClient:
        return self._client(SERVICE_KEY)

    def caller(self, who: str) -> httpx.AsyncClient:
        """Somebody of CALLERS, or the service."""
        if who == "service":
            return self.backend
        claims = {
            "sub": "karin",
            "aud": "payments-service",
            "exp": int(time.time()) + 3600,
            "groups": [],
            **CALLERS[who],
        }
        return self._client(jwt.encode(claims, JWT_KEY, algorithm="HS256"))

    def _client(self, credential: str) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://payments.test",
            headers={"Authorization": f"Bearer {credential}"},
        )
        self._clients.append(client)
        return client

    # -- what stands in the books -------------------------------------------------------------------------------

    async def event(self, **columns: Any) -> None:
        await self.add(paid_events, a_paid_event(**{"event_id": EVENT, "organizer": ORGANIZER, **columns}))

    async def seat(self, registration_id: str, **columns: Any) -> None:
        """A registration; its member is named after it."""
        named = {"registration_id": registration_id, "user_id": f"member-{registration_id}"}
        await self.add(registrations, a_registration(**{**named, **columns}))

    async def order(self, n: int, **columns: Any) -> str:
        """An order that came to nothing, of nobody's registration."""
        named = {"registration_id": f"r{n}", "user_id": f"u{n}", "status": "CANCEL"}
        await self.add(orders, an_order(n, **{**named, **columns}))
        return order_id(n)

    async def add(self, table: Table, *rows: dict[str, Any]) -> None:
        await add(self.database, table, *rows)

    # -- what is asked ------------------------------------------------------------------------------------------

    async def get(self, path: str, **query: object) -> Any:
        """Ask as the service."""
        answer = await self.backend.get(path, params={k: str(v) for k, v in query.items()})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def pages(self, path: str, **query: object) -> AsyncIterator[list[dict[str, Any]]]:
        """Walk a list to its end, a page at a time."""
        cursor: dict[str, object] = {}
        while True:
            page = await self.get(path, **query, **cursor)
            yield page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}
