"""What the service leaves alone when it is told to: the clock, and the capture."""

from __future__ import annotations

import time

from tests.journeys.pace import DUE_WITHIN, SWEEP_SECONDS
from tests.journeys.stack import Stack


def test_in_shadow_a_release_is_decided_and_written_down_but_not_sent(own_stack: Stack) -> None:
    stack = own_stack
    stack.start_service(EXPIRY_MODE="shadow")
    # Given a member who aborted a payment, and whose deadline passes
    member = stack.joins(due_in=1)
    aborted = stack.starts_paying(member)
    stack.neighbours.wait_for(stack.simulator.member.reject(aborted))
    # Then what would have been done is in the history
    stack.eventually(lambda: _rules(stack, aborted) == ["shadow: would release"], within=1 + DUE_WITHIN)
    # And nothing was: the seat is there, and payment is accepted
    assert stack.releases(member) == []
    assert stack.has_seat(member)
    assert stack.has_status(member, "awaiting_payment")
    order_id = stack.starts_paying(member)
    stack.approve(order_id)
    stack.becomes(member, "paid", within=3)
    stack.is_captured(order_id, within=3)


def test_with_the_clock_off_nothing_is_decided_and_payment_is_accepted(own_stack: Stack) -> None:
    stack = own_stack
    stack.start_service(EXPIRY_MODE="off")
    member = stack.joins(due_in=0)
    aborted = stack.starts_paying(member)
    stack.neighbours.wait_for(stack.simulator.member.reject(aborted))
    time.sleep(2 * SWEEP_SECONDS + 0.2)  # there is nothing to wait for: two sweeps must leave no trace
    assert _rules(stack, aborted) == []
    assert stack.releases(member) == []
    assert stack.has_status(member, "awaiting_payment")
    stack.approve(stack.starts_paying(member))
    stack.becomes(member, "paid", within=3)


def test_in_manual_capture_a_reservation_pays_the_seat_and_is_left_alone(own_stack: Stack) -> None:
    stack = own_stack
    stack.start_service(VIPPS_CAPTURE="manual")
    member = stack.joins(due_in=2)
    order_id = stack.starts_paying(member)
    stack.approve(order_id)
    stack.watch.stay_reserved.add(order_id)
    stack.becomes(member, "paid", within=3)
    order = stack.order(order_id)
    assert (order["status"], order["is_paid"], order["captured"]) == ("RESERVED", True, "0.00")
    assert stack.calls("capture", order_id) == 0
    assert stack.releases(member) == []


def _rules(stack: Stack, order_id: str) -> list[str]:
    lines = stack.service.get(f"/v1/orders/{order_id}/history").json()["items"]
    return [line["evidence"]["rule"] for line in lines if line["what"] == "decided"]
