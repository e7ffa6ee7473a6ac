"""Delivers webhooks: in order for each registration and payment, again and again for seven days."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from payments_service.simulator.callbacks import NEVER
from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.courier import Courier
from payments_service.simulator.faults import CALLBACK_KINDS, Fault, FaultPlan
from payments_service.simulator.journal import Delivery, Journal
from payments_service.simulator.ledger import LogEntry, Payment
from payments_service.simulator.payment_events import event_name
from payments_service.simulator.webhook_letters import (
    WebhookForgery,
    signed_headers,
    signing_date,
    write_body,
)
from payments_service.simulator.webhook_lines import Line, Notice
from payments_service.simulator.webhook_registry import Registration, Webhooks

# The line on whose behalf the present code runs: a hook that brings about another event must not wait for itself.
_serving: ContextVar["Line | None"] = ContextVar("_serving", default=None)


class WebhookEngine:
    def __init__(
        self,
        *,
        config: SimulatorConfig,
        clock: VirtualClock,
        journal: Journal,
        faults: FaultPlan,
        courier: Courier,
        registry: Webhooks,
    ) -> None:
        self._config, self._clock, self._journal = config, clock, journal
        self._faults, self._courier, self._registry = faults, courier, registry
        self.lines: dict[tuple[str, str], Line] = {}

    def announce(self, payment: Payment, entry: LogEntry) -> None:
        """Queues an event for all who want it; a fault hits all of these alike."""
        if payment.api != "epayment":
            return
        name = event_name(payment, entry)
        subscribed = self._registry.subscribed(payment.msn, name)
        if not subscribed:
            return
        fault = self._faults.take("callback", payment.order_id, CALLBACK_KINDS, event=name)
        for registration in subscribed:
            notice = self._write(payment, entry, WebhookForgery.from_fault(fault))
            if fault is not None and fault.kind == "lost":
                self._record(registration, notice, "lost")
                continue
            self._queue(registration, notice)
            if fault is not None:
                self._misbehave(fault, registration, notice)

    def contradict(self, payment: Payment) -> None:
        """Tells all who want it that the payment has failed, after whatever has been told."""
        forgery = WebhookForgery(name="ABORTED")
        for registration in self._registry.subscribed(payment.msn, "ABORTED"):
            self._queue(registration, self._write(payment, payment.log[-1], forgery))

    def release(self, held_for: str, of: Callable[[str], bool]) -> None:
        """Lets go of what was held for this, about orders that fit."""
        for notice in [notice for line in self.lines.values() for notice in line.notices]:
            if notice.held_for == held_for and of(notice.order_id):
                notice.due_at, notice.held_for = self._clock.now(), None

    def _queue(self, registration: Registration, notice: Notice, *, apart: bool = False) -> None:
        key = (registration.id, f"{notice.order_id} again" if apart else notice.order_id)
        self.lines.setdefault(key, Line(registration)).notices.append(notice)

    def _misbehave(self, fault: Fault, registration: Registration, notice: Notice) -> None:
        """What is repeated much later stands in a line of its own: it was answered well and holds up nobody."""
        later = timedelta(seconds=fault.seconds or 0)
        match fault.kind:
            case "delayed":
                notice.due_at += later
            case "held":
                notice.due_at, notice.held_for = NEVER, fault.value or "details"
            case "duplicated" if later:
                self._queue(registration, replace(notice, due_at=notice.due_at + later), apart=True)
            case "duplicated":
                notice.copies = 2

    async def forge(
        self, payment: Payment, registration: Registration, forgery: WebhookForgery, *, times: int = 1
    ) -> list[Delivery]:
        """Sends one attempt at once, past every line, of what happened last unless the forgery says otherwise."""
        notice = self._write(payment, payment.log[-1], forgery)
        notice.copies = times
        return await self._attempt(registration, notice)

    def has_work(self) -> bool:
        """Of lines nobody is busy with: whoever is goes on to the next notice without being asked."""
        return any(self._is_due(line) and not line.lock.locked() for line in self.lines.values())

    def next_due(self) -> datetime | None:
        return min((line.notices[0].due_at for line in self.lines.values() if line.notices), default=None)

    def due(self) -> list[Coroutine[Any, Any, None]]:
        self._registry.forget_unresponsive()
        self.lines = {key: line for key, line in self.lines.items() if self._is_of_use(line)}
        return [
            self._serve(line)
            for line in self.lines.values()
            if self._is_due(line) and not (line is _serving.get() and line.lock.locked())
        ]

    async def _serve(self, line: Line) -> None:
        """Until the line is empty or has to wait: a failure holds up everything behind it."""
        async with line.lock:
            _serving.set(line)
            while self._is_due(line) and self._is_registered(line.registration):
                notice = line.notices[0]
                deliveries = await self._attempt(line.registration, notice)
                success = any(_is_success(delivery) for delivery in deliveries)
                self._registry.note(line.registration, success=success)
                notice.due_at = self._clock.now() + self._wait_after(notice.attempts)
                if not (success or self._is_given_up(notice)):
                    return
                if line.notices and line.notices[0] is notice:  # they may have been cleared meanwhile
                    line.notices.popleft()

    async def _attempt(self, registration: Registration, notice: Notice) -> list[Delivery]:
        notice.attempts += 1
        forgery = notice.forgery
        if notice.date is None or (self._config.webhook_date_is_refreshed and not forgery.keeps_date):
            notice.date = signing_date(self._clock.now() + timedelta(seconds=forgery.skew_seconds))
        deliveries = [self._record(registration, notice, "under way") for _ in range(notice.copies)]
        notice.copies = 1  # a retry of something duplicated is an ordinary retry
        patience = self._config.webhook_patience_seconds
        await asyncio.gather(*(self._courier.carry(delivery, patience=patience) for delivery in deliveries))
        return deliveries

    def _wait_after(self, attempts: int) -> timedelta:
        table = self._config.webhook_retry_seconds
        return timedelta(seconds=table[min(attempts, len(table)) - 1])

    def _is_given_up(self, notice: Notice) -> bool:
        return notice.due_at - notice.born_at > timedelta(days=self._config.webhook_retry_days)

    def _is_due(self, line: Line) -> bool:
        return bool(line.notices) and line.notices[0].due_at <= self._clock.now()

    def _is_of_use(self, line: Line) -> bool:
        return line.lock.locked() or (bool(line.notices) and self._is_registered(line.registration))

    def _is_registered(self, registration: Registration) -> bool:
        return registration.id in self._registry.registrations

    def _write(self, payment: Payment, entry: LogEntry, forgery: WebhookForgery) -> Notice:
        name, now = forgery.name or event_name(payment, entry), self._clock.now()
        return Notice(payment.order_id, name, write_body(payment, entry, forgery), now, now, forgery)

    def _record(self, registration: Registration, notice: Notice, outcome: str) -> Delivery:
        headers = signed_headers(
            registration.url,
            notice.body,
            secret=registration.secret,
            date=notice.date or signing_date(self._clock.now()),
            registration_id=registration.id,
            forgery=notice.forgery,
        )
        delivery = Delivery(
            self._journal.next_seq(), self._clock.now(), notice.order_id, registration.url, notice.name,
            notice.body, headers.get("Authorization"), outcome, None, None, "webhooks",
            max(1, notice.attempts), registration.id, headers,
        )  # fmt: skip
        self._journal.deliveries.append(delivery)
        return delivery


def _is_success(delivery: Delivery) -> bool:
    """Any 2xx; a redirect is none."""
    return delivery.http_status is not None and 200 <= delivery.http_status < 300
