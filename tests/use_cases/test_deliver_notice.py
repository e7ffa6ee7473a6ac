"""Delivering: at least once, in order, and given up in the open."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from payments_service.domain.errors import NoticeNotFound
from payments_service.domain.notices import News, Notice, NoticeState, NoticeType
from payments_service.event_service.notice_sender import Receipt, Reception
from payments_service.storage import notices
from payments_service.storage.claims import Claim
from payments_service.storage.tables import notices as table
from payments_service.use_cases.deliver_notice import deliver_notice
from payments_service.use_cases.policy import Queue
from payments_service.use_cases.repeat_notice import repeat_notice
from tests.use_cases.world import IDLE, World

TAKEN, GONE = Receipt(Reception.TAKEN, "http/200"), Receipt(Reception.GONE, "http/410")
FAILED = Receipt(Reception.NOT_TAKEN, "http/500")


@dataclass
class FakePost:
    """Receives notices and says what it is told to; otherwise it takes them."""

    world: World
    script: list[Receipt] = field(default_factory=list)
    received: list[tuple[Notice, datetime]] = field(default_factory=list)

    async def send(self, notice: Notice, *, at: datetime) -> Receipt:
        assert not await self.world.second.fetchval(IDLE), "a transaction was open while a notice was sent"
        self.received.append((notice, at))
        return self.script.pop(0) if self.script else TAKEN

    @property
    def ids(self) -> list[str]:
        return [notice.notice_id for notice, _ in self.received]


@pytest.fixture
def post(world: World) -> FakePost:
    return FakePost(world)


async def write(world: World, registration_id: str = "77") -> str:
    async with world.database.begin() as connection:
        return await notices.write(
            connection, News(NoticeType.ORDER_PAID, "SALE", 100, registration_id=registration_id)
        )


async def work(world: World, post: FakePost) -> int:
    """Carry out what is due once; returns how much that was."""
    claims = await world.claim(table)
    for claim in claims:
        await deliver_notice(claim, database=world.database, post=post, nudge=world.nudges.append)
    return len(claims)


async def fall_due(world: World) -> None:
    await world.second.execute("UPDATE notices SET due_at = clock_timestamp() WHERE due_at IS NOT NULL")


async def notice(world: World, notice_id: str) -> Notice:
    async with world.database.autocommit() as connection:
        found = await notices.find(connection, notice_id)
    assert found is not None
    return found


async def test_a_notice_that_is_taken_is_delivered_and_the_next_one_is_looked_for(
    world: World, post: FakePost
) -> None:
    first, second = await write(world), await write(world)
    assert await work(world, post) == 1
    found = await notice(world, first)
    assert (found.state, found.attempts, found.last_answer) == ("delivered", 1, "http/200")
    assert found.delivered_at is not None
    assert world.nudges == [Queue.NOTICES]
    assert await work(world, post) == 1
    assert post.ids == [first, second]
    assert await work(world, post) == 0


async def test_what_is_not_taken_is_tried_again_and_holds_up_nobody_else(
    world: World, post: FakePost
) -> None:
    failing, behind = await write(world), await write(world)
    post.script = [FAILED]
    await work(world, post)
    other = await write(world, "78")
    await work(world, post)
    assert post.ids == [failing, other]
    assert (await notice(world, failing)).state is NoticeState.WAITING
    await fall_due(world)
    await work(world, post)
    await work(world, post)
    assert post.ids == [failing, other, failing, behind]
    assert [at for _, at in post.received] == sorted(at for _, at in post.received)


async def test_three_days_are_enough_and_then_the_next_one_has_its_turn(world: World, post: FakePost) -> None:
    first, second = await write(world), await write(world)
    post.script = [FAILED] * 3
    await work(world, post)
    await world.second.execute("UPDATE notices SET first_tried_at = first_tried_at - interval '71 hours'")
    await fall_due(world)
    await work(world, post)
    assert (await notice(world, first)).state is NoticeState.WAITING
    await world.second.execute("UPDATE notices SET first_tried_at = first_tried_at - interval '2 hours'")
    await fall_due(world)
    await work(world, post)
    found = await notice(world, first)
    assert (found.state, found.attempts, found.due_at) == ("given_up", 3, None)
    await work(world, post)
    assert post.ids[-1] == second


async def test_a_receiver_that_is_gone_is_not_asked_about_the_same_notice_again(
    world: World, post: FakePost
) -> None:
    only = await write(world)
    post.script = [GONE]
    await work(world, post)
    found = await notice(world, only)
    assert (found.state, found.last_answer) == ("given_up", "http/410")
    assert await work(world, post) == 0


async def test_dying_between_sending_and_writing_sends_it_again_under_the_same_id(
    world: World, post: FakePost
) -> None:
    only = await write(world)
    (lost,) = await world.claim(table)
    await post.send(await notice(world, lost.key), at=await world.second.fetchval("SELECT now()"))
    assert await work(world, post) == 0  # the lease is still on
    await world.second.execute("UPDATE notices SET lease_until = clock_timestamp() - interval '1 second'")
    assert await work(world, post) == 1
    assert post.ids == [only, only]
    # and whoever comes late has nothing to add
    late = replace(lost)
    assert not await _ends_late(world, late)


async def _ends_late(world: World, claim: Claim) -> bool:
    async with world.database.begin() as connection:
        return await notices.end(connection, claim, NoticeState.GIVEN_UP, answer="late")


async def test_what_was_delivered_meanwhile_is_not_sent_again(world: World, post: FakePost) -> None:
    await write(world)
    (claim,) = await world.claim(table)
    async with world.database.begin() as connection:
        assert await notices.end(connection, claim, NoticeState.DELIVERED, answer="http/200")
    await deliver_notice(claim, database=world.database, post=post, nudge=world.nudges.append)
    assert post.received == []


async def test_a_repeat_is_the_same_notice_again(world: World, post: FakePost) -> None:
    only = await write(world)
    await work(world, post)
    for _ in range(2):
        again = await repeat_notice(only, database=world.database, nudge=world.nudges.append)
        assert (again.notice_id, again.state) == (only, "waiting")
    await work(world, post)
    assert await work(world, post) == 0
    (first, _), (second, _) = post.received
    assert (first.notice_id, first.news, first.created_at) == (
        second.notice_id,
        second.news,
        second.created_at,
    )
    with pytest.raises(NoticeNotFound):
        await repeat_notice("msg_none", database=world.database, nudge=world.nudges.append)
