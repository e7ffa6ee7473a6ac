"""Sends the callback an outcome gets: a single attempt, three seconds of patience, no redirects."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx

from payments_service.simulator.callback_letters import Forgery, write_letter
from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.faults import CALLBACK_KINDS, Call, Fault, FaultPlan, Hooks
from payments_service.simulator.journal import Delivery, Journal
from payments_service.simulator.ledger import Payment

ClientFactory = Callable[[], httpx.AsyncClient]


def plain_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False)


@dataclass(slots=True)
class Letter:
    payment: Payment
    status: str
    due_at: datetime
    at: datetime
    error: dict[str, str] | None
    with_transaction_id: bool
    forgery: Forgery
    held_for: str | None = None
    """Leaves when this has happened: the order's details or cancel, or the callback of a newer payment."""


class CallbackEngine:
    def __init__(
        self,
        *,
        config: SimulatorConfig,
        clock: VirtualClock,
        journal: Journal,
        faults: FaultPlan,
        hooks: Hooks,
        client_factory: ClientFactory,
    ) -> None:
        self._config, self._clock, self._journal = config, clock, journal
        self._faults, self._hooks = faults, hooks
        self.client_factory = client_factory
        self.queue: list[Letter] = []
        self._flushes: set[asyncio.Task[None]] = set()
        self._attempts: set[asyncio.Task[None]] = set()

    def post(
        self,
        payment: Payment,
        status: str,
        *,
        error: dict[str, str] | None = None,
        with_transaction_id: bool = True,
        forgery: Forgery | None = None,
    ) -> None:
        """Queues a letter; a fault may lose it, keep it back, double it or spoil it."""
        now = self._clock.now()
        fault = None if forgery else self._faults.take("callback", payment.order_id, CALLBACK_KINDS)
        letter = Letter(
            payment, status, now, now, error, with_transaction_id, forgery or Forgery.from_fault(fault)
        )
        if fault is not None and fault.kind == "lost":
            self._record(letter, "lost")
            return
        if fault is not None and fault.kind == "delayed":
            letter.due_at += timedelta(seconds=fault.seconds or 0)
        if fault is not None and fault.kind == "held":
            letter.due_at, letter.held_for = datetime.max.replace(tzinfo=UTC), fault.value or "details"
        self.queue += _copies(letter, fault)

    def release(self, held_for: str, of: Callable[[Payment], bool]) -> None:
        """Lets go of what was held for this."""
        for letter in self.queue:
            if letter.held_for == held_for and of(letter.payment):
                letter.due_at, letter.held_for = self._clock.now(), None

    async def flush(self) -> None:
        """Sends what is due, at once and side by side, as independent deliveries would."""
        now = self._clock.now()
        due = [letter for letter in self.queue if letter.due_at <= now]
        self.queue = [letter for letter in self.queue if letter.due_at > now]
        await asyncio.gather(*(self._send(letter) for letter in due))

    def flush_soon(self) -> None:
        """For callers who must not wait for the merchant's answer."""
        now = self._clock.now()
        if any(letter.due_at <= now for letter in self.queue):
            _keep(asyncio.create_task(self.flush()), self._flushes)

    async def idle(self) -> None:
        """Until every delivery that is under way has had its answer or used up its time."""
        await asyncio.gather(*self._flushes)

    async def close(self) -> None:
        tasks = self._flushes | self._attempts
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, letter: Letter) -> None:
        delivery = self._record(letter, "under way")
        call = Call("callback", letter.payment.order_id)
        await self._hooks.run_before(call)
        attempt = asyncio.create_task(self._attempt(delivery))
        # Vipps stops waiting; the merchant's work goes on all the same, so the attempt is not cancelled.
        _keep(attempt, self._attempts)
        await asyncio.wait({attempt}, timeout=self._config.callback_patience_seconds)
        if delivery.outcome == "under way":
            delivery.outcome, delivery.seconds = "timeout", self._config.callback_patience_seconds
        await self._hooks.run_after(call)

    async def _attempt(self, delivery: Delivery) -> None:
        headers = {"Content-Type": "application/json;charset=UTF-8"}
        if delivery.authorization is not None:
            headers["Authorization"] = delivery.authorization
        started = time.monotonic()
        try:
            async with self.client_factory() as client:
                answer = await client.post(
                    delivery.url,
                    content=delivery.body.encode(),
                    headers=headers,
                    timeout=self._config.callback_patience_seconds,
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

    def _record(self, letter: Letter, outcome: str) -> Delivery:
        url, body, authorization = write_letter(
            letter.payment,
            letter.status,
            at=letter.at,
            error=letter.error,
            with_transaction_id=letter.with_transaction_id and self._config.callback_with_transaction_id,
            msn_as_integer=self._config.callback_msn_as_integer,
            forgery=letter.forgery,
        )
        delivery = Delivery(
            self._journal.next_seq(), self._clock.now(), letter.payment.order_id, url,
            letter.forgery.status or letter.status, body, authorization, outcome,
        )  # fmt: skip
        self._journal.deliveries.append(delivery)
        return delivery


def _keep(task: asyncio.Task[None], among: set[asyncio.Task[None]]) -> None:
    among.add(task)
    task.add_done_callback(among.discard)


def _copies(letter: Letter, fault: Fault | None) -> list[Letter]:
    if fault is None or fault.kind != "duplicated":
        return [letter]
    return [letter, replace(letter, due_at=letter.due_at + timedelta(seconds=fault.seconds or 0))]
