"""`kill -9` while Vipps is moving money: whoever comes next finishes it, under the same key, once."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.journeys.pace import TAKEN_OVER_WITHIN
from tests.money.late import is_approved_late, reject
from tests.money.mortal import FINISHED_WITHIN, Instant, Mortal
from tests.money.till import Sale

each_instant = pytest.mark.parametrize("instant", get_args(Instant))


@each_instant
def test_a_refund_goes_back_once(mortal: Mortal, instant: Instant) -> None:
    # Given a refund whose caller dies
    till = mortal.till
    sale = till.sells()
    path, body = f"/v1/orders/{sale.order_id}/refund", {"amount": "100.00", "reason": "ill"}
    client = mortal.victim.client
    with mortal.is_killed_at_vipps("refund", instant, sale):
        asked = mortal.meanwhile(client, "POST", path, json=body, headers={"Idempotency-Key": sale.order_id})
    assert asked.exception(10) is not None
    # Then it goes on by itself
    till.eventually(lambda: till.order(sale.order_id)["refunded"] == "100.00", within=FINISHED_WITHIN)
    # And whoever asks again with the same key learns so, and starts no second one
    assert mortal.asks_until_answered("POST", path, body, sale.order_id).json()["refunded"] == "100.00"
    assert till.done_with("REFUND", sale) == [f"{sale.order_id}-r1"]
    assert till.asked_with("refund", sale) == {f"{sale.order_id}-r1"}


@each_instant
def test_a_capture_is_made_once(mortal: Mortal, instant: Instant) -> None:
    till = mortal.till
    assert mortal.victim.is_running
    sale = till.in_checkout()
    with mortal.is_killed_at_vipps("capture", instant, sale):
        till.approve(sale.order_id)
    till.order_becomes(sale, "CAPTURE", within=FINISHED_WITHIN)
    assert till.done_with("CAPTURE", sale) == [f"{sale.order_id}-c1"]
    assert till.asked_with("capture", sale) == {f"{sale.order_id}-c1"}
    assert till.status_of(sale) == "paid"


@each_instant
def test_a_surplus_reservation_is_given_back_once(mortal: Mortal, instant: Instant) -> None:
    # Given a seat that is paid, and an earlier attempt that Vipps lets be approved as well
    till = mortal.till
    assert mortal.victim.is_running
    first = till.in_checkout()
    reject(till, first.order_id)
    till.order_becomes(first, "CANCEL", within=5)
    second = Sale(first.member, till.starts_paying(first.member))
    till.approve(second.order_id)
    till.order_becomes(second, "CAPTURE", within=5)
    with mortal.is_killed_at_vipps("cancel", instant, first):
        is_approved_late(till, first.order_id)
    till.order_becomes(first, "VOID", within=FINISHED_WITHIN)
    assert till.done_with("VOID", first) == [f"{first.order_id}-x1"]
    assert till.calls("capture", first.order_id) == 0
    assert till.sums(second) == ("CAPTURE", "250.00", "0.00", True)


def test_a_payment_that_was_asked_for_with_a_key_goes_on_with_it(mortal: Mortal) -> None:
    # Given a member whose request dies with the service, after Vipps has made the payment
    till = mortal.till
    victim = mortal.victim
    member = till.joins()
    till.neighbours.after("initiate", lambda _: victim.kill())
    body = {"event_id": member.event_id, "user_id": member.user_id, "payer_name": member.user_id}
    key = {"Idempotency-Key": member.user_id}
    asked = mortal.meanwhile(victim.client, "POST", "/v1/orders", json=body, headers=key)
    assert asked.exception(10) is not None
    heir = mortal.start_heir()
    # Then the key is taken for no longer than the contract says, and leads to a payment after that
    first = heir.client.post("/v1/orders", json=body, headers=key)
    assert first.status_code in (200, 201, 409, 503)
    order = mortal.asks_until_answered("POST", "/v1/orders", body, member.user_id).json()
    again = heir.client.post("/v1/orders", json=body, headers=key)
    assert again.json()["order_id"] == order["order_id"]
    # And of the payments at Vipps one can be paid: in ePayment it is the same, in eCom a second one
    sale = Sale(member, order["order_id"])
    lost = [o for o in till.registration(member)["orders"] if o["order_id"] != sale.order_id]
    assert len(lost) == (1 if till.vipps_api == "ecom" else 0)
    for old in lost:
        assert (old["status"], old["status_reason"]) == ("CANCEL", "superseded")
        assert till.payment(old["order_id"]).is_cancelled
    till.approve(sale.order_id)
    till.order_becomes(sale, "CAPTURE", within=TAKEN_OVER_WITHIN + 2)
