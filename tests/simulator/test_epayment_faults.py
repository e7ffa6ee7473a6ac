"""The faults of eCom under the same names at ePayment, and how each spoils a webhook."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.simulator.epay import REF, EpayShop, number, values


@pytest.mark.parametrize(("kind", "captured"), [("drop_before", 0), ("drop_after", 1000)])
async def test_a_dropped_capture_is_repeated_under_its_key(
    authorised: EpayShop, kind: str, captured: int
) -> None:
    authorised.sim.add_fault(kind, "capture", order_id=REF)
    with pytest.raises(httpx.RemoteProtocolError):
        await authorised.adjust("capture", 1000, key="c1")
    assert authorised.sim.payment(REF).amounts.captured == captured
    assert (await authorised.adjust("capture", 1000, key="c1")).status_code == 200
    assert len(authorised.sim.journal.effects_of(REF, "CAPTURE")) == 1


async def test_create_may_time_out_after_success_and_is_repeated(epay: EpayShop) -> None:
    epay.sim.add_fault("silent", "initiate", after=True, order_id=REF)
    epay.http.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.ReadTimeout):
        await epay.create(key="k1")
    epay.http.timeout = httpx.Timeout(5)
    assert (await epay.create(key="k1")).status_code == 201
    assert len(epay.sim.journal.effects_of(REF, "INITIATE")) == 1


@pytest.mark.parametrize(
    ("operation", "verb", "path"),
    [
        ("initiate", "POST", "payments"),
        ("details", "GET", f"payments/{REF}"),
        ("events", "GET", f"payments/{REF}/events"),
        ("capture", "POST", f"payments/{REF}/capture"),
        ("cancel", "POST", f"payments/{REF}/cancel"),
        ("refund", "POST", f"payments/{REF}/refund"),
        ("force_approve", "POST", f"test/payments/{REF}/approve"),
    ],
)
async def test_every_call_is_known_by_its_name_however_it_is_spelt(
    epay: EpayShop, operation: str, verb: str, path: str
) -> None:
    epay.sim.add_fault("error", operation, order_id=REF, times=2, status=500, shape="epayment")
    body = epay.wish() if operation == "initiate" else None
    for spelt in (f"/epayment/v1/{path}", f"/EPayment/v1//{path}/"):
        answer = await epay.http.request(verb, spelt, json=body, headers=epay.headers())
        assert number(answer) == (500, "3010")
    assert [r.order_id for r in epay.sim.journal.requests_for(operation)] == [REF, REF]


async def test_odd_slashes_can_be_refused(authorised: EpayShop) -> None:
    authorised.sim.config.tolerate_odd_slashes = False
    answer = await authorised.http.get(f"/epayment/v1//payments/{REF}", headers=authorised.headers())
    assert answer.status_code == 404


async def test_a_locked_payment(authorised: EpayShop) -> None:
    authorised.sim.add_fault("error", "capture", status=423, shape="epayment", code="6160")
    assert number(await authorised.adjust("capture", 100, key="c1")) == (423, "6160")
    assert (await authorised.adjust("capture", 100, key="c1")).status_code == 200


async def test_reads_may_lag_behind(epay: EpayShop) -> None:
    await epay.create()
    for operation in ("details", "events"):
        epay.sim.add_fault("stale_details", operation, seconds=30)
    await epay.sim.advance(60)
    await epay.sim.member.approve(REF)
    assert (await epay.state(), await epay.names()) == ("CREATED", ["CREATED"])
    assert (await epay.state(), await epay.names()) == ("AUTHORIZED", ["CREATED", "AUTHORIZED"])


async def test_a_read_may_show_a_wrong_amount(authorised: EpayShop) -> None:
    authorised.sim.add_fault("wrong_amount", "details", amount=123)
    wrong = await authorised.get()
    assert (wrong["amount"]["value"], values(wrong["aggregate"])) == (123, (123, 0, 0, 0))
    assert (await authorised.get())["amount"]["value"] == 25000


async def test_the_member_may_approve_while_the_merchant_cancels(epay: EpayShop) -> None:
    await epay.create()
    epay.sim.add_fault("approve_first", "cancel")
    assert (await epay.adjust("cancel")).json()["state"] == "AUTHORIZED"
    assert await epay.names() == ["CREATED", "AUTHORIZED", "CANCELLED"]


async def test_success_may_be_claimed_for_nothing(authorised: EpayShop) -> None:
    for operation in ("capture", "refund", "cancel"):
        authorised.sim.add_fault("not_really", operation)
    claimed = await authorised.adjust("capture", 1000, key="c1")
    assert (claimed.status_code, values(claimed.json()["aggregate"])) == (200, (25000, 0, 1000, 0))
    assert (await authorised.adjust("refund", 1000)).json()["aggregate"]["refundedAmount"]["value"] == 1000
    assert (await authorised.adjust("cancel")).json()["aggregate"]["cancelledAmount"]["value"] == 25000
    assert await authorised.amounts() == (25000, 0, 0, 0)
    assert (await authorised.adjust("capture", 1000, key="c1")).status_code == 200
    assert await authorised.amounts() == (25000, 0, 1000, 0)


async def test_a_cancel_of_an_open_payment_may_be_claimed_too(epay: EpayShop) -> None:
    await epay.create()
    epay.sim.add_fault("not_really", "cancel")
    assert (await epay.adjust("cancel")).json()["state"] == "TERMINATED"
    assert await epay.state() == "CREATED"


class TestWebhooks:
    async def capture(self, shop: EpayShop) -> None:
        await shop.adjust("capture", 100)
        await shop.sim.tick()

    async def test_lost_is_never_tried_again(self, authorised: EpayShop) -> None:
        authorised.listen()
        authorised.sim.add_fault("lost", "callback", order_id=REF)
        await self.capture(authorised)
        await authorised.sim.advance(86400)
        assert authorised.heard == []
        outcomes = [d.outcome for d in authorised.sim.journal.deliveries_of(REF)]
        assert outcomes == ["lost"]

    async def test_duplicated(self, authorised: EpayShop) -> None:
        authorised.listen()
        authorised.sim.add_fault("duplicated", "callback")
        authorised.answer_after = 0.02
        await self.capture(authorised)
        first, second = authorised.heard
        assert (first.raw, first.signature) == (second.raw, second.signature)

    async def test_delayed(self, authorised: EpayShop) -> None:
        authorised.listen()
        authorised.sim.add_fault("delayed", "callback", seconds=660)
        await self.capture(authorised)
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
        self, authorised: EpayShop, kind: str, how: dict[str, Any], field: str, expected: Any
    ) -> None:
        authorised.listen()
        authorised.sim.add_fault(kind, "callback", **how)
        await self.capture(authorised)
        assert authorised.heard[0].body[field] == expected
        assert authorised.heard[0].signature

    async def test_wrong_and_missing_signatures_and_malformed(self, authorised: EpayShop) -> None:
        authorised.listen(secret="s")
        signatures = []
        for kind in ("wrong_token", "missing_token", "malformed"):
            authorised.sim.add_fault(kind, "callback")
            await self.capture(authorised)
            signatures.append(authorised.heard[-1].signature)
        assert str(signatures[0]).startswith("HMAC-SHA256 SignedHeaders=")
        assert signatures[1] is None
        assert authorised.heard[-1].raw == b'{"reference": "half a'

    async def test_a_spoilt_one_stays_spoilt_when_it_is_tried_again(self, authorised: EpayShop) -> None:
        authorised.listen()
        authorised.sim.add_fault("wrong_token", "callback")
        authorised.hook_answers = [401]
        await self.capture(authorised)
        await authorised.sim.advance(3)
        first, second = authorised.heard
        assert (first.raw, first.signature) == (second.raw, second.signature)

    async def test_hooks_run_around_every_attempt(self, authorised: EpayShop) -> None:
        seen: list[tuple[str | None, int]] = []

        async def look(call: Any) -> None:
            seen.append((call.order_id, len(authorised.heard)))

        authorised.listen()
        authorised.hook_answers = [500]
        authorised.sim.before_effect["callback"] = authorised.sim.after_effect["callback"] = look
        await self.capture(authorised)
        await authorised.sim.advance(3)
        assert seen == [(REF, 0), (REF, 1), (REF, 1), (REF, 2)]

    async def test_one_may_overtake_the_answer_to_create(self, epay: EpayShop) -> None:
        epay.listen()

        async def approve_at_once(call: Any) -> None:
            await epay.sim.member.approve(call.order_id)
            assert epay.told() == ["CREATED", "AUTHORIZED"]

        epay.sim.after_effect["initiate"] = approve_at_once
        assert (await epay.create()).status_code == 201

    async def test_what_a_receiver_does_meanwhile_is_told_next(self, authorised: EpayShop) -> None:
        """A merchant that refunds in the very handler of the capture's webhook."""
        authorised.listen()

        async def refund(call: Any) -> None:
            authorised.sim.after_effect.clear()
            await authorised.adjust("refund", 100)

        authorised.sim.after_effect["callback"] = refund
        await self.capture(authorised)
        await asyncio.sleep(0.01)
        assert authorised.told() == ["CAPTURED", "REFUNDED"]

    async def test_a_hook_may_bring_about_the_next_event(self, epay: EpayShop) -> None:
        epay.listen()

        async def approve(call: Any) -> None:
            epay.sim.before_effect.clear()
            await epay.sim.member.approve(REF)

        epay.sim.before_effect["callback"] = approve
        await epay.create()
        await epay.sim.tick()
        assert epay.told() == ["CREATED", "AUTHORIZED"]
