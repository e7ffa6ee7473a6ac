"""The service as Vipps meets it, and everything it has written down."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import select, text

from payments_service.storage.tables import attention, deliveries, metadata
from payments_service.wiring import Services
from tests.api.conftest import ORIGIN
from tests.webhooks.signing import Webhook, genuine


class Hooked:
    """Posts webhooks to the service; `order_id` is in the checkout."""

    def __init__(self, app: FastAPI, order_id: str) -> None:
        self.app = app
        self.order_id = order_id
        self.services: Services = app.state.services

    async def post(self, webhook: Webhook) -> httpx.Response:
        """Post without the backend's key, under another host than the public one."""
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await client.request(
                webhook.method, webhook.path, content=webhook.body, headers=webhook.headers
            )

    async def takes(self, body: bytes) -> None:
        """Post it signed, and hold the service to its 200."""
        answer = await self.post(genuine(body))
        assert (answer.status_code, answer.content) == (200, b""), answer.text

    async def is_due(self) -> bool:
        """Tell whether the order is to be read now; one that was just started waits 5 s."""
        query = text("SELECT due_at <= clock_timestamp() FROM orders WHERE order_id = CAST(:id AS uuid)")
        async with self.services.database.autocommit() as connection:
            found: bool = (await connection.execute(query, {"id": self.order_id})).scalar_one()
        return found

    async def put_off(self) -> None:
        """As if the order had been asked about just now."""
        query = text("UPDATE orders SET due_at = clock_timestamp() + interval '1 hour'")
        async with self.services.database.autocommit() as connection:
            await connection.execute(query)

    async def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        async with self.services.database.autocommit() as connection:
            return {
                name: sorted((tuple(row) for row in await connection.execute(select(table))), key=repr)
                for name, table in metadata.tables.items()
            }

    async def kept(self) -> list[tuple[str, str, bytes]]:
        """What was delivered: channel, order and body, oldest first."""
        query = select(deliveries.c.channel, deliveries.c.order_id, deliveries.c.body)
        async with self.services.database.autocommit() as connection:
            rows = await connection.execute(query.order_by(deliveries.c.delivery_id))
            return [(row.channel, row.order_id, row.body) for row in rows]

    async def cases(self) -> list[tuple[str, str | None]]:
        """What a person is to look at: code and order."""
        async with self.services.database.autocommit() as connection:
            rows = await connection.execute(select(attention).order_by(attention.c.attention_id))
            return [(row.code, row.order_id) for row in rows]
