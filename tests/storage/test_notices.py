"""The outbox: one lane a registration, in order, and none of them in another's way."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from payments_service.domain.notices import News, NoticeState, NoticeType
from payments_service.storage import notice_lists, notices
from payments_service.storage.claims import Claim, claim_due
from payments_service.storage.database import Database
from payments_service.storage.notice_lists import NoticeFilter
from payments_service.storage.tables import notices as table
from tests.storage.rows import AGO, AHEAD, NOW, add, all_of

LEASE = timedelta(seconds=60)
DELIVERED, GIVEN_UP = NoticeState.DELIVERED, NoticeState.GIVEN_UP


def news(registration_id: str | None = "77", **fields: Any) -> News:
    values = {"status": "CAPTURE", "amount_ore": 25_000, "event_id": "123", "user_id": "olanor"}
    return News(NoticeType.ORDER_PAID, registration_id=registration_id, **{**values, **fields})


async def write(database: Database, *about: News) -> list[str]:
    ids = []
    for each in about:
        async with database.begin() as connection:
            ids.append(await notices.write(connection, each))
    return ids


async def claim(database: Database, limit: int = 99) -> list[Claim]:
    async with database.autocommit() as connection:
        found = await claim_due(connection, table, limit=limit, lease=LEASE)
    return sorted(found, key=lambda c: c.key)


async def claim_ids(database: Database) -> set[str]:
    return {c.key for c in await claim(database)}


async def end(database: Database, claimed: Claim, state: NoticeState = DELIVERED) -> bool:
    async with database.begin() as connection:
        return await notices.end(connection, claimed, state, answer="http/200")


async def postpone(database: Database, claimed: Claim, due_at: Any = AHEAD) -> bool:
    async with database.begin() as connection:
        return await notices.postpone(connection, claimed, due_at=due_at, answer="http/500")


async def repeat(database: Database, notice_id: str) -> bool:
    async with database.begin() as connection:
        return await notices.repeat(connection, notice_id)


async def row(database: Database, notice_id: str) -> Any:
    (found,) = [r for r in await all_of(database, table) if r.notice_id == notice_id]
    return found


@pytest.mark.parametrize("state", [DELIVERED, GIVEN_UP])
async def test_a_notice_is_due_when_every_earlier_one_of_its_registration_is_over(
    database: Database, state: NoticeState
) -> None:
    first, second, third = await write(database, news(), news(), news())
    for expected in (first, second, third):
        (taken,) = await claim(database)
        assert taken.key == expected
        assert await claim(database) == []
        assert await end(database, taken, state)
    assert await claim(database) == []
    assert {r.state for r in await all_of(database, table)} == {str(state)}


async def test_a_failing_notice_holds_up_its_own_registration_and_no_other(database: Database) -> None:
    failing, _behind, other = await write(database, news("1"), news("1"), news("2"))
    claims = {c.key: c for c in await claim(database)}
    assert set(claims) == {failing, other}
    assert await postpone(database, claims[failing])
    assert await end(database, claims[other])
    (later,) = await write(database, news("2"))
    assert await claim_ids(database) == {later}


async def test_orders_without_a_registration_have_a_lane_each(database: Database) -> None:
    first, second = await write(database, news(None, order_id="a"), news(None, order_id="b"))
    (behind,) = await write(database, news(None, order_id="a"))
    assert await claim_ids(database) == {first, second}
    assert (await row(database, behind)).due_at is None


async def test_a_notice_that_is_rolled_back_leaves_nothing_and_the_lane_goes_on(database: Database) -> None:
    async with database.engine.connect() as connection:
        await notices.write(connection, news())
        await connection.rollback()
    (only,) = await write(database, news())
    assert await claim_ids(database) == {only}


async def test_whoever_comes_second_is_second_also_while_the_first_is_not_committed(
    database: Database,
) -> None:
    async with database.begin() as connection:
        first = await notices.write(connection, news())
        waiting = asyncio.create_task(write(database, news()))
        await _until_somebody_waits(database)
        assert not waiting.done()
    (second,) = await waiting
    positions = {r.notice_id: r.position for r in await all_of(database, table)}
    assert positions[first] < positions[second]
    assert await claim_ids(database) == {first}


async def test_a_notice_written_while_its_forerunner_is_being_delivered_is_never_forgotten(
    database: Database,
) -> None:
    await write(database, news())
    (taken,) = await claim(database)
    async with database.begin() as connection:
        assert await notices.end(connection, taken, DELIVERED, answer="http/200")
        waiting = asyncio.create_task(write(database, news()))
        await _until_somebody_waits(database)
    (second,) = await waiting
    assert await claim_ids(database) == {second}


async def _until_somebody_waits(database: Database) -> None:
    query = text("""
        SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted
    """)
    async with asyncio.timeout(5), database.autocommit() as connection:
        while not (await connection.execute(query)).scalar_one():  # noqa: ASYNC110 - nothing to wait on
            await asyncio.sleep(0.01)


async def test_many_writers_and_senders_at_once_leave_every_lane_in_order(database: Database) -> None:
    sent: list[str] = []

    async def send_all() -> None:
        for _ in range(200):
            for taken in await claim(database, limit=3):
                if await end(database, taken):
                    sent.append(taken.key)
            await asyncio.sleep(0)

    writers = [write(database, *[news(str(lane))] * 5) for lane in range(4) for _ in range(2)]
    await asyncio.gather(*writers, send_all(), send_all())
    while found := await claim(database):
        sent += [taken.key for taken in found if await end(database, taken)]
    rows = {r.notice_id: r for r in await all_of(database, table)}
    assert {r.state for r in rows.values()} == {"delivered"}
    assert len(sent) == len(set(sent)) == 40
    for lane in {r.lane for r in rows.values()}:
        positions = [rows[key].position for key in sent if rows[key].lane == lane]
        assert positions == sorted(positions)


async def test_an_old_fence_changes_nothing(database: Database) -> None:
    (only,) = await write(database, news())
    (taken,) = await claim(database)
    before = await row(database, only)
    old = Claim(only, taken.fence - 1)
    assert not await end(database, old)
    assert not await postpone(database, old)
    assert await row(database, only) == before


async def test_a_try_that_failed_is_counted_and_says_why(database: Database) -> None:
    (only,) = await write(database, news())
    (taken,) = await claim(database)
    assert await postpone(database, taken, due_at=AHEAD)
    found = await row(database, only)
    assert (found.attempts, found.last_answer, found.due_at, found.lease_until) == (
        1,
        "http/500",
        AHEAD,
        None,
    )
    first = found.first_tried_at
    assert await postpone(database, Claim(only, taken.fence), due_at=NOW)
    found = await row(database, only)
    assert (found.attempts, found.first_tried_at) == (2, first)


# Repeating


async def test_a_repeat_waits_again_with_all_its_time_before_it(database: Database) -> None:
    (only,) = await write(database, news())
    (taken,) = await claim(database)
    assert await end(database, taken, GIVEN_UP)
    for _ in range(2):
        assert await repeat(database, only)
    found = await row(database, only)
    assert (found.state, found.first_tried_at, found.attempts) == ("waiting", None, 1)
    assert await claim_ids(database) == {only}


async def test_a_repeat_goes_before_what_waits_in_its_lane(database: Database) -> None:
    first, second = await write(database, news(), news())
    (taken,) = await claim(database)
    assert await end(database, taken)
    assert await repeat(database, first)
    (again,) = await claim(database)
    assert again.key == first
    assert await end(database, again)
    assert await claim_ids(database) == {second}


async def test_what_is_on_its_way_meanwhile_falls_in_behind(database: Database) -> None:
    first, second = await write(database, news(), news())
    (taken,) = await claim(database)
    assert await end(database, taken)
    (on_its_way,) = await claim(database)
    assert await repeat(database, first)
    assert await postpone(database, on_its_way, due_at=AGO)
    (again,) = await claim(database)
    assert again.key == first
    assert await end(database, again)
    assert await claim_ids(database) == {second}


async def test_repeating_what_is_on_its_way_changes_nothing(database: Database) -> None:
    (only,) = await write(database, news())
    (taken,) = await claim(database)
    before = await row(database, only)
    assert await repeat(database, only)
    assert await row(database, only) == before
    assert await end(database, taken)


async def test_what_waits_for_its_next_try_is_due_at_once_when_repeated(database: Database) -> None:
    (only,) = await write(database, news())
    (taken,) = await claim(database)
    assert await postpone(database, taken)
    assert await claim(database) == []
    assert await repeat(database, only)
    assert await claim_ids(database) == {only}


async def test_nobody_repeats_a_notice_that_there_never_was(database: Database) -> None:
    assert not await repeat(database, "msg_none")


# Looking


async def test_the_list_is_filtered_and_paged_newest_first(database: Database) -> None:
    ids = await write(database, news("1"), news("2", event_id="124"), news("1"))
    for taken in await claim(database):
        await end(database, taken, GIVEN_UP)

    async def seen(**wanted: Any) -> list[str]:
        async with database.autocommit() as connection:
            return [n.notice_id for n in await notice_lists.page(connection, NoticeFilter(**wanted))]

    newest_first = ids[::-1]
    assert await seen() == newest_first
    assert await seen(event_id="124") == [ids[1]]
    assert await seen(registration_id="1") == [ids[2], ids[0]]
    assert await seen(state=GIVEN_UP) == [ids[1], ids[0]]
    last = await row(database, ids[2])
    assert await seen(after=(last.created_at, last.notice_id), limit=1) == [ids[1]]


async def test_the_figures_count_what_is_not_delivered(database: Database) -> None:
    async with database.autocommit() as connection:
        assert await notice_lists.waiting(connection) == notice_lists.Waiting(0, 0.0, 0)
    await write(database, news("1"), news("1"), news("2"), news("3"))
    delivered, given_up, _ = await claim(database)
    await end(database, delivered)
    await end(database, given_up, GIVEN_UP)
    async with database.autocommit() as connection:
        found = await notice_lists.waiting(connection)
    assert (found.count, found.given_up) == (2, 1)
    assert found.oldest_seconds > 0


# However many there are

A_HUNDRED_THOUSAND = text("""
    INSERT INTO notices (notice_id, lane, registration_id, event_id, type, status, amount_ore, due_at)
    SELECT 'msg_' || n, 'registration ' || n / 4, n / 4, n % 50, 'order.paid', 'SALE', 100,
           CASE WHEN n % 4 = 0 THEN clock_timestamp() + (n % 3 - 1) * interval '1 hour' END
    FROM generate_series(1, 100000) AS n
""")
PLANS = {
    "ix_notices_due": """
        SELECT notice_id FROM notices
        WHERE due_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp()) AND TRUE
        ORDER BY due_at LIMIT 16 FOR UPDATE SKIP LOCKED""",
    "ix_notices_lane": """
        SELECT min(position) FROM notices WHERE lane = 'registration 12345' AND state = 'waiting'""",
    "ix_notices_state": """
        SELECT * FROM notices WHERE state = 'given_up' ORDER BY created_at DESC, notice_id DESC LIMIT 51""",
    "ix_notices_event_id": """
        SELECT * FROM notices WHERE event_id = '7' ORDER BY created_at DESC, notice_id DESC LIMIT 51""",
    "ix_notices_registration_id": """
        SELECT * FROM notices WHERE registration_id = '77' ORDER BY created_at DESC, notice_id DESC LIMIT 51""",
    "ix_notices_created_at": """
        SELECT * FROM notices ORDER BY created_at DESC, notice_id DESC LIMIT 51""",
}


async def test_a_hundred_thousand_that_wait_are_never_walked_over(database: Database) -> None:
    async with database.autocommit() as connection:
        await connection.execute(A_HUNDRED_THOUSAND)
        await connection.execute(text("ANALYZE notices"))
        for index, query in PLANS.items():
            plan = "\n".join((await connection.execute(text(f"EXPLAIN {query}"))).scalars())
            assert index in plan, plan
            assert "Seq Scan" not in plan, plan
            assert "Sort" not in plan or index == "ix_notices_registration_id", plan


async def test_the_database_refuses_what_cannot_be(database: Database) -> None:
    ordinary = {"notice_id": "msg_1", "lane": "order a", "type": "order.paid", "status": "", "amount_ore": 1}
    wrong: list[dict[str, Any]] = [
        {"type": "order.lost"},
        {"state": "lost"},
        {"amount_ore": -1},
        {"state": "given_up", "due_at": NOW},
        {"state": "delivered"},
    ]
    for columns in wrong:
        with pytest.raises(Exception, match="ck_notices_"):
            await add(database, table, {**ordinary, **columns})
    await add(database, table, ordinary)
