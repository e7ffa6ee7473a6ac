"""What the event backend has and nobody told the service of, or no longer has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from payments_service.domain.orders import VippsApi
from tests.journeys.stack import Member, Stack
from tests.postgres import Server, fresh_database

PULLED_WITHIN = 5.0


@pytest.fixture(scope="module")
def pulling_stack(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory, vipps_api: VippsApi
) -> Iterator[Stack]:
    """One replica that pulls every second, for this module."""
    folder = tmp_path_factory.mktemp("pull")
    with fresh_database(postgres_server) as url, Stack(url, folder, vipps_api=vipps_api) as stack:
        stack.start_service(PULL_SECONDS=1)
        yield stack


@pytest.fixture
def stack(pulling_stack: Stack) -> Iterator[Stack]:
    pulling_stack.begin()
    yield pulling_stack
    pulling_stack.end()


def test_unknown_seats_are_adopted_and_waiting_list_places_are_not(stack: Stack) -> None:
    # Given three seats and a place in the waiting list; one seat has a deadline at the backend
    event_id = stack.event(capacity=30, paytime="02:00:00")
    seats = [stack.sign_up(event_id) for _ in range(30)]  # more than one page
    deadline = (datetime.now(UTC) + timedelta(hours=5)).replace(microsecond=0)
    stack.simulator.backend.set_payment_expiredate(event_id, seats[0].user_id, deadline)
    waiting = stack.sign_up(event_id)
    # Then the seats are adopted, with the backend's deadline or else the event's time to pay
    stack.eventually(lambda: all(_is_known(stack, seat) for seat in seats), within=PULLED_WITHIN)
    _follows(stack, seats[0], deadline)
    assert 7100 < stack.registration(seats[-1])["seconds_left"] <= 7200
    # And nobody owes anything for waiting
    assert not _is_known(stack, waiting)
    # When the waiting member moves up
    _vanishes(stack, seats[1])
    stack.eventually(lambda: _is_known(stack, waiting), within=PULLED_WITHIN)
    stack.becomes(seats[1], "ended", within=PULLED_WITHIN)


def test_a_deadline_that_moves_at_the_backend_moves_here(stack: Stack) -> None:
    member = stack.sign_up(stack.event())
    for hours in (5, 9, 2):
        deadline = (datetime.now(UTC) + timedelta(hours=hours)).replace(microsecond=0)
        stack.simulator.backend.set_payment_expiredate(member.event_id, member.user_id, deadline)
        stack.eventually(lambda: _is_known(stack, member), within=PULLED_WITHIN)
        _follows(stack, member, deadline)


def test_a_vanished_seat_is_noticed_whether_it_was_paid_or_not(stack: Stack) -> None:
    # Given a payer and one who has not paid, both known here
    event_id = stack.event()
    payer, other = stack.joins(event_id=event_id), stack.joins(event_id=event_id)
    paid, unpaid = stack.starts_paying(payer), stack.starts_paying(other)
    stack.approve(paid)
    stack.eventually(lambda: stack.order(paid)["status"] == "CAPTURE", within=5)
    # When both seats vanish at the backend
    for member in (payer, other):
        _vanishes(stack, member)
    # Then both have ended; the open checkout is closed, the money of the payer is a person's matter
    for member in (payer, other):
        stack.becomes(member, "ended", within=PULLED_WITHIN)
    stack.eventually(lambda: stack.payment(unpaid).is_cancelled, within=PULLED_WITHIN)
    stack.eventually(lambda: stack.cases(payer) == ["paid_without_seat"], within=3)
    assert stack.cases(other) == []
    assert stack.order(paid)["status"] == "CAPTURE"
    assert stack.calls("refund", paid) == 0
    assert stack.releases(payer) == stack.releases(other) == []


def test_an_adopted_seat_falls_due_like_any_other(stack: Stack) -> None:
    member = stack.sign_up(stack.event())
    deadline = datetime.now(UTC) + timedelta(seconds=2)
    stack.simulator.backend.set_payment_expiredate(member.event_id, member.user_id, deadline)
    stack.eventually(lambda: not stack.has_seat(member), within=2 + PULLED_WITHIN + 7)
    stack.becomes(member, "expired", within=3)
    assert stack.releases(member)[0].at >= deadline


def _vanishes(stack: Stack, member: Member) -> None:
    stack.neighbours.do(lambda: stack.simulator.backend.sign_off(member.event_id, member.user_id))


def _is_known(stack: Stack, member: Member) -> bool:
    return stack.service.get(f"/v1/registrations/{member.registration_id}").status_code == 200


def _follows(stack: Stack, member: Member, deadline: datetime) -> None:
    stack.eventually(
        lambda: datetime.fromisoformat(stack.registration(member)["payment_expiredate"]) == deadline,
        within=PULLED_WITHIN,
    )
