"""One application on one database beside one simulated Vipps, put back after each request that changed something."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from payments_service.demo.environment import environment
from payments_service.serve import app_of
from payments_service.settings import Settings
from payments_service.simulator.simulator import Simulator
from payments_service.storage.tables import metadata
from payments_service.wiring import Services
from tests.access.callers import JWT_KEY, headers_of
from tests.access.table import Line
from tests.access.targets import TARGETS, populate

WEBHOOK_SECRET: Final = "mlOq3x+a/KQ0bWVuLCBzaWduZWQgYnkgdGhlIG5ldyBvbmU="
#: The same for every request, so that two answers can be compared byte by byte.
REQUEST_ID: Final = "the-same-for-all"
_TABLES: Final = [table.name for table in metadata.sorted_tables]
_FINGERPRINT: Final = " UNION ALL ".join(
    f"SELECT '{name}' AS name, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS content FROM {name} t"  # noqa: S608 - our own names
    for name in _TABLES
)


class Counting(httpx.AsyncBaseTransport):
    """The way to the neighbours, with a count of who went it."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.calls = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return await self._inner.handle_async_request(request)


class World:
    """`ids` are those of each target, orders included."""

    def __init__(
        self, app: FastAPI, simulator: Simulator, neighbours: Counting, database: asyncpg.Connection
    ) -> None:
        self.app, self.simulator, self.neighbours, self.database = app, simulator, neighbours, database
        self.ids = {name: dict(ids) for name, ids in TARGETS.items()}
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
            base_url="http://payments.test",
            headers={"X-Request-Id": REQUEST_ID},
        )
        self._payments: dict[Any, Any] = {}

    # -- asking ---------------------------------------------------------------------------------------------------

    async def ask(
        self, line: Line, caller: str, *, target: str | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a line's request for a caller; `headers` are other credentials than the caller's own."""
        ids = self.ids[target or line.target]
        body = None if line.body is None else json.loads(filled(line.body, ids))
        return await self.client.request(
            line.method,
            filled(line.address, ids),
            headers=headers_of(caller) if headers is None else headers,
            json=body,
        )

    async def must(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Ask as the event backend, and get a yes."""
        answer = await self.client.request(method, path, json=body, headers=headers_of("service"))
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json()) if answer.content else {}

    async def pays(self, order_id: str) -> None:
        """The member approves, and the sales unit takes the money at once. Nobody tells us, so we ask."""
        payment = self.simulator.ledger.by_order(order_id)
        payment.quirks["direct_capture"] = 1
        self.simulator.checkout.approve(payment)
        assert (await self.must("POST", f"/v1/orders/{order_id}/sync"))["is_paid"]

    # -- putting back ---------------------------------------------------------------------------------------------

    async def keep(self) -> None:
        """Remember how everything is now."""
        self._payments = copy.deepcopy(self.simulator.ledger.payments)
        copies = "; ".join(f"CREATE TABLE kept.{name} AS TABLE public.{name}" for name in _TABLES)
        await self.database.execute(f"CREATE SCHEMA kept; {copies}")

    async def put_back(self) -> None:
        """Make everything as it was remembered: our rows and Vipps' payments."""
        self.simulator.ledger.payments = copy.deepcopy(self._payments)
        self.simulator.answer_store.clear()
        await self.database.execute(_PUT_BACK)

    async def contents(self) -> dict[str, str]:
        """A digest of every table's rows."""
        return {row["name"]: row["content"] for row in await self.database.fetch(_FINGERPRINT)}


def filled(text: str, ids: Mapping[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _put_back() -> str:
    """The history refuses to be changed, but for a session that says it is a replica."""
    statements = ["SET session_replication_role = replica"]
    statements += [f"DELETE FROM {name}" for name in reversed(_TABLES)]  # noqa: S608 - our own names
    for table in metadata.sorted_tables:
        columns = ", ".join(column.name for column in table.columns if column.computed is None)
        copied = f"({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM kept.{table.name}"  # noqa: S608
        statements.append(f"INSERT INTO {table.name} {copied}")
    return "; ".join([*statements, "SET session_replication_role = DEFAULT"])


_PUT_BACK: Final = _put_back()


@asynccontextmanager
async def open_world(
    database_url: str, *, service_url: str | None = None, **variables: str
) -> AsyncIterator[World]:
    """A world of its own on an empty database; `variables` go into the service's environment.

    `database_url` is an owner's, for putting back; the service may have another role's.
    """
    simulator = Simulator()
    neighbours = Counting(httpx.ASGITransport(app=simulator.app))
    given = environment(
        database_url=service_url or database_url,
        service_port=8000,
        simulator_origin="http://127.0.0.1:8090",
        JWT_KEY=JWT_KEY,
        VIPPS_WEBHOOK_SECRETS=WEBHOOK_SECRET,
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**given, **variables}.items():
            patch.setenv(name, value)
        services = Services(Settings(), vipps_transport=neighbours, event_service_transport=neighbours)
    database = await asyncpg.connect(database_url)
    world = World(app_of(services), simulator, neighbours, database)
    try:
        await populate(world)
        await world.keep()
        yield world
    finally:
        await world.client.aclose()
        await services.aclose()
        await simulator.close()
        await database.close()
