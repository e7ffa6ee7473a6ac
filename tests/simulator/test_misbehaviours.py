"""The catalogue is complete and explained, and asking for a misbehaviour is narrow, checked and taken back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from payments_service import simulator
from payments_service.simulator.misbehaviours import CATALOGUE
from tests.simulator.merchants import ORDER, OTHER
from tests.simulator.misbehaviour_checks import merchant_of
from tests.simulator.test_misbehaving_callbacks import CHECKS as OF_CALLBACKS
from tests.simulator.test_misbehaving_calls import CHECKS as OF_CALLS
from tests.simulator.test_misbehaving_people import CHECKS as OF_PEOPLE

README = Path(simulator.__file__).parent / "README.md"


@pytest.fixture
async def m() -> AsyncIterator[Any]:
    async with merchant_of("ecom") as merchant:
        yield merchant


def test_every_misbehaviour_has_a_check_of_its_own() -> None:
    assert set(OF_CALLBACKS) | set(OF_CALLS) | set(OF_PEOPLE) == set(CATALOGUE)


async def test_the_catalogue_explains_itself(m: Any) -> None:
    listed = (await m.control("misbehaviours", method="GET")).json()["misbehaviours"]
    assert [entry["name"] for entry in listed] == list(CATALOGUE)
    for entry in listed:
        assert entry["does"].endswith(".")
        assert entry["means"]
        assert entry["operations"]
        assert set(entry["apis"]) <= {"ecom", "epayment"}
        assert entry["waits_for"] in (None, *entry["operations"])


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"name": "nonsense"}, "there is no misbehaviour 'nonsense'"),
        ({"name": "wrong_content"}, "wrong_content comes in variants: wrong_content.amount"),
        (
            {"name": "callback_lost", "operation": "capture"},
            "callback_lost is for callback, not for 'capture'",
        ),
        ({"name": "callback_lost", "seconds": 3}, "callback_lost has no parameter seconds; it has: none"),
        ({"name": "slow_bank", "seconds": "long"}, "seconds of slow_bank is like 15.0, not 'long'"),
        ({"name": "callback_lost", "times": 0}, "times is a number from 1"),
        ({"name": "callback_lost", "skip": True}, "skip is a number from 0"),
        ({"name": "token_endpoint.down", "order_id": "order-1"}, "calls of token belong to no order"),
        ({"name": "rate_limited.bucket", "order_id": "order-1"}, "holds for all orders"),
        ({"operation": "capture"}, "name"),
    ],
)
async def test_what_does_not_exist_is_refused_in_words(m: Any, wanted: dict[str, Any], words: str) -> None:
    answer = await m.control("misbehaviours", wanted)
    assert answer.status_code == 422
    assert words in answer.json()["message"]
    assert m.sim.mischief.selections == []


async def test_what_can_never_be_done_is_a_409_and_what_cannot_yet_waits(m: Any) -> None:
    await m.start()
    await m.start(OTHER)
    await m.act("reject", OTHER)
    refused = await m.control("misbehaviours", {"name": "portal.refund", "order_id": OTHER})
    assert refused.status_code == 409
    assert (await m.select("portal.capture", order_id=ORDER))["done"] is None
    await m.act("approve")
    assert await m.money() == (25000, 25000, 0, 0)


async def test_it_holds_for_one_order_one_operation_so_many_times_after_so_many(m: Any) -> None:
    await m.start()
    await m.start(OTHER)
    how = {"order_id": ORDER, "operation": "details", "times": 2, "skip": 1}
    await m.select("error_answer.html_502", **how)
    statuses = [
        (order_id[-1], operation, (await m.call(operation, order_id)).status_code)
        for operation, order_id in (
            ("details", ORDER), ("details", OTHER), ("status", ORDER), ("details", ORDER), ("details", ORDER),
            ("details", ORDER),
        )
    ]  # fmt: skip
    assert [status for *_, status in statuses] == [200, 200, 200, 502, 502, 200]
    assert m.notes() == ["error_answer.html_502"] * 2


async def test_deeds_count_and_skip_too(m: Any) -> None:
    await m.select("member_kills_app", skip=1, times=1)
    for order_id in ("order-001", "order-002", "order-003"):
        await m.start(order_id)
    assert [m.sim.payment(f"order-00{n}").ended for n in (1, 2, 3)] == [None, "approved", None]


async def test_a_misbehaviour_is_taken_back(m: Any) -> None:
    first = await m.select("callback_lost", times=None)
    await m.select("order_locked", times=None)
    await m.select("portal.capture", times=None)
    assert (await m.control(f"misbehaviours/{first['id']}", method="DELETE")).status_code == 204
    selected = (await m.control("misbehaviours", method="GET")).json()["selected"]
    assert [(s["name"], s["active"]) for s in selected] == [("order_locked", True), ("portal.capture", True)]
    await m.control("misbehaviours", method="DELETE")
    assert (m.sim.faults.faults, m.sim.acts.waiting) == ([], [])
    await m.start()
    await m.act("approve")
    assert (len(m.paid_letters()), await m.money()) == (1, (25000, 0, 0, 0))


async def test_one_that_is_used_up_is_not_active_any_more(m: Any) -> None:
    await m.start()
    await m.select("error_answer.empty", operation="details")
    await m.call("details")
    [selected] = (await m.control("misbehaviours", method="GET")).json()["selected"]
    assert not selected["active"]


async def test_settings_come_back_with_a_reset(m: Any) -> None:
    await m.select("rate_limited.bucket")
    await m.control("reset")
    assert not m.shop.unit.rate_limits


async def test_what_was_done_stands_in_the_records(m: Any) -> None:
    await m.start()
    await m.select("first_card_refused", order_id=ORDER)
    await m.pass_time(21)
    notes = (await m.control("state", method="GET")).json()["notes"]
    assert [(n["source"], n["order_id"]) for n in notes] == [("misbehaviour", ORDER), ("agenda", ORDER)]


async def test_two_misbehaviours_of_one_call_both_take_hold(m: Any) -> None:
    await m.start()
    await m.select("callback_lost", order_id=ORDER)
    await m.select("cancel_of_pending.approved_first", order_id=ORDER)
    assert (await m.call("cancel")).status_code == 200
    await m.pass_time(0)
    assert m.letters() == []
    assert await m.money() == (25000, 0, 0, 25000)


def test_the_readme_names_every_misbehaviour_under_its_number() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    for entry in CATALOGUE.values():
        [line] = [line for line in lines if line.startswith(f"| {entry.number} | `")]
        assert f"`{entry.base}`" in line
        assert entry.name == entry.base or f"`.{entry.name.removeprefix(entry.base + '.')}`" in line


def test_all_thirty_two_are_there() -> None:
    assert {entry.number for entry in CATALOGUE.values()} == set(range(1, 33))
