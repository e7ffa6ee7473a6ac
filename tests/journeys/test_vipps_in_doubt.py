"""Vipps gives no usable answer, or a wrong one, when it matters."""

from __future__ import annotations

import pytest

from tests.journeys.stack import CLOSED_WITHIN, DUE_WITHIN, Stack


@pytest.mark.parametrize("truth", ["nobody paid", "the member had paid"])
def test_nobody_is_thrown_out_while_vipps_is_silent(stack: Stack, truth: str) -> None:
    # Given a checkout, and Vipps silent about it across the deadline
    member = stack.joins(due_in=1)
    order_id = stack.starts_paying(member)
    silence = stack.simulator.add_fault("silent", "details", order_id=order_id, times=None)
    stack.simulator.add_fault("lost", "callback", order_id=order_id, times=None)
    if truth == "the member had paid":
        stack.approve(order_id)
    # Then the seat is held from the first read without an answer, with no time left, and stays the member's
    stack.eventually(lambda: stack.has_status(member, "expiring", "held"), within=1 + DUE_WITHIN)
    asked = stack.service.post(f"/v1/orders/{order_id}/sync")
    assert (asked.status_code, asked.json()["code"]) == (503, "vipps_unavailable")
    assert int(asked.headers["Retry-After"]) >= 1
    assert stack.has_status(member, "held")
    assert stack.registration(member)["seconds_left"] == 0
    assert stack.has_seat(member)
    assert stack.releases(member) == []
    # When Vipps answers again, it is as Vipps says
    stack.simulator.faults.clear(silence.id)
    expected = "expired" if truth == "nobody paid" else "paid"
    stack.eventually(lambda: stack.has_status(member, expected), within=CLOSED_WITHIN)
    assert stack.has_seat(member) is (expected == "paid")
    assert len(stack.releases(member)) == (0 if expected == "paid" else 1)
    stack.eventually(lambda: stack.effects(order_id, "CAPTURE") == (expected == "paid"), within=3)


def test_what_vipps_calls_open_after_its_checkout_is_cancelled_and_read_again(stack: Stack) -> None:
    # Given eCom's known defect: the checkout ends and its log never says so
    member = stack.joins(due_in=1)
    order_id = stack.starts_paying(member)
    stack.payment(order_id).logs_timeout = False
    # Then the payment is cancelled at Vipps, and the seat released on what Vipps answers after that
    within = stack.checkout_seconds + CLOSED_WITHIN
    stack.eventually(lambda: stack.has_status(member, "expired"), within=within)
    assert stack.effects(order_id, "CANCEL") == 1
    closed = stack.order(order_id)
    assert (closed["status"], closed["status_reason"]) == ("CANCEL", "timed_out")
    reads = stack.simulator.journal.requests_for("details", order_id)
    (cancel,) = stack.simulator.journal.requests_for("cancel", order_id)
    assert reads[-1].seq > cancel.seq
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
    # And the seat is never released, the money never taken
    stack.eventually(lambda: stack.has_status(member, "held"), within=2 + DUE_WITHIN)
    assert stack.pay(member).json()["code"] == "payment_in_progress"
    stack.service.post(f"/v1/orders/{order_id}/sync")
    stack.simulator.faults.clear(wrong.id)
    stack.service.post(f"/v1/orders/{order_id}/sync")
    assert stack.has_seat(member)
    assert stack.releases(member) == []
    assert stack.calls("capture", order_id) == 0
    what = [line["what"] for line in stack.service.get(f"/v1/orders/{order_id}/history").json()["items"]]
    assert "vipps_frozen" in what
