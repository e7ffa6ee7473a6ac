"""Asking a Vipps that behaves like the real one about everything that was imported, politely and until it is done."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

import pytest

from payments_service.simulator.simulator import Simulator
from payments_service.storage import imported_orders
from payments_service.use_cases import enrich_imported_orders as enriching
from payments_service.use_cases.enrich_imported_orders import enrich_imported_orders
from payments_service.use_cases.record_imported_answer import Outcome
from payments_service.vipps.ecom import EcomApi
from payments_service.vipps.port import NewPayment, PaymentApi
from tests.lepton.old import old, vipps_has, was
from tests.use_cases.neighbours import Call
from tests.use_cases.world import World

SECONDS = 5.0


class Lepton:
    """What Lepton has done at Vipps, and a run of the operator's command in which time passes when it sleeps."""

    def __init__(self, world: World, sim: Simulator, ecom: EcomApi) -> None:
        self.world, self.sim, self.ecom = world, sim, ecom
        self.slept: list[float] = []

    async def took(self, number: int, *, amount_ore: int = 25_000, word: str = "SALE") -> str:
        """Started at Vipps by Lepton, and in its table."""
        order_id = await was(self.world, word, number, user_id=f"member{number}", event_id="7")
        new = NewPayment(order_id, amount_ore, "Vårfest", "https://shop.test/back")
        await self.ecom.start(new, timeout=SECONDS)
        return order_id

    async def run(self, vipps: PaymentApi | None = None) -> Counter[Outcome]:
        apis: Mapping[str, PaymentApi] = {"ecom": vipps or self.ecom}
        return await enrich_imported_orders(
            database=self.world.database,
            vipps=apis,
            policy=self.world.policy,
            nudge=self.world.nudges.append,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.world.second.execute(
            "UPDATE imported_orders SET due_at = due_at - $1 * interval '1 second',"
            " missing_since = missing_since - $1 * interval '1 second',"
            " lease_until = lease_until - $1 * interval '1 second'",
            seconds,
        )

    def asked(self, order_id: str) -> int:
        return len(self.sim.journal.requests_for("details", order_id))


@pytest.fixture
def lepton(world: World, sim: Simulator, ecom: EcomApi) -> Lepton:
    return Lepton(world, sim, ecom)


async def test_what_vipps_knows_is_listed_with_its_amounts_and_the_rest_is_noted(lepton: Lepton) -> None:
    sim = lepton.sim
    sim.config.sales_units[0].direct_capture = True
    sold, returned = await lepton.took(1, amount_ore=9_950), await lepton.took(2)
    for order_id in (sold, returned):
        await sim.member.approve(order_id)
    sim.merchant.refund(sim.payment(returned), 25_000)
    sim.config.sales_units[0].direct_capture = False
    reserved, rejected = await lepton.took(3, word="RESERVED"), await lepton.took(4, word="INITIATE")
    await sim.member.approve(reserved)
    await sim.member.reject(rejected)
    by_hand = await was(lepton.world, "SALE", 5, user_id="admin")

    assert await lepton.run() == {Outcome.KNOWN: 4, Outcome.UNKNOWN: 1}
    found = {o: await lepton.world.order(o) for o in (sold, returned, reserved, rejected)}
    assert [(o.status, o.amount_ore, o.captured_ore, o.refunded_ore) for o in found.values()] == [
        ("SALE", 9_950, 9_950, 0),
        ("REFUND", 25_000, 25_000, 25_000),
        ("RESERVED", 25_000, 0, 0),
        ("CANCEL", 25_000, 0, 0),
    ]
    assert (await old(lepton.world, by_hand)).answer == "unknown"

    asked = {o: lepton.asked(o) for o in found}
    assert await lepton.run() == {Outcome.UNKNOWN: 1}  # only what Vipps did not know is asked about again
    assert {o: lepton.asked(o) for o in found} == asked


async def test_a_pause_that_vipps_asks_for_is_kept_by_the_whole_run(lepton: Lepton) -> None:
    order_id = await lepton.took(1)
    lepton.sim.misbehave("rate_limited.with_retry_after", operation="details", order_id=order_id)
    assert await lepton.run() == {Outcome.KNOWN: 1}
    assert lepton.slept[0] >= 1
    assert lepton.asked(order_id) == 2


async def test_one_answer_that_is_lost_is_asked_for_again(lepton: Lepton) -> None:
    order_id = await lepton.took(1)
    lepton.sim.add_fault("drop_after", "details", order_id=order_id)
    lepton.sim.add_fault("error", "details", order_id=order_id, status=500)
    assert await lepton.run() == {Outcome.KNOWN: 1}


async def test_when_vipps_is_away_the_run_ends_and_the_next_one_goes_on(lepton: Lepton) -> None:
    for number in range(1, 10):
        await lepton.took(number)
    lepton.sim.take_down("vipps", "500")
    assert await lepton.run() == {Outcome.SILENT: 9}
    async with lepton.world.database.autocommit() as connection:
        assert await imported_orders.count_unanswered(connection) == 9
    assert await lepton.world.second.fetchval("SELECT count(*) FROM orders") == 0
    lepton.sim.bring_up("vipps")
    assert await lepton.run() == {Outcome.KNOWN: 9}


async def test_what_one_run_answered_the_next_one_does_not_ask_for(lepton: Lepton) -> None:
    first = await lepton.took(1)
    await lepton.run()
    second = await lepton.took(2)
    assert await lepton.run() == {Outcome.KNOWN: 1}
    assert (lepton.asked(first), lepton.asked(second)) == (1, 1)


async def test_what_a_killed_run_held_is_taken_over_when_its_lease_ends(lepton: Lepton) -> None:
    order_id = await lepton.took(1)
    await lepton.world.second.execute(
        "UPDATE imported_orders SET due_at = clock_timestamp(), fence = 7,"
        " lease_until = clock_timestamp() + interval '60 seconds'"
    )
    assert await lepton.run() == {Outcome.KNOWN: 1}
    assert sum(lepton.slept) >= 59
    assert lepton.asked(order_id) == 1


async def test_only_a_few_are_asked_about_at_once(lepton: Lepton) -> None:
    world, under_way, most = lepton.world, 0, 0
    together = asyncio.Barrier(enriching.AT_ONCE)
    for number in range(1, 2 * enriching.AT_ONCE + 1):
        vipps_has(world, await was(world, "SALE", number), "INITIATE", "SALE")

    async def watch(call: Call) -> None:
        nonlocal under_way, most
        under_way += 1
        await together.wait()  # none goes on before as many as may are there
        most = max(most, under_way)
        under_way -= 1

    world.vipps.witness = watch
    assert await lepton.run(world.vipps) == {Outcome.KNOWN: 6}
    assert most == enriching.AT_ONCE
