"""What runs how often, and why that often. APScheduler only ticks; the work itself lies in rows."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import structlog

from payments_service.domain.decisions import ExpiryMode
from payments_service.event_service.errors import EventServiceError
from payments_service.storage import (
    attention,
    deliveries,
    invariants,
    notice_lists,
    paid_events,
    registrations,
)
from payments_service.storage.claims import Claim, claim_due
from payments_service.storage.database import database_now
from payments_service.storage.tables import imported_orders as imported_orders_table
from payments_service.storage.tables import notices as notices_table
from payments_service.storage.tables import operations as operations_table
from payments_service.storage.tables import orders as orders_table
from payments_service.storage.tables import registrations as registrations_table
from payments_service.ticking import Ticker
from payments_service.use_cases.carry_out import carry_out
from payments_service.use_cases.deliver_notice import deliver_notice
from payments_service.use_cases.forget_old import forget_old
from payments_service.use_cases.policy import Queue
from payments_service.use_cases.pull_seats import pull_seats
from payments_service.use_cases.read_imported_order import read_imported_order
from payments_service.use_cases.remove_event import finish_removals
from payments_service.use_cases.settle_order import settle_order
from payments_service.use_cases.settle_registration import settle_registration
from payments_service.wiring import Services
from payments_service.work_queue import WorkQueue

_log = structlog.get_logger(__name__)
# Orders, operations and notices are looked for every second whatever SWEEP_SECONDS says: Vipps advises to ask every two
# while a member pays, nobody wants to wait for money, and an idle look costs a tenth of a millisecond.
_EVERY_SECOND: Final = 1
# A seat hangs on these; whoever puts one to be asked about wakes the queue as well.
_IMPORTED_SECONDS: Final = 2
_FIGURES_SECONDS: Final = 5
_SWEEP_OLD_SECONDS: Final = 3600
_CHECK_SECONDS: Final = 300
# Vipps removes what has not answered for two weeks; without webhooks the polling still finds everything, only later.
_WEBHOOK_CHECK_SECONDS: Final = 600
_DRAIN_SECONDS: Final = 15.0
_SLOTS: Final = {
    Queue.ORDERS: 16,
    Queue.OPERATIONS: 8,
    Queue.REGISTRATIONS: 16,
    Queue.NOTICES: 16,
    Queue.IMPORTED: 3,
}


class Scheduler:
    """The clock of one process. Every replica has one; claims keep them out of each other's way."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._has_pulled = False
        self._ticker = Ticker()
        self._queues = {
            Queue.ORDERS: self._queue(Queue.ORDERS, orders_table, self._settle_order),
            Queue.OPERATIONS: self._queue(Queue.OPERATIONS, operations_table, self._carry_out),
            Queue.REGISTRATIONS: self._queue(
                Queue.REGISTRATIONS, registrations_table, self._settle_registration
            ),
            Queue.NOTICES: self._queue(Queue.NOTICES, notices_table, self._deliver_notice),
            Queue.IMPORTED: self._queue(Queue.IMPORTED, imported_orders_table, self._read_imported_order),
        }

    def start(self) -> None:
        """Begin to tick, at once and then at each job's interval."""
        settings, every = self._services.settings, self._ticker.every
        every(_EVERY_SECOND, self._tick_orders, name="orders")
        every(_EVERY_SECOND, self._queues[Queue.OPERATIONS].tick, name="operations")
        every(_IMPORTED_SECONDS, self._queues[Queue.IMPORTED].tick, name="imported")
        if self._services.policy.rules.expiry_mode is not ExpiryMode.OFF:
            every(settings.sweep_seconds, self._queues[Queue.REGISTRATIONS].tick, name="registrations")
        if self._services.notices is not None:
            every(_EVERY_SECOND, self._queues[Queue.NOTICES].tick, name="notices")
        if settings.pull_seconds:
            every(settings.pull_seconds, self._pull, name="pull")
        every(_FIGURES_SECONDS, self._refresh_figures, name="figures")
        every(_SWEEP_OLD_SECONDS, self._sweep_old, name="sweep_old")
        every(settings.sweep_seconds, self._finish_removals, name="removals")
        every(_CHECK_SECONDS, self._check_invariants, name="invariants")
        if self._services.webhook_check is not None:
            every(_WEBHOOK_CHECK_SECONDS, self._services.webhook_check.look, name="webhook")
        self._services.on_nudge = self.nudge
        self._ticker.start()

    def nudge(self, queue: Queue) -> None:
        if queue is Queue.REGISTRATIONS and self._services.policy.rules.expiry_mode is ExpiryMode.OFF:
            return
        if queue is Queue.NOTICES and self._services.notices is None:
            return
        self._queues[queue].nudge()

    async def stop(self) -> None:
        """Stop claiming, let what is running finish, then stop ticking. Never cancels a call in flight."""
        self._ticker.pause()
        await asyncio.gather(
            self._ticker.rest(_DRAIN_SECONDS),
            *(queue.drain(_DRAIN_SECONDS) for queue in self._queues.values()),
        )
        self._ticker.stop()

    def _queue(self, name: Queue, table: Any, work: Callable[[Claim], Awaitable[None]]) -> WorkQueue:
        async def claim(limit: int) -> list[Claim]:
            async with self._services.database.autocommit() as connection:
                return await claim_due(connection, table, limit=limit, lease=self._services.policy.lease)

        return WorkQueue(name, claim=claim, carry_out=work, slots=_SLOTS[name])

    async def _tick_orders(self) -> None:
        try:
            await self._queues[Queue.ORDERS].tick()
        finally:
            # the clock goes round even while the database is away: that is a matter of readiness, not of life
            self._services.ticked(time.monotonic(), time.time())

    async def _settle_order(self, claim: Claim) -> None:
        s = self._services
        await settle_order(
            claim.key,
            database=s.database,
            vipps=s.vipps,
            policy=s.policy,
            nudge=s.nudge,
            learned=s.learned,
            cause="due",
            claim=claim,
        )

    async def _carry_out(self, claim: Claim) -> None:
        s = self._services
        await carry_out(
            claim,
            database=s.database,
            vipps=s.vipps,
            policy=s.policy,
            nudge=s.nudge,
            learned=s.learned,
        )

    async def _read_imported_order(self, claim: Claim) -> None:
        s = self._services
        await read_imported_order(
            claim.key,
            database=s.database,
            vipps=s.vipps,
            policy=s.policy,
            nudge=s.nudge,
            cause="due",
            claim=claim,
        )

    async def _settle_registration(self, claim: Claim) -> None:
        s = self._services
        await settle_registration(
            claim, database=s.database, event_service=s.event_service, policy=s.policy, nudge=s.nudge
        )

    async def _deliver_notice(self, claim: Claim) -> None:
        s = self._services
        if s.notices is not None:
            await deliver_notice(claim, database=s.database, post=s.notices, nudge=s.nudge)

    async def _pull(self) -> None:
        """Pull every event that is not over and that no replica has pulled in this round; at start, all of them."""
        s = self._services
        async with s.database.autocommit() as connection:
            now = await database_now(connection)
        slack = timedelta(seconds=s.settings.pull_seconds * 0.9) if self._has_pulled else timedelta(0)
        self._has_pulled = True
        while not s.is_draining:
            async with s.database.begin() as connection:
                claimed = await paid_events.claim_pulls(connection, pulled_before=now - slack, limit=1)
            if not claimed:
                return
            try:
                await pull_seats(
                    claimed[0],
                    database=s.database,
                    event_service=s.event_service,
                    policy=s.policy,
                    nudge=s.nudge,
                )
            except EventServiceError as error:
                _log.warning("pull_failed", event_id=claimed[0], error=type(error).__name__)

    async def _sweep_old(self) -> None:
        """Forget what need not be kept any longer."""
        forgotten = await forget_old(database=self._services.database)
        self._services.metrics.retention_ran(forgotten, time.time())

    async def _finish_removals(self) -> None:
        """Go on with events that went while somebody died."""
        s = self._services
        await finish_removals(database=s.database, policy=s.policy, nudge=s.nudge)

    async def _check_invariants(self) -> None:
        """Count what breaks a truth about money or seats; a person is told by the figures and the log."""
        async with self._services.database.autocommit() as connection:
            found = await invariants.violations(connection)
        counts = Counter(violation.name for violation in found)
        self._services.metrics.set_violations({i.name: counts[i.name] for i in invariants.INVARIANTS})
        for violation in found:
            _log.error("invariant_violated", invariant=violation.name, key=violation.key)

    async def _refresh_figures(self) -> None:
        metrics = self._services.metrics
        async with self._services.database.autocommit() as connection:
            metrics.set_oldest_unsettled_delivery(await deliveries.oldest_unsettled_seconds(connection))
            metrics.set_oldest_overdue_registration(await registrations.oldest_overdue_seconds(connection))
            metrics.set_registrations_held(await registrations.count_held(connection))
            metrics.set_attention_open(await attention.count_open(connection))
            unsent = await notice_lists.waiting(connection)
            metrics.set_notices(
                waiting=unsent.count, oldest_seconds=unsent.oldest_seconds, given_up=unsent.given_up
            )
