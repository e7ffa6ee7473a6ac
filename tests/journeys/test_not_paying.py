"""A member does not pay in time, or only just."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from tests.journeys.pace import CLOSED_WITHIN, DUE_WITHIN, MOVES_AGAIN_WITHIN
from tests.journeys.stack import Member, Stack


def wait_for_the_deadline_of(stack: Stack, member: Member) -> None:
    deadline = datetime.fromisoformat(stack.registration(member)["payment_expiredate"])
    time.sleep(max(0.0, (deadline - datetime.now(UTC)).total_seconds()))


def test_a_seat_nobody_pays_for_is_released_once_and_not_before_its_deadline(stack: Stack) -> None:
    # Given a member who never asks for a payment
    member = stack.joins(due_in=1)
    deadline = datetime.fromisoformat(stack.registration(member)["payment_expiredate"])
    assert stack.registration(member)["status"] == "awaiting_payment"
    # When the deadline has passed
    stack.becomes(member, "expired", within=1 + DUE_WITHIN)
    # Then the backend was told, once, under a key of its own
    (release,) = stack.releases(member)
    assert (release.operation, release.status) == ("release", 200)
    assert release.idempotency_key == f"release-{member.registration_id}"
    assert release.request_id
    assert 0 <= (release.at - deadline).total_seconds() <= DUE_WITHIN
    assert not stack.has_seat(member)
    # And the same sign-up cannot come back, nor pay
    body = {"event_id": member.event_id, "user_id": member.user_id}
    again = stack.service.put(f"/v1/registrations/{member.registration_id}", body)
    assert (again.status_code, again.json()["code"]) == (409, "registration_ended")


@pytest.mark.parametrize("told_by", ["the backend", "the pull"])
def test_a_seat_given_back_to_the_waiting_list_may_be_had_again(own_stack: Stack, told_by: str) -> None:
    stack = own_stack
    stack.start_service(
        EVENT_SERVICE_RELEASE="waiting_list",
        WAITING_LIST_PAYTIME="02:00:00",
        PULL_SECONDS=1 if told_by == "the pull" else 0,
    )
    # Given a seat that was released to the waiting list, by a release whose answer was lost for one of the two
    if told_by == "the backend":
        stack.simulator.add_fault("drop_after", "backend.waitlist")
    member = stack.joins(due_in=0)
    stack.becomes(member, "expired", within=DUE_WITHIN + MOVES_AGAIN_WITHIN)
    (release,) = stack.releases(member)
    assert (release.operation, release.status) == ("waitlist", 200)
    assert release.idempotency_key == f"release-{member.registration_id}"
    assert stack.simulator.backend.get(member.event_id, member.user_id).is_on_wait
    assert stack.pay(member).json()["code"] == "on_waiting_list"
    # When the backend gives the member a seat again under the same id
    stack.neighbours.do(lambda: stack.simulator.backend.give_seat(member.event_id, member.user_id))
    if told_by == "the backend":
        body = {"event_id": member.event_id, "user_id": member.user_id, "from_waiting_list": True}
        opened = stack.service.put(f"/v1/registrations/{member.registration_id}", body)
        assert (opened.status_code, opened.json()["status"]) == (201, "awaiting_payment")
    # Then the clock starts anew, and the seat can be paid
    stack.becomes(member, "awaiting_payment", within=3)
    assert 7100 < stack.registration(member)["seconds_left"] <= 7200
    order_id = stack.starts_paying(member)
    stack.approve(order_id)
    stack.becomes(member, "paid", within=3)
    assert len(stack.releases(member)) == 1


@pytest.mark.parametrize("callback", ["arrives", "is lost"])
def test_whoever_approves_in_the_second_of_the_deadline_keeps_the_seat(stack: Stack, callback: str) -> None:
    member = stack.joins(due_in=1.5)
    order_id = stack.starts_paying(member)
    if callback == "is lost":
        stack.simulator.add_fault("lost", "callback", order_id=order_id, times=None)
    wait_for_the_deadline_of(stack, member)
    stack.approve(order_id)
    stack.becomes(member, "paid", within=10)
    stack.is_captured(order_id, within=3)
    assert stack.releases(member) == []
    assert stack.has_seat(member)


def test_a_checkout_open_at_the_deadline_may_end_before_the_seat_goes(stack: Stack) -> None:
    # Given a checkout that is open when the deadline passes
    member = stack.joins(due_in=1)
    order_id = stack.starts_paying(member)
    # Vipps' own clock is a little quicker than ours: a callback would tell of an end we call the member's
    stack.simulator.add_fault("lost", "callback", order_id=order_id)
    stack.becomes(member, "expiring", within=1 + DUE_WITHIN)
    assert stack.payment(order_id).ended is None
    assert stack.registration(member)["seconds_left"] is None
    # Then nothing new can start, and nothing is released while Vipps would still take an approval
    assert stack.pay(member).json()["code"] == "payment_time_expired"
    assert stack.releases(member) == []
    # When nobody finishes it
    stack.eventually(lambda: stack.payment(order_id).ended == "timed_out", within=stack.checkout_seconds)
    stack.becomes(member, "expired", within=CLOSED_WITHIN)
    assert [release.status for release in stack.releases(member)] == [200]
    closed = stack.order(order_id)
    assert (closed["status"], closed["status_reason"]) == ("CANCEL", "timed_out")
    assert stack.calls("cancel", order_id) == 0, "waiting is enough: a cancel could void an approval"
