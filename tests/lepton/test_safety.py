"""Who paid through the system before this one keeps the seat and pays nothing more, whatever Vipps says or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payments_service.domain import errors
from payments_service.domain.decisions import ExpiryMode, Rules
from payments_service.domain.paid_events import PaidEvent
from payments_service.domain.registrations import RegistrationStatus
from payments_service.storage.invariants import violations
from payments_service.use_cases.adopt_seat import adopt_seat
from payments_service.use_cases.grant import Grant, exempt
from payments_service.use_cases.policy import Policy, Queue
from payments_service.use_cases.pull_seats import pull_seats
from payments_service.use_cases.record_imported_answer import Outcome
from payments_service.use_cases.remove_paid_event import remove_paid_event
from payments_service.use_cases.sign_off import sign_off
from payments_service.vipps.errors import OutcomeUnknown
from tests.lepton.old import ONE, TWO, is_due, old, proven, read, rest, vipps_has, was
from tests.use_cases.world import EVENT, PRICE, REG, World, seat

SILENT = OutcomeUnknown("timeout")
PAID = ["SALE", "CAPTURE", "RESERVED"]


@pytest.fixture
async def due(seated: World) -> World:
    """The deadline has passed; the backend still has the seat."""
    seated.seats.seats = [seat()]
    await seated.fall_due()
    return seated


async def sound(world: World) -> bool:
    async with world.database.autocommit() as connection:
        return await violations(connection) == []


# At the deadline


@pytest.mark.parametrize("word", [*PAID, "INITIATE"])
async def test_an_unanswered_order_holds_the_seat(due: World, word: str) -> None:
    await was(due, word)
    await due.clock(due=False)
    assert await due.status() == "held"
    assert due.seats.asked("release") == []
    assert await is_due(due)
    assert Queue.IMPORTED in due.nudges
    assert await sound(due)


async def test_a_word_nobody_knows_holds_the_seat(due: World) -> None:
    await was(due, "SPLIT", status=None)
    await due.clock(due=False)
    assert await due.status() == "held"


@pytest.mark.parametrize("word", ["CANCEL", "VOID", "REFUND"])
async def test_what_ended_holds_no_seat(due: World, word: str) -> None:
    await was(due, word)
    await due.clock(due=False)
    assert await due.status() == "expired"


@pytest.mark.parametrize("of", [{"user_id": "karinor"}, {"event_id": "7"}, {"user_id": None}])
async def test_anothers_order_holds_no_seat(due: World, of: dict[str, Any]) -> None:
    await was(due, **of)
    await due.clock(due=False)
    assert await due.status() == "expired"


async def test_a_seat_held_for_long_is_a_persons_matter(due: World) -> None:
    await was(due)
    await due.clock(due=False)
    assert await due.cases() == []
    await due.pass_time(15 * 60)
    await due.clock()
    assert await due.cases() == ["seat_without_answer"]
    vipps_has(due, ONE, "INITIATE", "SALE")
    await read(due, ONE)
    assert (await due.status(), await due.cases()) == ("paid", [])


async def test_vipps_answers_paid_and_the_seat_is_paid(due: World) -> None:
    await was(due)
    await due.clock(due=False)
    vipps_has(due, ONE, "INITIATE", "SALE", amount_ore=9_950)
    assert await read(due, ONE) is Outcome.KNOWN
    (order,) = await due.orders()
    assert (order.pays_seat, order.amount_ore, await due.status()) == (True, 9_950, "paid")
    await due.clock()
    assert due.seats.asked("release") == []
    assert await sound(due)


@pytest.mark.parametrize("log", [("CANCEL",), ("RESERVE", "VOID"), ("SALE", "REFUND")])
async def test_vipps_answers_unpaid_and_the_seat_goes(due: World, log: tuple[str, ...]) -> None:
    await was(due)
    await due.clock(due=False)
    vipps_has(due, ONE, "INITIATE", *log)
    await read(due, ONE)
    assert await due.status() == "expiring"
    await due.clock()
    assert await due.status() == "expired"
    assert await sound(due)


async def test_a_reservation_of_then_is_captured_for_the_seat_it_pays(due: World) -> None:
    await was(due, "RESERVED")
    vipps_has(due, ONE, "INITIATE", "RESERVE")
    await read(due, ONE)
    await due.carry_out()
    assert (await due.order(ONE)).status == "CAPTURE"
    assert due.vipps.asked("capture")[0].key == f"{ONE}-c1"


async def test_silence_holds_the_seat_however_often_it_is_asked(due: World) -> None:
    await was(due)
    for _ in range(5):
        due.vipps.script["read"] = [SILENT]
        await read(due, ONE)
        await rest(due)
        await due.clock()
        assert await due.status() == "held"


@pytest.mark.parametrize("word", PAID)
async def test_paid_by_the_old_word_and_unknown_to_vipps_is_a_persons_matter(due: World, word: str) -> None:
    """An organiser's hand put it there: the money came another way, or not at all."""
    await proven(due)
    await was(due, word)
    for _ in range(2):
        await read(due, ONE)
        await rest(due)
    assert (await old(due)).answer == "unknown"
    await due.clock()
    assert await due.status() == "held"
    with pytest.raises(errors.AlreadyPaid):
        await due.start()
    await exempt(REG, "paid_elsewhere", Grant("ops", "paid in cash"), **due.with_vipps)
    assert await due.status() == "exempt"


@pytest.mark.parametrize("is_proven", [True, False])
async def test_unknown_to_vipps_ends_a_checkout_once_the_sales_unit_is_proven(
    due: World, is_proven: bool
) -> None:
    """With another unit's keys Vipps knows none of them."""
    if is_proven:
        await proven(due)
    await was(due, "INITIATE")
    for _ in range(2):
        await read(due, ONE)
        await rest(due)
    await due.clock()
    assert await due.status() == ("expired" if is_proven else "held")
    if not is_proven:
        await proven(due)
        await due.clock()
        assert await due.status() == "expired"


async def test_in_shadow_it_would_not_be_released(due: World) -> None:
    due.policy = Policy(rules=Rules(expiry_mode=ExpiryMode.SHADOW))
    await was(due)
    await due.clock(due=False)
    assert (await due.registration()).shadow_decided_at is None
    assert await due.status() == "awaiting_payment"


# Paying


@pytest.mark.parametrize("word", PAID)
async def test_who_has_paid_is_not_charged_again_while_vipps_is_silent(seated: World, word: str) -> None:
    await was(seated, word)
    seated.vipps.script["read"] = [SILENT]
    with pytest.raises(errors.AlreadyPaid):
        await seated.start()
    assert seated.vipps.asked("start") == []


async def test_who_has_paid_is_not_charged_after_the_deadline_either(due: World) -> None:
    await was(due)
    due.vipps.script["read"] = [SILENT]
    await due.clock(due=False)
    with pytest.raises(errors.AlreadyPaid):
        await due.start()


async def test_vipps_is_asked_before_anything_is_started(seated: World) -> None:
    """A callback that the old system lost: paid, and only Vipps knows."""
    await was(seated, "INITIATE")
    vipps_has(seated, ONE, "INITIATE", "SALE")
    with pytest.raises(errors.AlreadyPaid):
        await seated.start()
    assert await seated.status() == "paid"
    assert seated.vipps.asked("start") == []


async def test_all_of_a_members_attempts_are_asked_about(seated: World) -> None:
    seated.alone(is_alone=False)  # they are asked about at once
    for number in (1, 2, 3):
        order_id = await was(seated, "INITIATE", number)
        vipps_has(seated, order_id, "INITIATE", "CANCEL" if number < 3 else "SALE")
    with pytest.raises(errors.AlreadyPaid):
        await seated.start()
    assert len(seated.vipps.asked("read")) == 3
    assert [order.pays_seat for order in await seated.orders()].count(True) == 1


async def test_an_order_that_came_to_nothing_stands_in_nobodys_way(seated: World) -> None:
    await was(seated, "SALE")
    vipps_has(seated, ONE, "INITIATE", "SALE", "REFUND")
    order, is_new = await seated.start()
    assert (is_new, order.amount_ore) == (True, PRICE)


async def test_a_checkout_that_may_be_under_way_is_not_paid_beside(seated: World) -> None:
    now = await seated.second.fetchval("SELECT clock_timestamp()")
    await was(seated, "INITIATE", created_at=now)
    for answer in ([SILENT], []):
        seated.vipps.script["read"] = list(answer)
        vipps_has(seated, ONE, "INITIATE")
        with pytest.raises(errors.PaymentInProgress):
            await seated.start()
        await rest(seated)
    assert seated.vipps.asked("start") == []


async def test_an_old_checkout_has_to_be_asked_about_first(seated: World) -> None:
    await was(seated, "INITIATE")
    seated.vipps.script["read"] = [SILENT]
    with pytest.raises(errors.VippsUnavailable):
        await seated.start()
    await rest(seated)
    vipps_has(seated, ONE, "INITIATE", "CANCEL")
    assert (await seated.start())[1]


async def test_vipps_is_not_asked_again_before_the_pause_is_over(seated: World) -> None:
    await was(seated, "INITIATE")
    seated.vipps.script["read"] = [SILENT]
    for _ in range(3):
        with pytest.raises(errors.VippsUnavailable):
            await seated.start()
    assert len(seated.vipps.asked("read")) == 1


async def test_two_old_ones_that_were_both_paid_go_to_a_person_and_not_back_by_themselves(
    seated: World,
) -> None:
    """What was agreed about the second one then, nobody here knows."""
    for number in (1, 2):
        vipps_has(seated, await was(seated, "SALE", number), "INITIATE", "SALE")
    await read(seated, ONE)
    await read(seated, TWO)
    assert (await seated.status(), await seated.cases()) == ("paid", ["paid_twice"])
    assert await seated.operations(ONE) == await seated.operations(TWO) == []
    assert await sound(seated)


# When the seat comes later, or goes


async def test_what_was_answered_before_the_seat_came_pays_it(world: World) -> None:
    await was(world)
    vipps_has(world, ONE, "INITIATE", "SALE")
    await read(world, ONE)
    assert (await world.order(ONE)).registration_id is None
    await world.register()
    assert await world.status() == "paid"
    assert await sound(world)


async def test_a_seat_that_is_put_has_its_old_orders_asked_about(world: World) -> None:
    await was(world)
    await world.register()
    assert await is_due(world)
    assert Queue.IMPORTED in world.nudges


async def test_a_seat_that_the_pull_finds_has_its_old_orders_asked_about(world: World) -> None:
    await was(world)
    world.seats.seats = [seat()]
    await pull_seats(
        EVENT,
        database=world.database,
        event_service=world.seats,
        policy=world.policy,
        nudge=world.nudges.append,
    )
    assert await world.status() == "awaiting_payment"
    assert await is_due(world)
    assert await sound(world)


async def test_an_answer_that_crosses_the_seat_is_not_lost(world: World) -> None:
    """Vipps' answer is written while the seat is being added: neither sees the other, the next decision does."""
    await was(world)
    vipps_has(world, ONE, "INITIATE", "SALE")
    event = PaidEvent(EVENT, PRICE, timedelta(hours=1), created_at=(await old(world)).created_at)  # type: ignore[arg-type]
    async with world.database.begin() as connection:
        await read(world, ONE)  # commits before the seat does
        world.idle_in_transaction.clear()  # ours, on purpose
        await adopt_seat(connection, seat(), event, policy=world.policy)
    assert await world.status() == "paid"
    assert (await world.order(ONE)).registration_id == REG


async def test_a_new_sign_up_takes_the_old_money_along(seated: World) -> None:
    await was(seated)
    vipps_has(seated, ONE, "INITIATE", "SALE")
    await read(seated, ONE)
    await seated.register("78")
    assert (await seated.status(), await seated.status("78")) == ("ended", "paid")


async def test_two_open_checkouts_are_never_of_one_registration(seated: World) -> None:
    ours, _ = await seated.start()
    await was(seated, "INITIATE")
    vipps_has(seated, ONE, "INITIATE")
    await read(seated, ONE)
    assert (await seated.order(ONE)).registration_id is None
    await seated.fall_due()
    await seated.clock(due=False)
    assert await seated.status() == "held"
    seated.vipps.member(ours.order_id, "CANCEL")
    await seated.settle(ours.order_id)
    assert (await seated.order(ONE)).registration_id == REG


async def test_who_has_paid_cannot_sign_off_unnoticed(seated: World) -> None:
    await was(seated)
    seated.vipps.script["read"] = [SILENT]
    with pytest.raises(errors.AlreadyPaid):
        await sign_off(REG, refund=False, **seated.with_vipps)
    with pytest.raises(errors.VippsUnavailable):
        await sign_off(REG, refund=True, **seated.with_vipps)
    await rest(seated)
    vipps_has(seated, ONE, "INITIATE", "SALE")
    await sign_off(REG, refund=True, **seated.with_vipps)
    await seated.carry_out()
    assert (await seated.status(), (await seated.order(ONE)).status) == ("ended", "REFUND")


async def test_money_of_a_seat_that_is_over_is_a_persons_matter(seated: World) -> None:
    seated.policy = replace(seated.policy, tells_backend=True)
    await was(seated, "INITIATE")
    seated.vipps.script["read"] = [SILENT]
    await sign_off(REG, refund=False, **seated.with_vipps)
    vipps_has(seated, ONE, "INITIATE", "SALE")
    await rest(seated)
    await read(seated, ONE)
    assert await seated.cases() == ["paid_without_seat"]
    assert await seated.operations(ONE) == []
    # and the backend is told of the case, as of any other
    told = await seated.second.fetch("SELECT status FROM notices WHERE type = 'attention.opened'")
    assert [row["status"] for row in told] == ["paid_without_seat"]


async def test_an_exempt_seat_takes_no_old_money_and_gives_none_back(seated: World) -> None:
    await was(seated)
    seated.vipps.script["read"] = [SILENT]
    await exempt(REG, "paid_elsewhere", Grant("ops", "paid in Lepton"), **seated.with_vipps)
    vipps_has(seated, ONE, "INITIATE", "SALE")
    await rest(seated)
    await read(seated, ONE)
    assert await seated.status() == RegistrationStatus.EXEMPT
    assert await seated.operations(ONE) == []
    assert await sound(seated)


async def test_an_event_that_was_paid_for_is_not_made_free(world: World) -> None:
    await was(world, user_id="somebody")
    with pytest.raises(errors.EventHasPayments):
        await remove_paid_event(EVENT, database=world.database)
