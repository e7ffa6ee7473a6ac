"""A Vipps and an event backend that say what a test tells them to, and remember what they were asked."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from payments_service.domain.readings import LogEntry, NoSuchPayment, Reading
from payments_service.domain.seats import Seat, SeatPage
from payments_service.vipps.port import NewPayment

Witness = Callable[["Call"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it arrived."""

    operation: str
    subject: str
    key: str | None = None
    amount_ore: int | None = None
    only_unapproved: bool = False
    payment: NewPayment | None = None
    timeout: float = 0.0


class Scripted:
    """`script` holds, for each operation, what to say next: an exception is raised; anything else is the answer.

    `AfterTheEffect` is for an effect whose answer is lost.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.script: dict[str, list[Any]] = defaultdict(list)
        self.witness: Witness | None = None
        self.takes_seconds = 0.0

    def asked(self, operation: str) -> list[Call]:
        return [call for call in self.calls if call.operation == operation]

    async def _arrived(self, call: Call) -> Any:
        self.calls.append(call)
        if self.witness is not None:
            await self.witness(call)
        if self.takes_seconds:
            await asyncio.sleep(self.takes_seconds)
        said = self.script[call.operation].pop(0) if self.script[call.operation] else None
        if isinstance(said, Exception):
            raise said
        return said


@dataclass(frozen=True, slots=True)
class AfterTheEffect:
    """The call has its effect, and then its answer is lost."""

    error: Exception


class FakeVipps(Scripted):
    """A `PaymentApi` with a ledger of logs. `logs` may be written by a test: a word per entry, oldest first.

    `can_repeat_start`: a start repeated in the same words is answered as the first one was.
    """

    def __init__(self, *, can_repeat_start: bool = False) -> None:
        super().__init__()
        self.can_repeat_start = can_repeat_start
        self.logs: dict[str, list[LogEntry]] = {}
        self.amounts: dict[str, int] = {}

    def member(self, order_id: str, *words: str) -> None:
        """Something happens at Vipps: `!` before a word for what fails."""
        for word in words:
            entry = LogEntry(word.removeprefix("!"), self.amounts[order_id], not word.startswith("!"))
            self.logs[order_id].append(entry)

    def held(self, order_id: str) -> int:
        """What a reservation holds, by the log."""
        words = [e.word for e in self.logs[order_id] if e.succeeded]
        is_held = "RESERVE" in words and not {"VOID", "CAPTURE"} & set(words)
        return self.amounts[order_id] if is_held else 0

    async def start(self, payment: NewPayment, *, timeout: float) -> str | None:
        said = await self._arrived(Call("start", payment.order_id, payment=payment, timeout=timeout))
        if self.can_repeat_start and payment.order_id in self.logs:
            assert payment == self.asked("start")[0].payment, "a repeat is the same in every word"
            return self._ended(said) or self._link(payment)
        assert payment.order_id not in self.logs, "an order is started once"
        self.amounts[payment.order_id] = payment.amount_ore
        self.logs[payment.order_id] = []
        self.member(payment.order_id, "INITIATE")
        return self._ended(said) or self._link(payment)

    def _link(self, payment: NewPayment) -> str | None:
        return None if payment.is_push else f"https://vipps.test/{payment.order_id}"

    async def read(self, order_id: str, *, timeout: float) -> Reading | NoSuchPayment:
        said = await self._arrived(Call("read", order_id, timeout=timeout))
        if isinstance(said, Reading | NoSuchPayment):
            return said
        if order_id not in self.logs:
            return NoSuchPayment(order_id, "sha of a 404")
        entries = tuple(self.logs[order_id])
        return Reading(order_id, entries, None, hashlib.sha256(repr(entries).encode()).hexdigest())

    async def capture(self, order_id: str, *, amount_ore: int, key: str, text: str, timeout: float) -> None:
        await self._operate("capture", order_id, key, amount_ore, "CAPTURE")

    async def cancel(
        self, order_id: str, *, key: str, text: str, timeout: float, only_unapproved: bool = False
    ) -> None:
        word = "VOID" if self.held(order_id) else "CANCEL"
        await self._operate("cancel", order_id, key, None, word, only_unapproved=only_unapproved)

    async def refund(self, order_id: str, *, amount_ore: int, key: str, text: str, timeout: float) -> None:
        await self._operate("refund", order_id, key, amount_ore, "REFUND")

    async def _operate(
        self,
        operation: str,
        order_id: str,
        key: str,
        amount: int | None,
        word: str,
        *,
        only_unapproved: bool = False,
    ) -> None:
        said = await self._arrived(Call(operation, order_id, key, amount, only_unapproved))
        if key not in [entry.request_id for entry in self.logs[order_id]]:  # a repeat has no second effect
            entry = LogEntry(word, amount or self.amounts[order_id], succeeded=True, request_id=key)
            self.logs[order_id].append(entry)
        self._ended(said)

    def _ended(self, said: Any) -> str | None:
        if isinstance(said, AfterTheEffect):
            raise said.error
        return said if isinstance(said, str) else None


@dataclass
class FakeSeats(Scripted):
    """A `SeatService` over a list of seats."""

    seats: list[Seat] = field(default_factory=list)
    page_size: int = 2

    def __post_init__(self) -> None:
        Scripted.__init__(self)

    async def find_seat(self, event_id: str, user_id: str) -> Seat | None:
        said = await self._arrived(Call("find_seat", user_id))
        if isinstance(said, Seat):
            return said
        mine = [s for s in self.seats if (s.event_id, s.user_id) == (event_id, user_id)]
        return mine[0] if mine else None

    async def release(self, event_id: str, user_id: str, registration_id: str) -> None:
        said = await self._arrived(Call("release", user_id, key=registration_id))
        self.seats = [s for s in self.seats if (s.event_id, s.user_id) != (event_id, user_id)]
        if isinstance(said, AfterTheEffect):
            raise said.error

    async def list_seats(self, event_id: str, page: int) -> SeatPage:
        said = await self._arrived(Call("list_seats", str(page)))
        if isinstance(said, SeatPage):
            return said
        mine = [s for s in self.seats if s.event_id == event_id]
        first, last = (page - 1) * self.page_size, page * self.page_size
        return SeatPage(tuple(mine[first:last]), page + 1 if last < len(mine) else None)
