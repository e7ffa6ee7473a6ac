"""Vipps does not start the payment, or nobody knows whether it did."""

from __future__ import annotations

import time

import pytest

from tests.journeys.stack import Member, Stack

SECONDS_TO_ANSWER = 2 * 2 + 2  # two calls to Vipps and a bit


@pytest.mark.parametrize("fault", [{"kind": "silent", "after": True}, {"kind": "drop_after"}])
def test_a_payment_whose_link_was_lost_is_closed_and_a_new_one_works(
    stack: Stack, fault: dict[str, object]
) -> None:
    # Given Vipps starts the payment, but its answer never reaches us
    member = stack.joins()
    stack.simulator.add_fault(**fault, operation="initiate")  # type: ignore[arg-type]
    began = time.monotonic()
    answer = stack.pay(member)
    assert time.monotonic() - began < SECONDS_TO_ANSWER
    assert (answer.status_code, answer.json()["code"]) == (503, "vipps_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
    # Then nobody can pay it: it is closed at Vipps, and a new one is started within seconds
    lost = stack.registration(member)["orders"][0]["order_id"]
    fresh = stack.eventually(lambda: _new_order(stack, member), within=10)
    assert fresh != lost
    assert stack.payment(lost).is_cancelled
    assert stack.order(lost)["status"] == "CANCEL"
    assert stack.order(lost)["status_reason"] == "superseded"
    stack.approve(fresh)
    stack.becomes(member, "paid", within=3)


def test_a_payment_that_never_reached_vipps_is_found_out_and_a_new_one_works(stack: Stack) -> None:
    member = stack.joins()
    stack.simulator.add_fault("drop_before", "initiate")
    assert stack.pay(member).status_code == 503
    lost = stack.registration(member)["orders"][0]["order_id"]
    # Two answers at least five seconds apart must say that there is no such payment
    fresh = stack.eventually(lambda: _new_order(stack, member), within=15)
    assert fresh != lost
    assert stack.order(lost)["status"] == "CANCEL"
    assert stack.order(lost)["status_reason"] == "never_created"
    reads = stack.simulator.journal.requests_for("details", lost)
    assert (reads[-1].at - reads[0].at).total_seconds() >= 5
    stack.approve(fresh)
    stack.becomes(member, "paid", within=3)


def test_a_start_that_vipps_refuses_is_said_and_stays_visible(stack: Stack) -> None:
    member = stack.joins()
    unit = stack.neighbours.config.sales_units[0]
    unit.blocked_with = "36"
    try:
        answer = stack.pay(member)
    finally:
        unit.blocked_with = None
    assert (answer.status_code, answer.json()["code"]) == (502, "vipps_rejected")
    (refused,) = stack.registration(member)["orders"]
    assert (refused["status"], refused["status_reason"]) == ("CANCEL", "never_created")
    assert refused["payment_link"] is None
    assert stack.order(refused["order_id"])["is_paid"] is False
    # And once Vipps lets us, the next try works at once
    stack.approve(stack.starts_paying(member))
    stack.becomes(member, "paid", within=3)


def _new_order(stack: Stack, member: Member) -> str | None:
    """Ask as a member would who tries again; None while we are told to come back later."""
    answer = stack.pay(member)
    assert answer.status_code in (201, 503), answer.text
    time.sleep(0.2)
    return str(answer.json()["order_id"]) if answer.status_code == 201 else None
