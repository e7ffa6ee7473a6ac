"""The event backend is down, slow, refusing or ahead of us when a seat is to be released."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.journeys.pace import DUE_WITHIN, MOVES_AGAIN_WITHIN
from tests.journeys.stack import Member, Stack


def test_a_release_waits_for_a_backend_that_is_down(stack: Stack) -> None:
    event_id = stack.event()
    down = stack.simulator.add_fault("error", "backend.*", event_id=event_id, status=503, times=None)
    member = stack.joins(due_in=0, event_id=event_id)
    stack.becomes(member, "expiring", within=1 + DUE_WITHIN)
    stack.eventually(lambda: _reads(stack, member.event_id) >= 1, within=10)
    assert stack.has_status(member, "expiring")
    assert stack.has_seat(member)
    stack.simulator.faults.clear(down.id)
    stack.becomes(member, "expired", within=MOVES_AGAIN_WITHIN)
    assert [release.status for release in stack.releases(member)] == [200]


def test_a_release_without_an_answer_is_read_back_before_it_is_repeated(stack: Stack) -> None:
    # Given a release that the backend carries out, and whose answer is lost
    event_id = stack.event()
    stack.simulator.add_fault("drop_after", "backend.release", event_id=event_id)
    member = stack.joins(due_in=0, event_id=event_id)
    stack.becomes(member, "expired", within=DUE_WITHIN + MOVES_AGAIN_WITHIN)
    # Then it is read, not repeated
    assert _operations(stack, member.event_id) == ["read", "release", "read"]


def test_a_release_that_never_arrived_is_read_back_and_then_repeated(stack: Stack) -> None:
    event_id = stack.event()
    stack.simulator.add_fault("drop_before", "backend.release", event_id=event_id)
    member = stack.joins(due_in=0, event_id=event_id)
    stack.becomes(member, "expired", within=DUE_WITHIN + MOVES_AGAIN_WITHIN)
    assert _operations(stack, member.event_id) == ["read", "read", "release"]
    assert stack.releases(member)[0].idempotency_key == f"release-{member.registration_id}"


def test_a_release_that_is_refused_stays_expiring_and_is_tried_again(stack: Stack) -> None:
    # Given a backend that says no to one release in one way, and to another in another
    refusals, members = [], []
    for status in (403, 409):
        event_id = stack.event()
        refusal = stack.simulator.add_fault(
            "error", "backend.release", event_id=event_id, status=status, shape="django", times=None
        )
        refusals.append(refusal)
        members.append(stack.joins(due_in=0, event_id=event_id))
    # Then both seats stay, and a person is told
    for member in members:
        _is_refused(stack, member)
        assert stack.has_status(member, "expiring")
        assert stack.has_seat(member)
    # When the backend no longer refuses, it is tried again
    for refusal in refusals:
        stack.simulator.faults.clear(refusal.id)
    for member in members:
        stack.becomes(member, "expired", within=MOVES_AGAIN_WITHIN)
        assert not stack.has_seat(member)
        assert stack.cases(member) == []


def test_a_later_deadline_found_at_the_release_becomes_ours(stack: Stack) -> None:
    # Given the backend has given more time and told nobody
    member = stack.joins(due_in=1)
    later = (datetime.now(UTC) + timedelta(hours=3)).replace(microsecond=0)
    stack.simulator.backend.set_payment_expiredate(member.event_id, member.user_id, later)
    # Then ours moves, and nothing is released
    stack.eventually(
        lambda: datetime.fromisoformat(stack.registration(member)["payment_expiredate"]) == later,
        within=1 + DUE_WITHIN,
    )
    assert stack.has_status(member, "awaiting_payment")
    assert stack.releases(member) == []
    stack.approve(stack.starts_paying(member))
    stack.becomes(member, "paid", within=3)


def _is_refused(stack: Stack, member: Member) -> None:
    stack.eventually(lambda: stack.cases(member) == ["release_refused"], within=DUE_WITHIN)


def _operations(stack: Stack, event_id: str) -> list[str]:
    return [call.operation for call in stack.simulator.journal.backend_calls if call.event_id == event_id]


def _reads(stack: Stack, event_id: str) -> int:
    requests = stack.simulator.journal.requests_for("backend.read")
    return sum(f"/{event_id}/" in request.path for request in requests)
