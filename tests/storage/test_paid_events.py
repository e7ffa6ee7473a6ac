"""Paid events: what is left out keeps its value, what is None is cleared; each is pulled by one at a time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments_service.domain.paid_events import PaidEvent
from payments_service.storage import paid_events
from payments_service.storage.database import Database
from payments_service.storage.tables import paid_events as table
from tests.storage.rows import AGO, AHEAD, NOW, a_paid_event, add, only

REQUIRED = {"price_ore": 25_000, "paytime_seconds": 3600}
OPTIONAL = {
    "title": "Julebord",
    "organizer": "sosialen",
    "starts_at": datetime(2026, 12, 5, 17, 0, tzinfo=UTC),
    "url": "https://tihlde.org/123",
}


async def put(database: Database, **changes: Any) -> tuple[PaidEvent, bool]:
    async with database.begin() as connection:
        return await paid_events.put(connection, "123", {**REQUIRED, **changes})


async def test_the_first_put_creates_and_the_second_changes(database: Database) -> None:
    event, is_new = await put(database, **OPTIONAL)
    assert is_new
    assert (event.price_ore, event.paytime) == (25_000, timedelta(hours=1))
    assert {name: getattr(event, name) for name in OPTIONAL} == OPTIONAL
    changed, is_new = await put(database, price_ore=30_000)
    assert not is_new
    assert (changed.price_ore, changed.created_at) == (30_000, event.created_at)


@pytest.mark.parametrize("name", OPTIONAL)
async def test_left_out_keeps_its_value_and_none_clears_it(database: Database, name: str) -> None:
    await put(database, **OPTIONAL)
    kept, _ = await put(database)
    assert getattr(kept, name) == OPTIONAL[name]
    cleared, _ = await put(database, **{name: None})
    assert getattr(cleared, name) is None
    others = {other: value for other, value in OPTIONAL.items() if other != name}
    assert {other: getattr(cleared, other) for other in others} == others


async def test_two_first_puts_at_once_make_one_event(database: Database) -> None:
    made = await asyncio.gather(*(put(database) for _ in range(6)))
    assert [is_new for _, is_new in made].count(True) == 1
    await only(database, table)


async def test_an_event_being_used_is_not_removed_meanwhile(database: Database) -> None:
    await add(database, table, a_paid_event())
    removed = asyncio.Event()

    async def remove() -> None:
        async with database.begin() as connection:
            await paid_events.find(connection, "123", lock=True)
            await paid_events.delete(connection, "123")
        removed.set()

    async with database.begin() as using, asyncio.TaskGroup() as group:
        assert await paid_events.find(using, "123", share=True) is not None
        async with database.begin() as also_using:  # users do not stand in each other's way
            assert await paid_events.find(also_using, "123", share=True) is not None
        group.create_task(remove())
        await asyncio.sleep(0.1)
        assert not removed.is_set()
        await using.rollback()
    assert removed.is_set()


# Pulls


async def claim(database: Database, limit: int = 10, before: datetime = NOW) -> list[str]:
    async with database.begin() as connection:
        return await paid_events.claim_pulls(connection, pulled_before=before, limit=limit)


async def test_events_that_are_not_over_are_pulled_longest_ago_first(database: Database) -> None:
    rows: list[dict[str, Any]] = [
        {"event_id": "an hour ago", "pulled_at": AGO},
        {"event_id": "never"},
        {"event_id": "two hours ago", "pulled_at": AGO - timedelta(hours=1)},
        {"event_id": "just now", "pulled_at": AHEAD},
        {"event_id": "over", "starts_at": NOW - timedelta(days=1, minutes=1)},
    ]
    await add(database, table, *(a_paid_event(**row) for row in rows))
    assert [(await claim(database, limit=1)) for _ in range(4)] == [
        ["never"],
        ["two hours ago"],
        ["an hour ago"],
        [],
    ]


async def test_an_event_counts_as_not_over_for_a_day_after_its_start(database: Database) -> None:
    await add(database, table, a_paid_event(starts_at=NOW - timedelta(hours=23)))
    assert await claim(database) == ["123"]


async def test_several_replicas_never_pull_the_same_event(database: Database) -> None:
    await add(database, table, *(a_paid_event(event_id=str(n)) for n in range(20)))
    batches = await asyncio.gather(*(claim(database, limit=3) for _ in range(5)))
    pulled = [event_id for batch in batches for event_id in batch]
    assert len(pulled) == len(set(pulled))
    assert all(len(batch) <= 3 for batch in batches)
