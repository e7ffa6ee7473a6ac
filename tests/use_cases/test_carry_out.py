"""Moves of money: written down, sent with their own key, read back when nobody knows, never twice."""

from __future__ import annotations

import pytest

from payments_service.storage.tables import operations as operations_table
from payments_service.use_cases.carry_out import TRIES_BEFORE_A_CASE, carry_out
from payments_service.vipps.errors import NotSent, OutcomeUnknown, Rejected, TryAgain, VippsError
from tests.use_cases.neighbours import AfterTheEffect, Call
from tests.use_cases.world import PRICE, World

LOST = OutcomeUnknown("read timeout")


async def reserved(world: World) -> str:
    """A payment has been approved, and its capture is intended."""
    order, _ = await world.start()
    world.vipps.member(order.order_id, "RESERVE")
    await world.settle(order.order_id)
    return order.order_id


async def state(world: World) -> str:
    found: str = await world.second.fetchval("SELECT state FROM operations")
    return found


async def again(world: World) -> int:
    """Whatever was postponed is due."""
    await world.second.execute("UPDATE operations SET due_at = clock_timestamp() WHERE due_at IS NOT NULL")
    return await world.carry_out()


async def test_a_yes_is_done_and_the_amounts_come_from_the_read_after_it(seated: World) -> None:
    order_id = await reserved(seated)
    await seated.carry_out()
    assert [call.operation for call in seated.vipps.calls[-2:]] == ["capture", "read"]
    (call,) = seated.vipps.asked("capture")
    assert (call.key, call.amount_ore) == (f"{order_id}-c1", PRICE)
    assert await state(seated) == "done"
    assert (await seated.order(order_id)).captured_ore == PRICE
    assert await again(seated) == 0


async def test_its_try_is_committed_before_it_is_sent(seated: World) -> None:
    await reserved(seated)
    seen: list[tuple[int, bool]] = []

    async def look(call: Call) -> None:
        if call.operation == "capture":
            row = await seated.second.fetchrow("SELECT attempts, is_in_doubt, amount_ore FROM operations")
            seen.append((row["attempts"], row["is_in_doubt"]))
            assert row["amount_ore"] == call.amount_ore

    seated.vipps.witness = look
    await seated.carry_out()
    assert seen == [(1, True)]


async def test_a_refused_capture_is_read_and_a_persons_matter(seated: World) -> None:
    order_id = await reserved(seated)
    seated.vipps.script["capture"] = [Rejected("no", code="Payment/61")]
    await seated.carry_out()
    assert await state(seated) == "refused"
    assert await seated.cases() == ["reserved_not_captured"]
    assert seated.vipps.calls[-1].operation == "read"
    await seated.settle(order_id)
    assert len(await seated.operations(order_id)) == 1  # not tried again at once


@pytest.mark.parametrize("said", [LOST, AfterTheEffect(LOST)], ids=["without effect", "with effect"])
async def test_an_unknown_end_is_read_back_before_the_same_key_is_sent_again(
    seated: World, said: object
) -> None:
    order_id = await reserved(seated)
    seated.vipps.script["capture"] = [said]
    await seated.carry_out()
    assert [call.operation for call in seated.vipps.calls[-2:]] == ["capture", "read"], "read back at once"
    assert await state(seated) == ("pending" if said is LOST else "done")
    before = len(seated.vipps.calls)
    await again(seated)
    if said is LOST:
        assert seated.vipps.calls[before].operation == "read"
    assert {call.key for call in seated.vipps.asked("capture")} == {f"{order_id}-c1"}
    assert len(seated.vipps.asked("capture")) == (2 if said is LOST else 1)
    assert await state(seated) == "done"
    assert (await seated.order(order_id)).captured_ore == PRICE


async def test_what_cannot_be_read_back_is_not_sent_again(seated: World) -> None:
    await reserved(seated)
    seated.vipps.script["capture"] = [LOST]
    await seated.carry_out()
    seated.vipps.script["read"] = [LOST]
    await again(seated)
    assert len(seated.vipps.asked("capture")) == 1
    assert await state(seated) == "pending"
    assert await seated.second.fetchval("SELECT is_in_doubt FROM operations")


async def test_a_process_that_died_after_sending_is_read_back_too(seated: World) -> None:
    order_id = await reserved(seated)
    await seated.set("operations", f"{order_id}-c1", attempts=1, is_in_doubt=True)
    seated.vipps.member(order_id, "CAPTURE")
    await seated.carry_out()
    assert seated.vipps.asked("capture") == []
    assert await state(seated) == "done"


@pytest.mark.parametrize(
    ("error", "least"),
    [(TryAgain("429", retry_after_seconds=50), 50), (TryAgain("locked"), 1), (NotSent("no"), 1)],
)
async def test_what_had_no_effect_is_sent_again_later_with_the_same_key(
    seated: World, error: VippsError, least: float
) -> None:
    await reserved(seated)
    seated.vipps.script["capture"] = [error]
    await seated.carry_out()
    query = "SELECT extract(epoch FROM due_at - clock_timestamp())::float FROM operations"
    wait = await seated.second.fetchval(query)
    assert least - 1 < wait <= max(least, 15)
    assert not await seated.second.fetchval("SELECT is_in_doubt FROM operations")
    await again(seated)
    assert len({call.key for call in seated.vipps.asked("capture")}) == 1
    assert await state(seated) == "done"


@pytest.mark.parametrize("said", [TryAgain("locked"), LOST])
async def test_a_capture_put_off_for_a_quarter_of_an_hour_is_a_persons_matter_and_goes_on(
    seated: World, said: VippsError
) -> None:
    order_id = await reserved(seated)
    await seated.set("operations", f"{order_id}-c1", attempts=TRIES_BEFORE_A_CASE - 1)
    for expected in ([], ["reserved_not_captured"]):
        seated.vipps.script["capture"] = [said]
        await again(seated)
        assert await seated.cases() == expected
    await again(seated)
    assert await state(seated) == "done"
    assert await seated.cases() == []


async def test_the_pauses_keep_to_five_tries_a_minute(seated: World) -> None:
    await reserved(seated)
    waits = []
    for _ in range(6):
        seated.vipps.script["capture"] = [TryAgain("locked")]
        await again(seated)
        query = "SELECT round(extract(epoch FROM due_at - clock_timestamp()))::int FROM operations"
        waits.append(await seated.second.fetchval(query))
    assert waits[0] == 5
    assert set(waits[1:]) <= {12, 13}


async def test_what_is_no_longer_wanted_is_dropped_unsent(seated: World) -> None:
    order_id = await reserved(seated)
    await seated.set("orders", order_id, pays_seat=False, is_returning=True)
    await seated.carry_out()
    assert seated.vipps.asked("capture") == []
    assert await state(seated) == "dropped"
    assert "capture_dropped" in await seated.happened()


async def test_what_happened_by_another_hand_is_done_unsent(seated: World) -> None:
    order_id = await reserved(seated)
    seated.vipps.member(order_id, "CAPTURE")
    await seated.settle(order_id)
    assert await state(seated) == "done"
    assert await seated.carry_out() == 0
    assert seated.vipps.asked("capture") == []


async def test_two_workers_never_send_it_twice(seated: World) -> None:
    await reserved(seated)
    (late,) = await seated.claim(operations_table)
    await seated.second.execute("UPDATE operations SET lease_until = NULL")
    (claim,) = await seated.claim(operations_table)
    assert claim.fence == late.fence + 1
    await carry_out(late, **seated.with_vipps)
    assert seated.vipps.asked("capture") == []
    await carry_out(claim, **seated.with_vipps)
    await carry_out(claim, **seated.with_vipps)
    assert len(seated.vipps.asked("capture")) == 1
