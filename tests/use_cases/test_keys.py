"""Which key an operation goes under: the same for a repeat, the next one for another request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.operations import Purpose
from payments_service.domain.orders import VippsApi
from payments_service.storage.database import Database
from payments_service.storage.tables import operations as operations_table
from payments_service.use_cases.carry_out import carry_out
from payments_service.vipps.errors import OutcomeUnknown, Rejected
from tests.use_cases.neighbours import FakeVipps
from tests.use_cases.world import World

NO = Rejected("no", code="Problem/6260")
LOST = OutcomeUnknown("read timeout")


def using(world: World, api: VippsApi) -> FakeVipps:
    world.policy = replace(world.policy, vipps_api=api)
    return world.epayment if api == "epayment" else world.vipps


def keys(vipps: FakeVipps, operation: str) -> list[str]:
    """The endings of the keys that Vipps was asked with, in order."""
    return [str(call.key).rpartition("-")[2] for call in vipps.asked(operation)]


async def again(world: World, order_id: str, seconds: float) -> None:
    """Time passes, Vipps is asked once more, and what follows is carried out."""
    await world.pass_time(seconds)
    await world.settle(order_id)
    await world.carry_out()


@pytest.mark.parametrize(("api", "then"), [("ecom", ["c1", "c1"]), ("epayment", ["c1", "c2"])])
async def test_a_capture_that_was_refused(seated: World, api: VippsApi, then: list[str]) -> None:
    vipps = using(seated, api)
    order, _ = await seated.start()
    vipps.member(order.order_id, "RESERVE")
    vipps.script["capture"] = [NO]
    await seated.settle(order.order_id)
    await seated.carry_out()
    assert await seated.cases() == ["reserved_not_captured"]
    await again(seated, order.order_id, 30)  # too early for another try
    assert keys(vipps, "capture") == ["c1"]
    await again(seated, order.order_id, 31)
    assert keys(vipps, "capture") == then
    assert (await seated.order(order.order_id)).status == "CAPTURE"


@pytest.mark.parametrize("api", ["ecom", "epayment"])
async def test_a_capture_that_nobody_knows_the_end_of_is_repeated_under_its_key(
    seated: World, api: VippsApi
) -> None:
    vipps = using(seated, api)
    order, _ = await seated.start()
    vipps.member(order.order_id, "RESERVE")
    vipps.script["capture"] = [LOST]
    await seated.settle(order.order_id)
    await seated.carry_out()
    await again(seated, order.order_id, 15)
    assert set(keys(vipps, "capture")) == {"c1"}


@pytest.mark.parametrize("api", ["ecom", "epayment"])
async def test_a_cancel_that_was_refused_takes_the_next_key(seated: World, api: VippsApi) -> None:
    vipps = using(seated, api)
    order, _ = await seated.start()
    vipps.script["cancel"] = [NO]
    await again(seated, order.order_id, 601)
    assert keys(vipps, "cancel") == ["x1"]
    await again(seated, order.order_id, 5)  # too early for another try
    assert keys(vipps, "cancel") == ["x1"]
    await again(seated, order.order_id, 8)
    assert keys(vipps, "cancel") == ["x1", "x2"]
    assert (await seated.order(order.order_id)).status == "CANCEL"


@pytest.mark.parametrize("api", ["ecom", "epayment"])
async def test_a_cancel_that_was_a_yes_and_changed_nothing_takes_the_next_key(
    seated: World, api: VippsApi
) -> None:
    vipps = using(seated, api)
    order, _ = await seated.start()
    log = list(vipps.logs[order.order_id])
    await seated.pass_time(601)
    await seated.settle(order.order_id)
    await seated.carry_out()
    vipps.logs[order.order_id] = log  # Vipps said yes, and still calls it open
    await seated.set("orders", order.order_id, status="INITIATE", status_reason=None, is_closed=False)
    await again(seated, order.order_id, 5)
    assert keys(vipps, "cancel") == ["x1"]  # not more often than every 12 seconds
    await again(seated, order.order_id, 8)
    assert keys(vipps, "cancel") == ["x1", "x2"]
    assert (await seated.order(order.order_id)).status == "CANCEL"


async def test_letting_a_reservation_go_is_another_request_than_closing_a_checkout(seated: World) -> None:
    # Given a checkout that is being closed, which Vipps has not answered, and a member who approves it meanwhile
    vipps = using(seated, "epayment")
    order, _ = await seated.start()
    await seated.pass_time(601)
    await seated.settle(order.order_id)
    vipps.script["cancel"] = [LOST]
    vipps.script["read"] = [LOST]
    entries = list(vipps.logs[order.order_id])
    await seated.carry_out()
    vipps.logs[order.order_id] = entries
    vipps.member(order.order_id, "AUTHORIZED")
    await seated.second.execute("UPDATE registrations SET status = 'ended', over_at = clock_timestamp()")
    # When the money is to go back, since the seat has gone
    await seated.settle(order.order_id)
    await seated.carry_out()
    # Then it is cancelled under a key of its own, reservation and all
    closing, giving_back = vipps.asked("cancel")
    assert (closing.only_unapproved, giving_back.only_unapproved) == (True, False)
    assert keys(vipps, "cancel") == ["x1", "x2"]
    states = {o.operation_key[-2:]: (o.purpose, o.state) for o in await seated.operations(order.order_id)}
    assert states == {"x1": (Purpose.CLOSE, "dropped"), "x2": (Purpose.GIVE_BACK, "done")}
    assert (await seated.order(order.order_id)).status == "VOID"


async def test_a_close_that_was_never_sent_lends_its_key_to_what_is_wanted_instead(seated: World) -> None:
    vipps = using(seated, "epayment")
    order, _ = await seated.start()
    await seated.pass_time(601)
    await seated.settle(order.order_id)
    vipps.member(order.order_id, "AUTHORIZED")
    await seated.second.execute("UPDATE registrations SET status = 'ended', over_at = clock_timestamp()")
    await seated.settle(order.order_id)
    await seated.carry_out()
    (cancel,) = vipps.asked("cancel")
    assert (keys(vipps, "cancel"), cancel.only_unapproved) == (["x1"], False)


async def test_what_is_refused_again_and_again_is_tried_ever_less_often(seated: World) -> None:
    vipps = using(seated, "epayment")
    order, _ = await seated.start()
    vipps.script["cancel"] = [NO] * 20
    await again(seated, order.order_id, 601)
    for _ in range(13):
        await again(seated, order.order_id, 13)
    assert keys(vipps, "cancel") == [f"x{n}" for n in range(1, 11)]
    await again(seated, order.order_id, 80)
    assert keys(vipps, "cancel")[10:] == ["x11"]


class Interrupted:
    """A database on which something happens as soon as somebody has looked at it for the first time."""

    def __init__(self, database: Database, act: Callable[[], Awaitable[object]]) -> None:
        self._database, self._act = database, act
        self.begin = database.begin

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.autocommit() as connection:
            yield connection
        self.autocommit = self._database.autocommit  # type: ignore[method-assign]
        await self._act()


async def test_what_is_sent_is_what_the_operation_is_for_by_then(seated: World) -> None:
    # Given a close that is about to be sent
    vipps = using(seated, "epayment")
    order, _ = await seated.start()
    await seated.pass_time(601)
    await seated.settle(order.order_id)
    (claim,) = await seated.claim(operations_table)

    # When the member has approved and lost the seat, and this is learned in the last instant
    async def learn() -> None:
        vipps.member(order.order_id, "AUTHORIZED")
        await seated.second.execute("UPDATE registrations SET status = 'ended', over_at = clock_timestamp()")
        await seated.settle(order.order_id)

    database = Interrupted(seated.database, learn)
    await carry_out(claim, **{**seated.with_vipps, "database": database})
    # Then it is the reservation that is let go
    (cancel,) = vipps.asked("cancel")
    assert (cancel.only_unapproved, keys(vipps, "cancel")) == (False, ["x1"])
    assert (await seated.order(order.order_id)).status == "VOID"
