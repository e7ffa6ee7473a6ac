"""Vipps gives no usable answer, or a wrong one, when it matters."""

from __future__ import annotations

import pytest

from payments_service.simulator.faults import Fault
from tests.journeys.apis import only
from tests.journeys.pace import CLOSED_WITHIN, DUE_WITHIN, MOVES_AGAIN_WITHIN
from tests.journeys.stack import Stack


def test_nobody_is_thrown_out_while_vipps_is_silent(stack: Stack) -> None:
    # Given two in the checkout, one of whom pays, and Vipps silent about both across the deadline
    payer, other = stack.joins(due_in=1), stack.joins(due_in=1)
    paid, unpaid = stack.starts_paying(payer), stack.starts_paying(other)
    silence = [_is_silent_about(stack, paid, "silent"), _is_silent_about(stack, unpaid, "drop_before")]
    stack.approve(paid)
    # Then both are held from the first read without an answer, with no time left, and keep their seats
    for member, order_id in ((payer, paid), (other, unpaid)):
        stack.becomes(member, "expiring", "held", within=1 + DUE_WITHIN)
        asked = stack.service.post(f"/v1/orders/{order_id}/sync")
        assert (asked.status_code, asked.json()["code"]) == (503, "vipps_unavailable")
        assert int(asked.headers["Retry-After"]) >= 1
        assert stack.has_status(member, "held")
        assert stack.registration(member)["seconds_left"] == 0
        assert stack.has_seat(member)
        assert stack.releases(member) == []
    # When Vipps answers again, it is as Vipps says
    for fault in silence:
        stack.simulator.faults.clear(fault.id)
    stack.becomes(payer, "paid", within=MOVES_AGAIN_WITHIN)
    stack.is_captured(paid, within=3)
    assert stack.has_seat(payer)
    assert stack.releases(payer) == []
    stack.becomes(other, "expired", within=CLOSED_WITHIN)
    assert len(stack.releases(other)) == 1
    assert stack.effects(unpaid, "CAPTURE") == 0


def _is_silent_about(stack: Stack, order_id: str, how: str) -> Fault:
    stack.simulator.add_fault("lost", "callback", order_id=order_id)
    return stack.simulator.add_fault(how, "details", order_id=order_id, times=None)


def test_a_seat_without_any_order_needs_no_answer_from_vipps_to_go(stack: Stack) -> None:
    stack.simulator.add_fault("silent", "*", times=None)
    member = stack.joins(due_in=0)
    stack.becomes(member, "expired", within=DUE_WITHIN)
    stack.simulator.faults.clear()
    assert [release.status for release in stack.releases(member)] == [200]


@only("ecom")
@pytest.mark.parametrize("has_epayment", [True, False], ids=["through ePayment", "through eCom"])
def test_what_vipps_calls_open_after_its_checkout_is_cancelled_and_read_again(
    own_stack: Stack, has_epayment: bool
) -> None:
    # Given eCom's known defect: the checkout ends and its log never says so
    stack = own_stack
    stack.start_service()
    stack.neighbours.config.sales_units[0].epayment_allowed = has_epayment
    member = stack.joins(due_in=1)
    order_id = stack.starts_paying(member)
    stack.payment(order_id).logs_timeout = False
    # Then the payment is cancelled at Vipps, and the seat released on what Vipps answers after that
    within = stack.checkout_seconds + CLOSED_WITHIN
    stack.becomes(member, "expired", within=within)
    assert stack.effects(order_id, "CANCEL") == 1
    closed = stack.order(order_id)
    assert (closed["status"], closed["status_reason"]) == ("CANCEL", "timed_out")
    reads = stack.simulator.journal.requests_for("details", order_id)
    cancels = stack.simulator.journal.requests_for("cancel", order_id)
    apis = [request.path.split("/")[1] for request in cancels]
    assert apis == (["epayment"] if has_epayment else ["epayment", "ecomm"])
    assert reads[-1].seq > cancels[-1].seq
    assert len(stack.releases(member)) == 1


def test_an_order_whose_amount_is_another_at_vipps_is_frozen_for_a_person(stack: Stack) -> None:
    # Given an approved payment that Vipps shows with another amount than ours
    member = stack.joins(due_in=2)
    order_id = stack.starts_paying(member)
    wrong = stack.simulator.add_fault("wrong_amount", "details", order_id=order_id, amount=100, times=None)
    stack.approve(order_id)
    stack.watch.stay_reserved.add(order_id)
    # Then the member cannot start another, before the deadline and after it
    stack.eventually(lambda: stack.pay(member).json().get("code") == "payment_in_progress", within=3)
    stack.eventually(lambda: stack.cases(member) == ["amount_mismatch"], within=3)
    # And the seat is never released, the money never taken
    stack.becomes(member, "held", within=2 + DUE_WITHIN)
    assert stack.pay(member).json()["code"] == "payment_in_progress"
    stack.service.post(f"/v1/orders/{order_id}/sync")
    stack.simulator.faults.clear(wrong.id)
    stack.service.post(f"/v1/orders/{order_id}/sync")
    assert stack.has_seat(member)
    assert stack.releases(member) == []
    assert stack.calls("capture", order_id) == 0
    what = [line["what"] for line in stack.service.get(f"/v1/orders/{order_id}/history").json()["items"]]
    assert "vipps_frozen" in what
