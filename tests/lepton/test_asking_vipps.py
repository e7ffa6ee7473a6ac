"""Asking Vipps about an imported order: it becomes an order with Vipps' figures, or a note, or is asked again."""

from __future__ import annotations

import pytest

from payments_service.domain.operations import OperationKind
from payments_service.use_cases.disregard_imported_order import disregard_imported_order
from payments_service.use_cases.grant import Grant
from payments_service.use_cases.move_money import Wish, move_money
from payments_service.use_cases.record_imported_answer import Outcome
from payments_service.vipps.errors import OutcomeUnknown, TryAgain
from tests.domain.made import reading
from tests.lepton.old import ONE, TWO, is_due, old, read, rest, vipps_has, was
from tests.use_cases.world import REG, World

AMOUNT = 9_950


async def orders_due(world: World) -> bool:
    query = "SELECT due_at IS NOT NULL FROM orders WHERE order_id = $1"
    return bool(await world.second.fetchval(query, ONE))


@pytest.mark.parametrize(
    ("word", "log", "status", "sums"),
    [
        ("SALE", ("INITIATE", "SALE"), "SALE", (AMOUNT, 0, 0)),
        ("RESERVED", ("INITIATE", "RESERVE"), "RESERVED", (0, 0, AMOUNT)),
        ("CAPTURE", ("INITIATE", "RESERVE", "CAPTURE"), "CAPTURE", (AMOUNT, 0, 0)),
        ("REFUND", ("INITIATE", "SALE", "REFUND"), "REFUND", (AMOUNT, AMOUNT, 0)),
        ("CANCEL", ("INITIATE", "CANCEL"), "CANCEL", (0, 0, 0)),
        ("VOID", ("INITIATE", "RESERVE", "VOID"), "VOID", (0, 0, 0)),
        ("INITIATE", ("INITIATE", "SALE"), "SALE", (AMOUNT, 0, 0)),
        ("CANCEL", ("INITIATE", "!RESERVE", "RESERVE", "CAPTURE"), "CAPTURE", (AMOUNT, 0, 0)),
        ("SALE", ("RESERVE", "CAPTURE", "REFUND"), "REFUND", (AMOUNT, AMOUNT, 0)),
    ],
)
async def test_what_vipps_knows_is_an_order_with_vipps_own_figures(
    world: World, word: str, log: tuple[str, ...], status: str, sums: tuple[int, int, int]
) -> None:
    await was(world, word)
    vipps_has(world, ONE, *log, amount_ore=AMOUNT)
    assert await read(world, ONE) is Outcome.KNOWN
    order = await world.order(ONE)
    assert (order.status, order.amount_ore, order.vipps_api) == (status, AMOUNT, "ecom")
    assert (order.captured_ore, order.refunded_ore, order.held_ore) == sums
    assert (order.is_imported, order.status_reason, order.registration_id) == (True, None, None)
    assert order.created_at == (await old(world)).created_at
    assert await orders_due(world) is (status == "RESERVED")
    assert await world.happened() == ["imported"]
    assert await world.cases() == []


async def test_asking_again_changes_nothing(world: World) -> None:
    await was(world)
    vipps_has(world, ONE, "INITIATE", "SALE")
    await read(world, ONE)
    assert await read(world, ONE) is Outcome.NOTHING_TO_ASK
    assert len(world.vipps.asked("read")) == 1
    assert await world.happened() == ["imported"]


async def test_what_vipps_does_not_know_is_believed_when_said_twice(world: World) -> None:
    await was(world)
    assert await read(world, ONE) is Outcome.AGAIN
    assert await read(world, ONE) is Outcome.AGAIN  # a moment later is not twice
    await rest(world)
    assert await read(world, ONE) is Outcome.UNKNOWN
    assert (await old(world)).answer == "unknown"
    assert await world.second.fetchval("SELECT count(*) FROM orders") == 0
    assert await world.happened() == ["imported_unknown"]
    vipps_has(world, ONE, "INITIATE", "SALE")  # the keys were another sales unit's, and have been mended
    assert await read(world, ONE) is Outcome.KNOWN


async def test_an_order_from_just_now_may_not_be_known_yet(world: World) -> None:
    now = await world.second.fetchval("SELECT clock_timestamp()")
    await was(world, "INITIATE", created_at=now)
    for _ in range(2):
        assert await read(world, ONE) is Outcome.AGAIN
        await rest(world)


@pytest.mark.parametrize("error", [OutcomeUnknown("timeout"), TryAgain("429", retry_after_seconds=40)])
async def test_silence_is_no_answer_and_a_pause_that_vipps_asks_for_is_kept(
    world: World, error: Exception
) -> None:
    await was(world)
    world.vipps.script["read"] = [error]
    assert await read(world, ONE) is Outcome.SILENT
    found = await old(world)
    assert (found.answer, found.is_resting) == (None, True)
    seconds = "SELECT extract(epoch FROM due_at - clock_timestamp())::int FROM imported_orders"
    assert await world.second.fetchval(seconds) in ((40, 39) if isinstance(error, TryAgain) else (3, 2))


async def test_an_answer_that_is_unclear_is_no_answer(world: World) -> None:
    await was(world)
    vipps_has(world, ONE, "INITIATE", "SPLIT")
    assert await read(world, ONE) is Outcome.AGAIN
    vipps_has(world, ONE, "SALE")
    assert await read(world, ONE) is Outcome.KNOWN


@pytest.mark.parametrize("log", ["CANCEL", "INITIATE:50 SALE:50", "INITIATE:1000000"])
async def test_without_an_amount_that_can_be_paid_it_stays_a_question(world: World, log: str) -> None:
    await was(world)
    world.vipps.script["read"] = [reading(log, order_id=ONE)]
    assert await read(world, ONE) is Outcome.AGAIN
    assert (await old(world)).answer is None


async def test_amounts_that_differ_among_themselves_are_a_persons_matter(world: World) -> None:
    await was(world)
    world.vipps.script["read"] = [reading("INITIATE:20000 SALE:25000", order_id=ONE)]
    assert await read(world, ONE) is Outcome.KNOWN
    assert (await world.order(ONE)).is_frozen
    assert await world.cases() == ["amount_mismatch"]


async def test_a_checkout_that_may_be_under_way_is_left_alone(seated: World) -> None:
    now = await seated.second.fetchval("SELECT clock_timestamp()")
    await was(seated, "INITIATE", created_at=now)
    vipps_has(seated, ONE, "INITIATE")
    assert await read(seated, ONE) is Outcome.AGAIN
    assert await seated.second.fetchval("SELECT count(*) FROM orders") == 0
    vipps_has(seated, ONE, "SALE")
    assert await read(seated, ONE) is Outcome.KNOWN
    assert await seated.status() == "paid"


async def test_a_checkout_that_vipps_never_closed_is_closed(seated: World) -> None:
    await was(seated, "INITIATE")
    vipps_has(seated, ONE, "INITIATE")
    assert await read(seated, ONE) is Outcome.KNOWN
    order = await seated.order(ONE)
    assert (order.status, order.registration_id) == ("INITIATE", REG)
    await seated.settle(ONE)
    await seated.carry_out()
    assert (await seated.order(ONE)).status == "CANCEL"
    assert seated.vipps.asked("cancel")[0].only_unapproved


async def test_an_order_without_member_or_event_is_an_order_all_the_same(world: World) -> None:
    await was(world, user_id=None)
    await was(world, number=2, event_id=None)
    for order_id in (ONE, TWO):
        vipps_has(world, order_id, "INITIATE", "SALE")
        assert await read(world, order_id) is Outcome.KNOWN
        assert (await world.order(order_id)).is_paid


async def test_its_money_can_be_given_back_like_any_other(seated: World) -> None:
    await was(seated)
    vipps_has(seated, ONE, "INITIATE", "SALE", amount_ore=AMOUNT)
    await read(seated, ONE)
    wish = Wish(ONE, OperationKind.REFUND, None, "cancelled", "test", None)
    assert await move_money(wish, **seated.with_vipps)
    assert seated.vipps.asked("refund")[0].amount_ore == AMOUNT
    order = await seated.order(ONE)
    assert (order.status, order.refunded_ore) == ("REFUND", AMOUNT)
    assert await seated.status() == "refunded"


async def test_a_person_can_say_that_it_does_not_count(seated: World) -> None:
    await was(seated)
    await seated.fall_due()
    await seated.clock(due=False)
    assert await seated.status() == "held"
    await disregard(seated)
    assert (await old(seated)).answer == "disregarded"
    assert await seated.status() == "expiring"
    assert await is_due(seated) is False
    assert "imported_disregarded" in await seated.happened()


async def disregard(world: World) -> None:
    await disregard_imported_order(
        ONE,
        Grant("operator:test", "put there by hand, and paid by nobody"),
        database=world.database,
        policy=world.policy,
        nudge=world.nudges.append,
    )
