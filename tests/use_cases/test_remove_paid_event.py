"""An event becomes free: nobody owes anything for it, nobody loses a seat, and no money is left behind."""

from __future__ import annotations

import pytest

from payments_service.domain.errors import EventHasPayments, PaidEventNotFound
from payments_service.use_cases.remove_paid_event import remove_paid_event
from tests.use_cases.world import EVENT, REG, World


async def remove(world: World, event_id: str = EVENT) -> None:
    await remove_paid_event(event_id, database=world.database)


async def test_waiting_registrations_end_and_nothing_is_released(seated: World) -> None:
    await seated.register("78", user_id="karin")
    await remove(seated)
    assert [await seated.status(REG), await seated.status("78")] == ["ended", "ended"]
    assert await seated.second.fetchval("SELECT count(*) FROM paid_events") == 0
    await seated.clock()
    assert seated.seats.calls == []


async def test_an_event_that_costs_nothing_is_unknown(world: World) -> None:
    with pytest.raises(PaidEventNotFound):
        await remove(world, "124")


@pytest.mark.parametrize(
    "words", [(), ("RESERVE",), ("RESERVE", "CAPTURE")], ids=["open", "reserved", "captured"]
)
async def test_payments_stand_in_its_way_and_everything_stays(seated: World, words: tuple[str, ...]) -> None:
    order, _ = await seated.start()
    seated.vipps.member(order.order_id, *words)
    await seated.settle(order.order_id)
    before = await seated.second.fetch("SELECT * FROM registrations")
    with pytest.raises(EventHasPayments):
        await remove(seated)
    assert await seated.second.fetch("SELECT * FROM registrations") == before
    assert await seated.second.fetchval("SELECT count(*) FROM paid_events") == 1


@pytest.mark.parametrize("words", [("CANCEL",), ("RESERVE", "VOID"), ("RESERVE", "CAPTURE", "REFUND")])
async def test_what_is_over_or_given_back_does_not(seated: World, words: tuple[str, ...]) -> None:
    order, _ = await seated.start()
    seated.vipps.member(order.order_id, *words)
    await seated.settle(order.order_id)
    await remove(seated)
    assert await seated.status() == "ended"
