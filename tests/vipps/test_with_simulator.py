"""The client's whole way through a payment, told by the simulator."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from payments_service.domain.folding import Folded, fold
from payments_service.domain.readings import NoSuchPayment, Reading
from payments_service.domain.vocabulary import Meaning, meaning_of
from payments_service.simulator.simulator import Simulator
from payments_service.vipps import callback_token
from payments_service.vipps.ecom import EcomApi
from payments_service.vipps.epayment import EpaymentApi
from payments_service.vipps.errors import NotSent, OutcomeUnknown, Rejected, TryAgain, VippsError
from payments_service.vipps.port import NewPayment, PaymentApi

SECONDS = 5.0


async def _started(api: PaymentApi, *, amount: int = 25000) -> str:
    order_id = str(uuid.uuid4())
    new = NewPayment(order_id, amount, "Julebord", "https://shop.test/back", phone_number="91234567")
    assert str(await api.start(new, timeout=SECONDS)).startswith("http")
    return order_id


async def _read(api: PaymentApi, order_id: str) -> Reading:
    found = await api.read(order_id, timeout=SECONDS)
    assert isinstance(found, Reading)
    return found


def sums(found: Reading) -> tuple[int, int, int]:
    """Captured, held, refunded."""
    assert found.totals is not None
    return found.totals.captured_ore, found.totals.held_ore, found.totals.refunded_ore


async def test_a_payment_is_started_approved_captured_and_refunded(sim: Simulator, api: PaymentApi) -> None:
    order_id = await _started(api)
    fresh = await _read(api, order_id)
    assert [meaning_of(entry.word) for entry in fresh.entries] == [Meaning.STARTED]
    assert fresh.totals is None

    await sim.member.approve(order_id)
    await api.capture(order_id, amount_ore=25000, key=f"{order_id}-c1", text="Julebord", timeout=SECONDS)
    await api.refund(order_id, amount_ore=10000, key=f"{order_id}-r1", text="Avlyst", timeout=SECONDS)

    found = await _read(api, order_id)
    meanings = [Meaning.STARTED, Meaning.RESERVED, Meaning.CAPTURED, Meaning.REFUNDED]
    assert [meaning_of(entry.word) for entry in found.entries] == meanings
    assert sums(found) == (25000, 0, 10000)
    assert found.entries[-1].request_id == f"{order_id}-r1"
    assert all(e.happened_at is not None and e.happened_at.utcoffset() is not None for e in found.entries)
    assert len(found.raw_sha256) == 64


async def test_the_same_key_moves_money_once(sim: Simulator, api: PaymentApi) -> None:
    order_id = await _started(api)
    await sim.member.approve(order_id)
    for _ in range(3):
        await api.capture(order_id, amount_ore=10000, key=f"{order_id}-c1", text="x", timeout=SECONDS)
    assert sums(await _read(api, order_id)) == (10000, 15000, 0)


async def test_cancel_closes_an_open_payment_and_voids_a_reservation(sim: Simulator, api: PaymentApi) -> None:
    order_ids = [await _started(api), await _started(api)]
    await sim.member.approve(order_ids[1])
    for order_id in order_ids:
        await api.cancel(order_id, key=f"{order_id}-x1", text="Avbestilt", timeout=SECONDS)
    verdicts = [fold(await _read(api, o), order_id=o, amount_ore=25000) for o in order_ids]
    assert [v.status for v in verdicts if isinstance(v, Folded)] == ["CANCEL", "VOID"]


async def test_closing_a_checkout_spares_a_reservation(sim: Simulator, api: PaymentApi) -> None:
    order_ids = [await _started(api), await _started(api)]
    await sim.member.approve(order_ids[1])
    how: dict[str, Any] = {"text": "Avbestilt", "timeout": SECONDS, "only_unapproved": True}
    await api.cancel(order_ids[0], key=f"{order_ids[0]}-x1", **how)
    with pytest.raises(Rejected) as refused:
        await api.cancel(order_ids[1], key=f"{order_ids[1]}-x1", **how)
    assert refused.value.code == "Problem/6060"
    verdicts = [fold(await _read(api, o), order_id=o, amount_ore=25000) for o in order_ids]
    assert [v.status for v in verdicts if isinstance(v, Folded)] == ["CANCEL", "RESERVED"]


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_where_epayment_is_not_offered_ecom_closes_it_itself(
    sim: Simulator, ecom: EcomApi, status: int
) -> None:
    order_id = await _started(ecom)
    sim.add_fault("error", "cancel", times=2 if status == 401 else 1, status=status, shape="gateway")
    await ecom.cancel(order_id, key="k", text="x", timeout=SECONDS, only_unapproved=True)
    asked = [r.path.split("/")[1] for r in sim.journal.requests_for("cancel", order_id) if r.outcome == 200]
    assert asked == ["ecomm"]
    assert sim.payment(order_id).is_cancelled


async def test_a_sales_unit_without_epayment_is_not_asked_about_it_each_time(
    sim: Simulator, ecom: EcomApi
) -> None:
    sim.config.sales_units[0].epayment_allowed = False
    order_ids = [await _started(ecom), await _started(ecom)]
    for order_id in order_ids:
        await ecom.cancel(order_id, key="k", text="x", timeout=SECONDS, only_unapproved=True)
    asked = [[r.path.split("/")[1] for r in sim.journal.requests_for("cancel", o)] for o in order_ids]
    assert asked == [["epayment", "ecomm"], ["ecomm"]]


async def test_a_doubtful_close_through_epayment_is_not_made_up_for_in_ecom(
    sim: Simulator, ecom: EcomApi
) -> None:
    order_id = await _started(ecom)
    sim.add_fault("error", "cancel", status=500)
    with pytest.raises(OutcomeUnknown):
        await ecom.cancel(order_id, key="k", text="x", timeout=SECONDS, only_unapproved=True)
    assert len(sim.journal.requests_for("cancel", order_id)) == 1


async def test_an_unknown_order_is_no_such_payment(api: PaymentApi) -> None:
    assert isinstance(await api.read(str(uuid.uuid4()), timeout=SECONDS), NoSuchPayment)


async def test_another_start_of_one_order_is_to_be_read_not_called_failed(api: PaymentApi) -> None:
    order_id = await _started(api)
    with pytest.raises(OutcomeUnknown, match=r"Merchant/34|Problem/4"):
        await api.start(NewPayment(order_id, 100, "x", "https://shop.test/back"), timeout=SECONDS)


async def test_the_same_start_in_epayment_gives_the_same_link(sim: Simulator, epayment: EpaymentApi) -> None:
    order_id = str(uuid.uuid4())
    new = NewPayment(order_id, 25000, "Julebord", "https://shop.test/back", phone_number="91234567")
    sim.add_fault("drop_after", "initiate")
    with pytest.raises(OutcomeUnknown):
        await epayment.start(new, timeout=SECONDS)
    links = {await epayment.start(new, timeout=SECONDS) for _ in range(2)}
    assert links == {sim.initiation.link(sim.payment(order_id))}
    assert len(sim.journal.effects_of(order_id, "INITIATE")) == 1


async def test_capturing_more_than_is_held_is_a_clear_no(sim: Simulator, api: PaymentApi) -> None:
    order_id = await _started(api)
    await sim.member.approve(order_id)
    with pytest.raises(Rejected) as refused:
        await api.capture(order_id, amount_ore=25001, key="k", text="x", timeout=SECONDS)
    assert refused.value.code in ("Payment/61", "Problem/6090")


async def test_a_token_that_died_early_is_renewed_without_anybody_noticing(
    sim: Simulator, api: PaymentApi
) -> None:
    order_id = await _started(api)
    sim.add_fault("unauthorized", "details")
    assert isinstance(await api.read(order_id, timeout=SECONDS), Reading)


@pytest.mark.parametrize(
    ("kind", "how", "error"),
    [
        ("rate_limited", {"retry_after": 7}, TryAgain),
        ("error", {"status": 500, "shape": "responseinfo"}, OutcomeUnknown),
        ("error", {"status": 502, "shape": "html"}, OutcomeUnknown),
        ("error", {"status": 500, "shape": "strings"}, OutcomeUnknown),
        ("error", {"status": 500, "shape": "empty"}, OutcomeUnknown),
        ("error", {"status": 400, "shape": "ecom", "group": "VippsError", "code": "94"}, TryAgain),
        ("silent", {}, OutcomeUnknown),
        ("drop_before", {}, OutcomeUnknown),
    ],
)
async def test_the_simulators_faults_are_named_by_remedy(
    sim: Simulator, api: PaymentApi, kind: str, how: dict[str, object], error: type[VippsError]
) -> None:
    order_id = await _started(api)
    await sim.member.approve(order_id)
    sim.add_fault(kind, "capture", **how)
    with pytest.raises(error) as caught:
        await api.capture(order_id, amount_ore=25000, key="k", text="x", timeout=0.5)
    assert caught.value.retry_after_seconds == how.get("retry_after")


async def test_without_a_token_nothing_of_the_payment_leaves_us(sim: Simulator, api: PaymentApi) -> None:
    sim.add_fault("error", "token", times=None, status=500)
    with pytest.raises(NotSent):
        await api.read(str(uuid.uuid4()), timeout=SECONDS)


async def test_the_callback_carries_the_orders_own_token(sim: Simulator, ecom: EcomApi) -> None:
    order_id = await _started(ecom)
    info = sim.payment(order_id)
    assert callback_token.make("a secret for callbacks", "654321", order_id) in repr(info)
