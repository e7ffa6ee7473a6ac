"""Carries one message to the merchant: limited patience, no redirects, and a note of what came of it."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx

from payments_service.simulator.faults import Call, Hooks
from payments_service.simulator.journal import Delivery

ClientFactory = Callable[[], httpx.AsyncClient]


def plain_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False)


class Courier:
    def __init__(self, *, hooks: Hooks, client_factory: ClientFactory) -> None:
        self._hooks, self.client_factory = hooks, client_factory
        self.attempts: set[asyncio.Task[None]] = set()

    async def carry(self, delivery: Delivery, *, patience: float) -> None:
        body = delivery.body.encode()
        call = Call("callback", delivery.order_id, None, None, "POST", delivery.url, delivery.headers, body)
        await self._hooks.run_before(call)
        attempt = asyncio.create_task(self._attempt(delivery, patience))
        # Vipps stops waiting; the merchant's work goes on all the same, so the attempt is not cancelled.
        keep(attempt, self.attempts)
        await asyncio.wait({attempt}, timeout=patience)
        if delivery.outcome == "under way":
            delivery.outcome, delivery.seconds = "timeout", patience
        await self._hooks.run_after(call)

    async def _attempt(self, delivery: Delivery, patience: float) -> None:
        started = time.monotonic()
        try:
            async with self.client_factory() as client:
                answer = await client.post(
                    delivery.url,
                    content=delivery.body.encode(),
                    headers=delivery.headers,
                    timeout=patience,
                    follow_redirects=False,
                )
            outcome, status = "answered", answer.status_code
        except httpx.TimeoutException:
            outcome, status = "timeout", None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            outcome, status = f"unreachable: {type(problem).__name__}", None
        except Exception as problem:  # over an ASGI transport the merchant's own error gets here
            outcome, status = f"broke: {type(problem).__name__}", None
        if delivery.outcome == "under way":
            delivery.outcome, delivery.http_status = outcome, status
            delivery.seconds = time.monotonic() - started


def keep(task: asyncio.Task[Any], among: set[asyncio.Task[Any]]) -> None:
    among.add(task)
    task.add_done_callback(among.discard)
