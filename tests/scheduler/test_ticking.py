"""Rounds at intervals: each comes again whatever the last one did, and none loses its ground on the way out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from payments_service.ticking import Ticker

SOON = 10.0  # seconds; only a hanging test waits so long


@pytest.fixture
async def ticker() -> AsyncIterator[Ticker]:
    ticker = Ticker()
    yield ticker
    ticker.stop()


async def test_a_round_that_failed_is_followed_by_the_next(ticker: Ticker) -> None:
    came, again = 0, asyncio.Event()

    async def comes_round() -> None:
        nonlocal came
        came += 1
        if came == 1:
            raise OSError("the database is away")
        again.set()

    ticker.every(1, comes_round, name="job")
    ticker.start()
    await asyncio.wait_for(again.wait(), SOON)


async def test_one_job_holds_up_no_other(ticker: Ticker) -> None:
    other = asyncio.Event()

    async def hangs() -> None:
        await asyncio.Event().wait()

    async def comes_round() -> None:
        other.set()

    ticker.every(1, hangs, name="hangs")
    ticker.every(1, comes_round, name="other")
    ticker.start()
    await asyncio.wait_for(other.wait(), SOON)


async def test_a_round_under_way_is_waited_for_and_none_begins_after_it(ticker: Ticker) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()
    ended = 0

    async def takes_its_time() -> None:
        nonlocal ended
        began.set()
        await may_end.wait()
        ended += 1

    ticker.every(1, takes_its_time, name="job")
    ticker.start()
    await asyncio.wait_for(began.wait(), SOON)
    ticker.pause()
    resting = asyncio.ensure_future(ticker.rest(SOON))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not resting.done()
    may_end.set()
    await resting
    assert ended == 1


async def test_a_round_that_does_not_end_is_not_waited_for_without_end(ticker: Ticker) -> None:
    began = asyncio.Event()

    async def hangs() -> None:
        began.set()
        await asyncio.Event().wait()

    ticker.every(1, hangs, name="job")
    ticker.start()
    await asyncio.wait_for(began.wait(), SOON)
    ticker.pause()
    await ticker.rest(0.01)


async def test_nothing_under_way_is_nothing_to_wait_for(ticker: Ticker) -> None:
    ticker.start()
    await ticker.rest(SOON)
