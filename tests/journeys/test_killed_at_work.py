"""`kill -9` while money or a seat is being moved: another process finishes the work, and nothing happens twice."""

from __future__ import annotations

import signal

import pytest

from tests.journeys.pace import MORTAL, TAKEN_OVER_WITHIN
from tests.journeys.service import Service
from tests.journeys.stack import Stack

STARTS_WITHIN = 5.0  # a new process needs a moment before it can take anything over
INSTANTS = pytest.mark.parametrize("instant", ["before the effect", "after the effect"])


def will_be_killed(stack: Stack, victim: Service, operation: str, instant: str) -> None:
    """Prepare: the next call for the operation gets no answer, and is its sender's last."""
    if instant == "after the effect":
        stack.neighbours.after(operation, lambda _: victim.kill())
    else:
        stack.simulator.add_fault("silent", operation)


def is_killed(stack: Stack, victim: Service, operation: str, instant: str) -> None:
    """Wait for that instant, and start another process."""
    if instant == "after the effect":
        stack.eventually(lambda: not victim.is_running, within=10)
    else:
        journal = stack.simulator.journal
        stack.eventually(lambda: any(r.outcome is None for r in journal.requests_for(operation)), within=10)
        victim.kill()
    stack.start_service(MORTAL)


@INSTANTS
def test_a_capture_is_finished_once(mortal_stack: Stack, instant: str) -> None:
    stack = mortal_stack
    member, victim = stack.joins(), stack.service
    order_id = stack.starts_paying(member)
    will_be_killed(stack, victim, "capture", instant)
    stack.approve(order_id)
    is_killed(stack, victim, "capture", instant)
    stack.eventually(lambda: stack.order(order_id)["status"] == "CAPTURE", within=TAKEN_OVER_WITHIN)
    assert stack.effects(order_id, "CAPTURE") == 1
    assert stack.has_status(member, "paid")
    assert stack.keys("capture", order_id) == {f"{order_id}-c1"}


def test_a_refund_is_finished_once(mortal_stack: Stack) -> None:
    stack, instant = mortal_stack, "after the effect"
    member, victim = stack.joins(), stack.service
    order_id = stack.starts_paying(member)
    stack.approve(order_id)
    stack.eventually(lambda: stack.order(order_id)["status"] == "CAPTURE", within=5)
    will_be_killed(stack, victim, "refund", instant)
    path = f"/v1/registrations/{member.registration_id}"
    assert victim.delete(path, refund="true").status_code == 204
    is_killed(stack, victim, "refund", instant)
    stack.eventually(lambda: stack.order(order_id)["status"] == "REFUND", within=TAKEN_OVER_WITHIN)
    assert stack.effects(order_id, "REFUND") == 1
    assert stack.keys("refund", order_id) == {f"{order_id}-r1"}


def test_a_checkout_is_closed_once(mortal_stack: Stack) -> None:
    stack, instant = mortal_stack, "before the effect"
    member, victim = stack.joins(), stack.service
    order_id = stack.starts_paying(member)
    will_be_killed(stack, victim, "cancel", instant)
    assert victim.delete(f"/v1/registrations/{member.registration_id}").status_code == 204
    is_killed(stack, victim, "cancel", instant)
    stack.eventually(lambda: stack.order(order_id)["status"] == "CANCEL", within=TAKEN_OVER_WITHIN)
    assert stack.effects(order_id, "CANCEL") == 1
    assert stack.has_status(member, "ended")


@INSTANTS
def test_a_release_is_finished_once(mortal_stack: Stack, instant: str) -> None:
    stack = mortal_stack
    victim = stack.service
    event_id = stack.event()
    will_be_killed(stack, victim, "backend.release", instant)
    member = stack.joins(due_in=0.2, event_id=event_id)
    is_killed(stack, victim, "backend.release", instant)
    stack.becomes(member, "expired", within=TAKEN_OVER_WITHIN + STARTS_WITHIN)
    # Then the seat went once, and whoever came after looked before asking again
    assert [release.status for release in stack.releases(member)] == [200]
    assert not stack.has_seat(member)


def test_an_acknowledged_callback_is_settled_by_whoever_comes_next(mortal_stack: Stack) -> None:
    stack = mortal_stack
    # Given a callback that was acknowledged, and could not be settled yet
    member, victim = stack.joins(), stack.service
    order_id = stack.starts_paying(member)
    silence = stack.simulator.add_fault("silent", "details", order_id=order_id, times=None)
    stack.neighbours.after("callback", lambda _: victim.kill())
    stack.approve(order_id)
    assert stack.simulator.journal.deliveries_of(order_id)[0].http_status == 200
    assert not victim.is_running
    # When another process starts
    stack.simulator.faults.clear(silence.id)
    heir = stack.start_service(MORTAL)
    stack.eventually(lambda: stack.order(order_id)["status"] == "CAPTURE", within=TAKEN_OVER_WITHIN)
    assert 'payments_first_learned_total{how="callback"} 1.0' in heir.get("/metrics").text


def test_a_replica_that_slept_through_its_lease_does_nothing_twice(mortal_stack: Stack) -> None:
    stack = mortal_stack
    # Given a replica that is stopped in the middle of a capture, and another that is not
    sleeper, other = stack.service, stack.start_service(MORTAL, wait=False)
    other.wait_until_ready()
    other.kill(signal.SIGSTOP)
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.simulator.add_fault("silent", "capture", order_id=order_id)
    stack.approve(order_id)
    stack.eventually(lambda: stack.calls("capture", order_id) == 1, within=5)
    sleeper.kill(signal.SIGSTOP)
    other.kill(signal.SIGCONT)
    # When its lease is over, the other finishes the work
    stack.is_captured(order_id, within=TAKEN_OVER_WITHIN + 2)
    # And when it wakes up, it has nothing to add
    sleeper.kill(signal.SIGCONT)
    stack.eventually(lambda: sleeper.get(f"/v1/orders/{order_id}").json()["status"] == "CAPTURE", within=3)
    assert stack.effects(order_id, "CAPTURE") == 1
    assert stack.has_status(member, "paid")
    other.kill()
