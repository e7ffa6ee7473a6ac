"""Whole outages, money moved behind our back, hooks, and the records that prove what happened."""

import time
from typing import Any

import httpx
import pytest

from tests.simulator.shop import Shop


async def test_the_portal_moves_money_without_a_word(reserved: Shop) -> None:
    reserved.sim.merchant.capture(reserved.sim.payment("order-1"), 10000)
    reserved.sim.merchant.refund(reserved.sim.payment("order-1"))
    reserved.sim.merchant.cancel(reserved.sim.payment("order-1"), release_remainder=True)
    assert await reserved.operations() == ["VOID", "REFUND", "CAPTURE", "RESERVE", "INITIATE"]
    assert len(reserved.received) == 1
    assert {e.source for e in reserved.sim.journal.effects_of("order-1")} == {"api", "member", "portal"}


@pytest.mark.parametrize(
    ("mode", "problem"), [("silent", httpx.ReadTimeout), ("refuse", httpx.ConnectError), ("500", None)]
)
async def test_vipps_is_down_and_up_again(shop: Shop, mode: str, problem: type[Exception] | None) -> None:
    shop.sim.take_down("vipps", mode)
    shop.http.timeout = httpx.Timeout(0.05)
    if problem is None:
        assert (await shop.initiate()).status_code == 500
    else:
        with pytest.raises(problem):
            await shop.initiate()
    shop.sim.bring_up("vipps")
    assert (await shop.initiate()).status_code == 200


async def test_hooks_run_before_and_after_the_effect(reserved: Shop) -> None:
    seen: list[tuple[str | None, int]] = []

    async def look(call: Any) -> None:
        seen.append((call.headers.get("x-request-id"), reserved.sim.payment("order-1").amounts.captured))

    reserved.sim.before_effect["capture"] = reserved.sim.after_effect["capture"] = look
    await reserved.modify("capture", key="c1")
    assert seen == [("c1", 0), ("c1", 25000)]


async def test_everything_has_its_place_in_one_order(reserved: Shop) -> None:
    await reserved.modify("capture", key="c1")
    journal = reserved.sim.journal
    records: list[Any] = [*journal.effects, *journal.requests, *journal.deliveries]
    numbers = sorted(record.seq for record in records)
    assert numbers == sorted(set(numbers))
    [request], [effect] = journal.requests_for("capture"), journal.effects_of("order-1", "CAPTURE")
    assert request.seq < effect.seq
    assert (effect.key, effect.amount, effect.ok) == ("c1", 25000, True)
    assert effect.payload_hash


async def test_the_request_log_keeps_no_usable_secret(reserved: Shop) -> None:
    started = time.monotonic()
    shown = str(reserved.sim.journal.as_dict())
    assert reserved.token not in shown
    assert reserved.unit.client_secret not in shown
    assert time.monotonic() - started < 1
