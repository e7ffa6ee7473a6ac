"""Every call comes in here: it is recorded, then let through, held up, spoilt or dropped by the faults."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payments_service.simulator.calls import recognise, without_secrets
from payments_service.simulator.checkout import CheckoutOver
from payments_service.simulator.fault_answers import fault_answer
from payments_service.simulator.faults import DOOR_KINDS, Call, Fault
from payments_service.simulator.hanging_up import hang_up, hold
from payments_service.simulator.journal import Request
from payments_service.simulator.spoiling import spoilt_answer, spoilt_request

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator


@dataclass(frozen=True, slots=True)
class Cut:
    """No answer: the connection ends, and these words stand in the record."""

    words: str
    refused: bool = False


@dataclass(slots=True)
class Kept:
    """An answer that has been made but not sent yet."""

    messages: list[Message] = field(default_factory=list)

    async def take(self, message: Message) -> None:
        self.messages.append(message)

    async def release(self, send: Send) -> int:
        for message in self.messages:
            await send(message)
        return int(self.messages[0]["status"])


class FrontDoor:
    def __init__(self, sim: "Simulator", inner: ASGIApp) -> None:
        self._sim, self._inner = sim, inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        body = await _read(receive)
        call, path = recognise(scope, body, tolerate_odd_slashes=self._sim.config.tolerate_odd_slashes)
        inside = {**scope, "path": path, "raw_path": path.encode()}
        if call.operation == "other":
            await self._inner(inside, _replay(body), send)
            self._sim.callbacks.flush_soon()
            return
        record = self._record(call)
        if call.operation in ("backend.release", "backend.waitlist"):
            self._sim.oracle.hear(call, record.seq)
        await self._sim.hooks.announce("arrived", call)
        outcome = await self._serve(call, inside, receive, send)
        record.outcome = outcome.words if isinstance(outcome, Cut) else outcome
        await self._sim.hooks.announce("answered", call)
        self._sim.callbacks.flush_soon()
        if isinstance(outcome, Cut):
            await hang_up(send, refused=outcome.refused)

    async def _serve(self, call: Call, scope: Scope, receive: Receive, send: Send) -> int | Cut:
        fault = self._sim.fault_for(call, DOOR_KINDS)
        if fault is not None and not fault.after:
            answered = await self._misbehave_first(fault, receive, send)
            if answered is not None:
                return answered
        await self._sim.hooks.run_before(call)
        self._approve_meanwhile(fault, call)
        kept = Kept()
        await self._inner(scope, _replay(spoilt_request(fault, call.body)), kept.take)
        await self._sim.hooks.run_after(call)
        if fault is not None and (fault.after or fault.kind == "drop_after"):
            answered = await self._misbehave_after(fault, receive, send)
            if answered is not None:
                return answered
        kept.messages = spoilt_answer(fault, kept.messages)
        return await kept.release(send)

    async def _misbehave_first(self, fault: Fault, receive: Receive, send: Send) -> int | Cut | None:
        """What was done instead of the work; None when the work is to be done after all."""
        match fault.kind:
            case "silent":
                await hold(receive, self._sim.stopping, fault.seconds)
                return Cut("silent")
            case "drop_before":
                return Cut("dropped before", refused=fault.value == "refuse")
            case "delay":
                await self._sleep(fault.seconds)
            case "unauthorized":
                self._sim.tokens.revoke_all()
            case "error" | "rate_limited":
                return await _answer(fault_answer(fault), send)
        return None

    async def _misbehave_after(self, fault: Fault, receive: Receive, send: Send) -> int | Cut | None:
        match fault.kind:
            case "silent":
                await hold(receive, self._sim.stopping, fault.seconds)
                return Cut("silent after the work")
            case "drop_before" | "drop_after":
                return Cut("dropped after")
            case "delay":
                await self._sleep(fault.seconds)
            case "error" | "rate_limited":
                return await _answer(fault_answer(fault), send)
        return None

    async def _sleep(self, seconds: float | None) -> None:
        """A slow server goes on working when its caller has given up; only our own end cuts it short."""
        try:
            await asyncio.wait_for(self._sim.stopping.wait(), seconds or 0)
        except TimeoutError:
            return

    def _approve_meanwhile(self, fault: Fault | None, call: Call) -> None:
        if fault is None or fault.kind != "approve_first" or call.order_id is None:
            return
        try:
            self._sim.checkout.approve(self._sim.ledger.by_order(call.order_id))
        except (CheckoutOver, KeyError):
            return  # nothing there to approve: then the race is lost, as it may be in life

    def _record(self, call: Call) -> Request:
        record = Request(
            self._sim.journal.next_seq(), self._sim.clock.now(), call.operation, call.order_id, call.method,
            call.path, without_secrets(dict(call.headers)), call.body.decode("utf-8", "replace"),
        )  # fmt: skip
        self._sim.journal.requests.append(record)
        return record


async def _read(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _answer(response: Response, send: Send) -> int:
    await send(
        {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    )
    await send({"type": "http.response.body", "body": bytes(response.body)})
    return response.status_code
