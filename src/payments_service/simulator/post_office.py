"""Everything Vipps sends to the merchant by itself, callbacks and webhooks alike: one way to send what is due."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from payments_service.simulator.callback_letters import Forgery
from payments_service.simulator.callbacks import CallbackEngine
from payments_service.simulator.courier import ClientFactory, Courier, keep
from payments_service.simulator.ledger import Payment
from payments_service.simulator.webhook_engine import WebhookEngine


class PostOffice:
    def __init__(self, *, courier: Courier, callbacks: CallbackEngine, webhooks: WebhookEngine) -> None:
        self._courier, self._callbacks, self.webhooks = courier, callbacks, webhooks
        self._flushes: set[asyncio.Task[Any]] = set()

    @property
    def client_factory(self) -> ClientFactory:
        return self._courier.client_factory

    @client_factory.setter
    def client_factory(self, factory: ClientFactory) -> None:
        self._courier.client_factory = factory

    def post(
        self,
        payment: Payment,
        status: str,
        *,
        error: dict[str, str] | None = None,
        with_transaction_id: bool = True,
        forgery: Forgery | None = None,
    ) -> None:
        """Queues a callback; nothing at all for a payment that was not started in eCom."""
        self._callbacks.post(
            payment, status, error=error, with_transaction_id=with_transaction_id, forgery=forgery
        )

    def contradict(self, payment: Payment) -> None:
        """Says that a payment has failed which has not, in the words of its API."""
        if payment.api == "ecom":
            self.post(payment, "REJECTED", forgery=Forgery(status="REJECTED"))
        else:
            self.webhooks.contradict(payment)

    def release(self, held_for: str, of: Callable[[str], bool]) -> None:
        """Lets go of what was held for this, about orders that fit."""
        self._callbacks.release(held_for, of)
        self.webhooks.release(held_for, of)

    async def flush(self) -> None:
        """Sends what is due, and waits for one attempt at each."""
        await asyncio.gather(*self._callbacks.due(), *self.webhooks.due())

    def flush_soon(self) -> None:
        """For callers who must not wait for the merchant's answer."""
        if self._callbacks.has_work() or self.webhooks.has_work():
            keep(asyncio.create_task(self.flush()), self._flushes)

    async def idle(self) -> None:
        """Until every delivery that is under way has had its answer or used up its time."""
        await asyncio.gather(*self._flushes)

    def next_due(self) -> datetime | None:
        """When the next webhook is to be tried, as far as that is known now."""
        return self.webhooks.next_due()

    async def close(self) -> None:
        tasks = self._flushes | self._courier.attempts
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def clear(self) -> None:
        """Forgets what has not been delivered; registrations stay."""
        self._callbacks.queue.clear()
        for line in self.webhooks.lines.values():
            line.notices.clear()
