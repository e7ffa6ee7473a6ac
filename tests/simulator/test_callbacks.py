"""The callback: where it goes, what it carries, how patient it is, and how it can go wrong."""

import json
from typing import Any

import pytest

from tests.simulator.shop import Shop


async def test_it_carries_the_token_verbatim_to_the_address_without_slash(reserved: Shop) -> None:
    [letter] = reserved.received
    assert letter["path"] == "/vipps/v2/payments/order-1"
    assert letter["authorization"] == "token-of-this-order"
    body = json.loads(letter["raw"])
    assert body["merchantSerialNumber"] == "654321"
    assert body["transactionInfo"]["amount"] == 25000
    assert body["transactionInfo"]["transactionId"] == reserved.sim.payment("order-1").transaction_id


async def test_without_a_token_there_is_no_authorization(shop: Shop) -> None:
    await shop.initiate(authToken=None)
    await shop.sim.member.approve("order-1")
    assert shop.received[0]["authorization"] is None


async def test_body_variants(shop: Shop) -> None:
    shop.sim.config.callback_msn_as_integer = True
    shop.sim.config.callback_with_transaction_id = False
    await shop.initiate()
    await shop.sim.member.approve("order-1")
    body = json.loads(shop.received[0]["raw"])
    assert body["merchantSerialNumber"] == 654321
    assert "transactionId" not in body["transactionInfo"]


@pytest.mark.parametrize("status", [301, 307, 500, 401])
async def test_one_attempt_whatever_the_answer(shop: Shop, status: int) -> None:
    shop.answer_with = status
    await shop.initiate()
    await shop.sim.member.approve("order-1")
    await shop.sim.advance(60)
    assert len(shop.received) == 1
    [delivery] = shop.sim.journal.deliveries
    assert (delivery.outcome, delivery.http_status) == ("answered", status)
    assert delivery.seconds is not None


async def test_it_does_not_wait_for_a_slow_merchant_whose_work_goes_on(shop: Shop) -> None:
    shop.sim.config.callback_patience_seconds = 0.05
    shop.answer_after = 0.5
    await shop.initiate()
    await shop.sim.member.approve("order-1")
    [delivery] = shop.sim.journal.deliveries
    assert (delivery.outcome, delivery.http_status) == ("timeout", None)
    assert len(shop.received) == 1


async def test_its_patience_is_three_seconds_by_default(shop: Shop) -> None:
    assert shop.sim.config.callback_patience_seconds == 3


async def test_lost(shop: Shop) -> None:
    await shop.initiate()
    shop.sim.add_fault("lost", "callback", order_id="order-1")
    await shop.sim.member.approve("order-1")
    assert shop.received == []
    assert shop.sim.journal.deliveries[0].outcome == "lost"
    assert await shop.operations() == ["RESERVE", "INITIATE"]


async def test_duplicated(shop: Shop) -> None:
    await shop.initiate()
    shop.sim.add_fault("duplicated", "callback")
    await shop.sim.member.approve("order-1")
    assert len(shop.received) == 2
    assert shop.received[0]["raw"] == shop.received[1]["raw"]


async def test_delayed(shop: Shop) -> None:
    await shop.initiate()
    shop.sim.add_fault("delayed", "callback", seconds=660)
    await shop.sim.member.approve("order-1")
    await shop.sim.advance(659)
    assert shop.received == []
    await shop.sim.advance(2)
    assert len(shop.received) == 1


@pytest.mark.parametrize(
    ("kind", "how", "path", "expected"),
    [
        ("wrong_amount", {"amount": 1}, ("transactionInfo", "amount"), 1),
        ("unknown_status", {"value": "SURPRISE"}, ("transactionInfo", "status"), "SURPRISE"),
        ("wrong_msn", {}, ("merchantSerialNumber",), "999999"),
        ("wrong_order_id", {}, ("orderId",), "another-order"),
        ("unknown_fields", {}, ("surprise", "nested"), [1, 2, 3]),
    ],
)
async def test_wrong_content(
    shop: Shop, kind: str, how: dict[str, Any], path: tuple[str, ...], expected: Any
) -> None:
    await shop.initiate()
    shop.sim.add_fault(kind, "callback", **how)
    await shop.sim.member.approve("order-1")
    found = json.loads(shop.received[0]["raw"])
    for name in path:
        found = found[name]
    assert found == expected
    assert shop.received[0]["path"].endswith("/order-1")


async def test_wrong_missing_token_and_malformed(shop: Shop) -> None:
    for number, kind in enumerate(("wrong_token", "missing_token", "malformed")):
        await shop.initiate(f"order-{number}")
        shop.sim.add_fault(kind, "callback", order_id=f"order-{number}")
        await shop.sim.member.approve(f"order-{number}")
    tokens = [letter["authorization"] for letter in shop.received]
    assert tokens[0] not in (None, "token-of-this-order")
    assert tokens[1] is None
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(shop.received[2]["raw"])


async def test_it_may_overtake_the_answer_to_initiate(shop: Shop) -> None:
    async def approve_at_once(call: Any) -> None:
        await shop.sim.member.approve(call.order_id)
        assert len(shop.received) == 1

    shop.sim.after_effect["initiate"] = approve_at_once
    assert (await shop.initiate()).status_code == 200
    assert len(shop.received) == 1


async def test_hooks_run_around_it(shop: Shop) -> None:
    seen: list[tuple[str, int]] = []

    async def before(call: Any) -> None:
        seen.append((call.order_id, len(shop.received)))

    shop.sim.before_effect["callback"] = shop.sim.after_effect["callback"] = before
    await shop.initiate()
    await shop.sim.member.approve("order-1")
    assert seen == [("order-1", 0), ("order-1", 1)]
