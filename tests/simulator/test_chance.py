"""Misbehaving by seed: the same seed and the same calls bring the same misbehaviours."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.simulator.misbehaviour_checks import merchant_of

ORDERS = [f"order-{number:03d}" for number in range(8)]
SOME = ["error_answer", "order_locked", "rate_limited", "callback_lost", "callback_duplicated", "answer_lost"]
Drawn = dict[str | None, list[tuple[str | None, str]]]


async def live(m: Any, order_id: str) -> None:
    """A short life, the same whatever goes wrong."""
    for operation in ("initiate", "details", "approve", "details", "capture", "refund", "details"):
        try:
            if operation == "approve":
                await m.control(f"payments/{order_id}/approve")  # which may be impossible by now
            else:
                await m.call(operation, order_id)
        except httpx.TransportError:
            continue


async def drawn(api: str, rules: dict[str, Any], *, together: bool = False, backwards: bool = False) -> Drawn:
    """By order, in the order of its own calls."""
    async with merchant_of(api) as m:
        assert (await m.control("chance", rules)).status_code == 201
        orders = ORDERS[::-1] if backwards else ORDERS
        if together:
            await asyncio.gather(*(live(m, order_id) for order_id in orders))
        else:
            for order_id in orders:
                await live(m, order_id)
        notes = [note for note in m.sim.journal.notes if note.source == "chance"]
        return {o: [(n.operation, n.name) for n in notes if n.order_id == o] for o in orders}


@pytest.mark.parametrize("api", ["ecom", "epayment"])
async def test_the_same_seed_and_calls_bring_the_same(api: str) -> None:
    rules = {"seed": 7, "rate": 0.4, "names": SOME}
    first = await drawn(api, rules)
    assert sum(map(len, first.values())) > 5
    assert await drawn(api, rules) == first


async def test_it_does_not_matter_what_other_orders_do_meanwhile() -> None:
    rules = {"seed": 7, "rate": 0.4, "names": SOME}
    first = await drawn("ecom", rules)
    assert await drawn("ecom", rules, together=True) == first
    assert await drawn("ecom", rules, backwards=True) == first


async def test_another_seed_brings_something_else() -> None:
    rules = {"rate": 0.4, "names": SOME}
    assert await drawn("ecom", {"seed": 7, **rules}) != await drawn("ecom", {"seed": 8, **rules})


@pytest.mark.parametrize(("rate", "expected"), [(0, 0), (1, 9)])
async def test_the_rate_is_that_of_all_calls(rate: float, expected: int) -> None:
    async with merchant_of("ecom") as m:
        await m.control("chance", {"seed": 1, "rate": rate, "names": ["rate_limited.with_retry_after"]})
        for _ in range(9):
            await m.call("details")
        assert sum((await m.control("chance", method="GET")).json()["counts"].values()) == expected


async def test_only_the_operations_and_orders_that_were_named_misbehave() -> None:
    rules = {"seed": 1, "rate": 1, "names": SOME, "operations": ["details"], "orders": [ORDERS[2]]}
    found = await drawn("ecom", rules)
    assert {operation for operation, _ in found.pop(ORDERS[2])} == {"details"}
    assert not any(found.values())


async def test_a_drawn_misbehaviour_is_for_that_call_alone() -> None:
    async with merchant_of("ecom") as m:
        await m.start()
        await m.control("chance", {"seed": 1, "rate": 1, "names": ["cancel_of_pending.claimed"]})
        assert (await m.call("cancel")).status_code == 200
        await m.control("chance", method="DELETE")
        assert m.sim.faults.faults == []
        assert (await m.call("cancel")).status_code == 200
        assert m.sim.payment("order-001").ended == "cancelled_by_merchant"


async def test_deeds_and_spoilt_callbacks_are_drawn_too() -> None:
    async with merchant_of("ecom") as m:
        await m.control(
            "chance", {"seed": 1, "rate": 1, "names": ["member_kills_app", "callback_duplicated.at_once"]}
        )
        await m.start()
        await m.pass_time(0)
        assert len(m.paid_letters()) == 2
        counts = (await m.control("chance", method="GET")).json()["counts"]
        assert counts == {"callback_duplicated.at_once": 1, "member_kills_app": 1}


async def test_what_was_drawn_is_told_and_ends_when_it_is_ended() -> None:
    async with merchant_of("ecom") as m:
        begun = (await m.control("chance", {"seed": 5, "rate": 1, "names": ["error_answer.html_502"]})).json()
        assert begun["rules"] == {
            "seed": 5, "rate": 1.0, "names": ["error_answer.html_502"], "operations": None, "orders": None
        }  # fmt: skip
        await m.call("token")
        await m.start()
        told = (await m.control("chance", method="GET")).json()
        assert [(d["operation"], d["order_id"], d["name"]) for d in told["drawn"]] == [
            ("token", None, "error_answer.html_502"),
            ("initiate", "order-001", "error_answer.html_502"),
        ]
        assert all("seed 5" in d["words"] for d in told["drawn"])
        await m.control("chance", method="DELETE")
        assert (await m.start()).status_code == 200
        assert (await m.control("chance", method="GET")).json()["rules"] is None


@pytest.mark.parametrize(
    "rules",
    [
        {"seed": 1},
        {"seed": 1, "rate": 2},
        {"seed": 1, "rate": 0.1, "names": ["nonsense"]},
        {"seed": 1, "rate": 0.1, "operations": ["dance"]},
        {"seed": 1, "rate": 0.1, "luck": 3},
    ],
)
async def test_rules_that_make_no_sense_are_refused(rules: dict[str, Any]) -> None:
    async with merchant_of("ecom") as m:
        assert (await m.control("chance", rules)).status_code == 422
        assert m.sim.chance.rules is None


@pytest.mark.parametrize("api", ["ecom", "epayment"])
@pytest.mark.parametrize("seed", range(3))
async def test_everything_may_be_drawn_and_nothing_breaks_the_simulator(seed: int, api: str) -> None:
    async with merchant_of(api) as m:
        m.shop.http.timeout = httpx.Timeout(0.03)
        await m.control("chance", {"seed": seed, "rate": 0.5})
        await asyncio.gather(*(live(m, order_id) for order_id in ORDERS))
        await m.sim.advance(3600)
        for payment in m.sim.ledger.payments.values():
            amounts = payment.amounts
            assert 0 <= amounts.refunded <= amounts.captured <= amounts.reserved
