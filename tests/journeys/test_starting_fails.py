"""Vipps does not start the payment, or nobody knows whether it did."""

from __future__ import annotations

import time

import pytest

from tests.journeys.apis import only
from tests.journeys.stack import Member, Stack

SECONDS_TO_ANSWER = 2 * 2 + 2  # two calls to Vipps and a bit


LOST_ANSWERS = pytest.mark.parametrize("fault", [{"kind": "silent", "after": True}, {"kind": "drop_after"}])


@only("ecom")
@LOST_ANSWERS
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


@only("epayment")
@LOST_ANSWERS
def test_a_start_without_an_answer_is_repeated_and_gives_the_same_link(
    stack: Stack, fault: dict[str, object]
) -> None:
    # Given Vipps starts the payment, but its answer never reaches us
    member = stack.joins()
    stack.simulator.add_fault(**fault, operation="initiate")  # type: ignore[arg-type]
    began = time.monotonic()
    # Then the member gets the link all the same, and there is one payment
    order_id = stack.starts_paying(member)
    assert time.monotonic() - began < SECONDS_TO_ANSWER
    assert stack.effects(order_id, "INITIATE") == 1
    assert stack.calls("initiate", order_id) == 2
    assert stack.keys("initiate", order_id) == {f"{order_id}-i1"}
    stack.approve(order_id)
    stack.becomes(member, "paid", within=3)


@only("epayment")
def test_a_link_that_was_lost_twice_is_had_again_within_seconds(stack: Stack) -> None:
    # Given Vipps starts the payment and loses both its answers
    member = stack.joins()
    stack.simulator.add_fault("drop_after", "initiate", times=2)
    answer = stack.pay(member)
    assert (answer.status_code, answer.json()["code"]) == (503, "vipps_unavailable")
    (lost,) = stack.registration(member)["orders"]
    assert lost["payment_link"] is None
    # Then the same payment gets its link back, and the member pays it
    stack.eventually(lambda: stack.order(lost["order_id"])["payment_link"], within=5)
    again = stack.pay(member)
    assert (again.status_code, again.json()["order_id"]) == (200, lost["order_id"])
    assert stack.payment(lost["order_id"]).token in again.json()["payment_link"]
    stack.approve(lost["order_id"])
    stack.becomes(member, "paid", within=3)
    assert stack.effects(lost["order_id"], "INITIATE") == 1


@only("epayment")
def test_a_start_that_vipps_no_longer_recognises_makes_room_for_a_new_one(stack: Stack) -> None:
    # Given a payment that Vipps started without an answer, and a Vipps that has forgotten under which key
    member = stack.joins()
    stack.simulator.add_fault("drop_after", "initiate", times=2)
    stack.simulator.add_fault("error", "initiate", status=409, shape="epayment", code="4150")
    assert stack.pay(member).status_code == 503
    lost = stack.registration(member)["orders"][0]["order_id"]
    # Then nobody can pay it: it is closed at Vipps, and a new one is started
    fresh = stack.eventually(lambda: _new_order(stack, member), within=15)
    assert fresh != lost
    assert stack.payment(lost).ended == "cancelled_by_merchant"
    assert stack.order(lost)["status_reason"] == "superseded"
    stack.approve(fresh)
    stack.becomes(member, "paid", within=3)


def test_a_payment_that_never_reached_vipps_is_found_out_and_a_new_one_works(stack: Stack) -> None:
    member = stack.joins()
    stack.simulator.add_fault("drop_before", "initiate", times=2 if stack.vipps_api == "epayment" else 1)
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
