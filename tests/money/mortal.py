"""Journeys on which the service is killed: at an instant at Vipps, or at a COMMIT; and what comes after."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Literal

import httpx

from payments_service.simulator.faults import Call
from tests.journeys.pace import MORTAL, TAKEN_OVER_WITHIN
from tests.journeys.service import Service
from tests.money.till import Sale, Till
from tests.money.wire import Wire

Instant = Literal["before the effect", "after the effect"]
#: What the contract allows, and a few seconds in which a new process starts and calls are answered.
FINISHED_WITHIN = TAKEN_OVER_WITHIN + 5.0


class Mortal:
    """A till whose one replica is reached over a wire, and is replaced when it dies."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.wire = Wire(till.neighbours, till.database_url)
        self._url = self.wire.start()
        self._pool = ThreadPoolExecutor(4)

    def close(self) -> None:
        for service in self.till.services:
            service.close()
        self.wire.close()
        self._pool.shutdown()

    @property
    def victim(self) -> Service:
        """The replica that runs; another is started when there is none."""
        if not any(service.is_running for service in self.till.services):
            self.start_heir()
        return self.till.service

    def start_heir(self) -> Service:
        return self.till.start_service(MORTAL, DATABASE_URL=self._url)

    def meanwhile(
        self, client: httpx.Client, method: str, path: str, **body: object
    ) -> Future[httpx.Response]:
        """Ask without waiting; whoever asks may be left without an answer."""
        return self._pool.submit(client.request, method, path, **body)  # type: ignore[arg-type]

    @contextmanager
    def is_killed_at_vipps(self, operation: str, instant: Instant, sale: Sale) -> Iterator[None]:
        """Within the block the victim makes the call that is its last; afterwards there is an heir."""
        till, victim = self.till, self.victim
        hooks = till.simulator.before_effect if instant.startswith("before") else till.simulator.after_effect

        async def kill(call: Call) -> None:
            if call.order_id == sale.order_id and hooks.pop(operation, None) is not None:
                victim.kill()

        if instant.startswith("before"):
            # the call arrives and is not carried out: nobody is there any more to be told
            till.simulator.add_fault("silent", operation, order_id=sale.order_id)
            yield
            journal = till.simulator.journal
            till.eventually(lambda: journal.requests_for(operation, sale.order_id), within=10)
            victim.kill()
        else:
            hooks[operation] = kill
            yield
            till.eventually(lambda: not victim.is_running, within=10)
        self.start_heir()

    def asks_until_answered(self, method: str, path: str, body: object, key: str) -> httpx.Response:
        """Repeat a request under its key until it is neither running nor failing."""
        until = time.monotonic() + FINISHED_WITHIN + 8
        while True:
            headers = {"Idempotency-Key": key}
            answer = self.till.service.client.request(method, path, json=body, headers=headers)
            if answer.is_success:
                return answer
            assert answer.status_code in (409, 503), answer.text
            assert "Retry-After" in answer.headers, answer.text
            assert time.monotonic() < until, f"still {answer.status_code}: {answer.text}"
            time.sleep(0.2)
