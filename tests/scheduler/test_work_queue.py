"""A queue of due rows: bounded, unstoppable by one bad row, and quiet when it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from payments_service.storage.claims import Claim
from payments_service.work_queue import WorkQueue


class Rows:
    """Due rows that are claimed once each; `busy` are being worked on, `done` are over."""

    def __init__(self, keys: list[str], *, bad: frozenset[str] = frozenset()) -> None:
        self.due, self.bad = list(keys), bad
        self.busy: set[str] = set()
        self.done: list[str] = []
        self.asked_for: list[int] = []
        self.may_finish = asyncio.Event()
        self.may_finish.set()
        self.most_at_once = 0

    async def claim(self, limit: int) -> list[Claim]:
        self.asked_for.append(limit)
        taken, self.due = self.due[:limit], self.due[limit:]
        return [Claim(key, 1) for key in taken]

    async def carry_out(self, claim: Claim) -> None:
        self.busy.add(claim.key)
        self.most_at_once = max(self.most_at_once, len(self.busy))
        await self.may_finish.wait()
        self.busy.discard(claim.key)
        self.done.append(claim.key)
        if claim.key in self.bad:
            raise RuntimeError(claim.key)


def queue_of(
    rows: Rows, slots: int = 2, claim: Callable[[int], Awaitable[list[Claim]]] | None = None
) -> WorkQueue:
    return WorkQueue("rows", claim=claim or rows.claim, carry_out=rows.carry_out, slots=slots)


async def settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_one_bad_row_never_stops_the_rest() -> None:
    rows = Rows(list("abcdef"), bad=frozenset("ace"))
    queue = queue_of(rows)
    await queue.tick()
    await settled()
    assert sorted(rows.done) == list("abcdef")
    rows.due = ["g"]
    await queue.tick()
    await settled()
    assert rows.done[-1] == "g"


async def test_no_more_at_once_than_there_are_slots_and_the_next_one_as_soon_as_one_is_free() -> None:
    rows = Rows(list("abcdefgh"))
    rows.may_finish.clear()
    queue = queue_of(rows, slots=3)
    await queue.tick()
    await queue.tick()
    await settled()
    assert (len(rows.busy), rows.asked_for) == (3, [3])  # a full queue does not even look
    rows.may_finish.set()
    await settled()
    assert sorted(rows.done) == list("abcdefgh")
    assert rows.most_at_once == 3


async def test_a_slow_row_holds_up_nobody() -> None:
    rows = Rows(["slow"])
    rows.may_finish.clear()
    queue = queue_of(rows)
    await queue.tick()
    await settled()
    rows.due = ["next"]
    await queue.tick()
    await settled()
    assert rows.busy == {"slow", "next"}
    rows.may_finish.set()
    await queue.drain(1)


async def test_many_nudges_are_one_and_a_late_one_is_not_lost() -> None:
    rows = Rows([])
    looked, may_answer = asyncio.Event(), asyncio.Event()

    async def claim(limit: int) -> list[Claim]:
        looked.set()
        await may_answer.wait()
        return await rows.claim(limit)

    queue = queue_of(rows, claim=claim)
    queue.nudge()
    await looked.wait()
    for _ in range(10):
        queue.nudge()  # while it looks: what they are about may have come too late for this look
    may_answer.set()
    await settled()
    assert len(rows.asked_for) == 2


async def test_a_look_that_fails_is_followed_by_the_next(caplog: pytest.LogCaptureFixture) -> None:
    rows, fails = Rows(["a"]), [True, False]

    async def claim(limit: int) -> list[Claim]:
        if fails.pop(0):
            raise OSError("the database is away")
        return await rows.claim(limit)

    queue = queue_of(rows, claim=claim)
    queue.nudge()
    await settled()
    queue.nudge()
    await settled()
    assert rows.done == ["a"]


async def test_a_queue_that_drains_finishes_what_it_has_and_claims_nothing_more() -> None:
    rows = Rows(["a", "b", "c"])
    rows.may_finish.clear()
    queue = queue_of(rows)
    await queue.tick()
    await settled()
    draining = asyncio.ensure_future(queue.drain(5))
    await settled()
    assert not draining.done()
    rows.may_finish.set()
    await draining
    queue.nudge()
    await queue.tick()
    await settled()
    assert (sorted(rows.done), rows.due) == (["a", "b"], ["c"])
