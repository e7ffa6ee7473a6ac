"""How each fault of a delivery spoils a webhook, and hooks around it."""

import asyncio
from typing import Any

import pytest

from tests.simulator.epay import REF, EpayShop


async def capture(shop: EpayShop) -> None:
    await shop.adjust("capture", 100)
    await shop.sim.tick()


async def test_lost_is_never_tried_again(authorised: EpayShop) -> None:
    authorised.listen()
    authorised.sim.add_fault("lost", "callback", order_id=REF)
    await capture(authorised)
    await authorised.sim.advance(86400)
    assert authorised.heard == []
    outcomes = [d.outcome for d in authorised.sim.journal.deliveries_of(REF)]
    assert outcomes == ["lost"]


async def test_duplicated(authorised: EpayShop) -> None:
    authorised.listen()
    authorised.sim.add_fault("duplicated", "callback")
    authorised.answer_after = 0.02
    await capture(authorised)
    first, second = authorised.heard
    assert (first.raw, first.signature) == (second.raw, second.signature)


async def test_delayed(authorised: EpayShop) -> None:
    authorised.listen()
    authorised.sim.add_fault("delayed", "callback", seconds=660)
    await capture(authorised)
    await authorised.sim.advance(659)
    assert authorised.heard == []
    await authorised.sim.advance(2)
    assert authorised.told() == ["CAPTURED"]


@pytest.mark.parametrize(
    ("kind", "how", "field", "expected"),
    [
        ("wrong_amount", {"amount": 1}, "amount", {"currency": "NOK", "value": 1}),
        ("unknown_status", {"value": "SURPRISED"}, "name", "SURPRISED"),
        ("wrong_msn", {}, "msn", "999999"),
        ("wrong_order_id", {}, "reference", "another-order"),
        ("unknown_fields", {}, "surprise", {"nested": [1, 2, 3]}),
    ],
)
async def test_wrong_content_rightly_signed(
    authorised: EpayShop, kind: str, how: dict[str, Any], field: str, expected: Any
) -> None:
    authorised.listen()
    authorised.sim.add_fault(kind, "callback", **how)
    await capture(authorised)
    assert authorised.heard[0].body[field] == expected
    assert authorised.heard[0].signature


async def test_wrong_and_missing_signatures_and_malformed(authorised: EpayShop) -> None:
    authorised.listen(secret="s")
    signatures = []
    for kind in ("wrong_token", "missing_token", "malformed"):
        authorised.sim.add_fault(kind, "callback")
        await capture(authorised)
        signatures.append(authorised.heard[-1].signature)
    assert str(signatures[0]).startswith("HMAC-SHA256 SignedHeaders=")
    assert signatures[1] is None
    assert authorised.heard[-1].raw == b'{"reference": "half a'


async def test_a_spoilt_one_stays_spoilt_when_it_is_tried_again(authorised: EpayShop) -> None:
    authorised.listen()
    authorised.sim.add_fault("wrong_token", "callback")
    authorised.hook_answers = [401]
    await capture(authorised)
    await authorised.sim.advance(3)
    first, second = authorised.heard
    assert (first.raw, first.signature) == (second.raw, second.signature)


async def test_hooks_run_around_every_attempt(authorised: EpayShop) -> None:
    seen: list[tuple[str | None, int]] = []

    async def look(call: Any) -> None:
        seen.append((call.order_id, len(authorised.heard)))

    authorised.listen()
    authorised.hook_answers = [500]
    authorised.sim.before_effect["callback"] = authorised.sim.after_effect["callback"] = look
    await capture(authorised)
    await authorised.sim.advance(3)
    assert seen == [(REF, 0), (REF, 1), (REF, 1), (REF, 2)]


async def test_one_may_overtake_the_answer_to_create(epay: EpayShop) -> None:
    epay.listen()

    async def approve_at_once(call: Any) -> None:
        await epay.sim.member.approve(call.order_id)
        assert epay.told() == ["CREATED", "AUTHORIZED"]

    epay.sim.after_effect["initiate"] = approve_at_once
    assert (await epay.create()).status_code == 201


async def test_what_a_receiver_does_meanwhile_is_told_next(authorised: EpayShop) -> None:
    """A merchant that refunds in the very handler of the capture's webhook."""
    authorised.listen()

    async def refund(call: Any) -> None:
        authorised.sim.after_effect.clear()
        await authorised.adjust("refund", 100)

    authorised.sim.after_effect["callback"] = refund
    await capture(authorised)
    await asyncio.sleep(0.01)
    assert authorised.told() == ["CAPTURED", "REFUNDED"]


async def test_a_hook_may_bring_about_the_next_event(epay: EpayShop) -> None:
    epay.listen()

    async def approve(call: Any) -> None:
        epay.sim.before_effect.clear()
        await epay.sim.member.approve(REF)

    epay.sim.before_effect["callback"] = approve
    await epay.create()
    await epay.sim.tick()
    assert epay.told() == ["CREATED", "AUTHORIZED"]
