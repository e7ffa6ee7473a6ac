"""Vipps and the event backend, pretended, on a port and an event loop of their own within the test's process."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.faults import Call
from payments_service.simulator.server import make_server
from payments_service.simulator.simulator import Simulator
from payments_service.vipps.webhook_registrations import EVENTS

Result = TypeVar("Result")
_PATIENCE = 20.0


class Neighbours:
    """A simulator that answers real connections, and a way to act on its loop from the test's thread."""

    def __init__(self, *, checkout_seconds: float) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        port = self._socket.getsockname()[1]
        self.origin = f"http://127.0.0.1:{port}"
        self.config = SimulatorConfig(
            public_origin=self.origin,
            landing_seconds=checkout_seconds,
            app_seconds=checkout_seconds,
            total_seconds=checkout_seconds,
            tick_seconds=0.1,
        )
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="neighbours")
        self._is_up = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_up.wait(_PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        self._socket.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.simulator = Simulator(self.config)
        self._server = make_server(self.simulator)
        self.simulator.after_effect["initiate"] = self.know_whose
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self) -> None:
        running = asyncio.create_task(self._server._serve([self._socket]))  # the signals are the test's
        while not self._server.started:  # noqa: ASYNC110 - the server offers nothing to wait on
            await asyncio.sleep(0.01)
        self._is_up.set()
        await running

    async def know_whose(self, call: Call) -> None:
        """Tell the oracle whose seat a new payment pays for: journeys pay as "event, user"."""
        payment = next(
            (p for p in self.simulator.ledger.payments.values() if p.order_id == call.order_id), None
        )
        if payment is not None:
            event_id, _, user_id = payment.text.partition(", ")
            self.simulator.assign(payment.order_id, event_id, user_id)

    def mend(self) -> None:
        """Forget every fault, outage and hook that was prepared."""
        self.simulator.faults.clear()
        self.simulator.down.clear()
        self.simulator.before_effect.clear()
        self.simulator.after_effect.clear()
        self.simulator.after_effect["initiate"] = self.know_whose

    def send_webhooks_to(self, url: str, secret: str) -> None:
        """Let Vipps tell this address, and no other, of everything that happens."""
        webhooks = self.simulator.webhooks
        for registration in list(webhooks.registrations.values()):
            if registration.url != url:
                webhooks.remove(registration.id)
        if not webhooks.registrations:
            webhooks.register(url=url, events=list(EVENTS), secret=secret)

    def do(self, work: Callable[[], Result]) -> Result:
        """Run something on the neighbours' loop and return what it returns."""

        async def run() -> Result:
            return work()

        return self.wait_for(run())

    def wait_for(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(_PATIENCE)

    def after(self, operation: str, act: Callable[[Call], Awaitable[None] | None]) -> None:
        """Act once, in the instant between the next such call's effect and its answer."""

        async def hook(call: Call) -> None:
            if operation == "initiate":
                await self.know_whose(call)
                self.simulator.after_effect[operation] = self.know_whose
            else:
                del self.simulator.after_effect[operation]
            pending = act(call)
            if pending is not None:
                await pending

        self.simulator.after_effect[operation] = hook


def free_port() -> int:
    """Return a port that nobody listens on, from a range that no outgoing connection takes one from."""
    while True:
        port = random.randrange(12_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def eventually(predicate: Callable[[], Result | None], *, within: float, what: str = "") -> Result:
    """Return the predicate's first true value; fail when there is none in time."""
    until = time.monotonic() + within
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= until:
            raise AssertionError(
                f"not within {within} s: {what or 'what was waited for'}; last seen: {value!r}"
            )
        time.sleep(0.05)
