"""Somebody wants to pay for a seat that nobody told the service of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.stack import Member, Stack


def test_it_is_looked_up_and_adopted_with_the_backends_deadline(stack: Stack) -> None:
    member = stack.sign_up(stack.event())
    deadline = (datetime.now(UTC) + timedelta(hours=5)).replace(microsecond=0)
    stack.simulator.backend.set_payment_expiredate(member.event_id, member.user_id, deadline)
    order_id = stack.starts_paying(member)
    assert stack.order(order_id)["registration_id"] == member.registration_id
    assert datetime.fromisoformat(stack.registration(member)["payment_expiredate"]) == deadline
    stack.approve(order_id)
    stack.becomes(member, "paid", within=3)


def test_without_a_deadline_there_it_has_the_events_time_to_pay(stack: Stack) -> None:
    member = stack.sign_up(stack.event(paytime="02:00:00"))
    stack.starts_paying(member)
    assert 7100 < stack.registration(member)["seconds_left"] <= 7200


def test_nobody_pays_for_a_place_in_the_waiting_list(stack: Stack) -> None:
    member = stack.sign_up(stack.event(capacity=0))
    answer = stack.pay(member)
    assert (answer.status_code, answer.json()["code"]) == (409, "on_waiting_list")
    assert stack.service.get(f"/v1/registrations/{member.registration_id}").status_code == 404


def test_nobody_pays_without_a_sign_up(stack: Stack) -> None:
    answer = stack.pay(Member(stack.event(), "a-stranger", "none"))
    assert (answer.status_code, answer.json()["code"]) == (404, "registration_not_found")
    answer = stack.pay(Member("an-event-that-costs-nothing", "a-stranger", "none"))
    assert (answer.status_code, answer.json()["code"]) == (404, "paid_event_not_found")


@pytest.mark.parametrize("kind", ["silent", "drop_before", "error"])
def test_a_backend_without_an_answer_is_said_to_be_unavailable(stack: Stack, kind: str) -> None:
    member = stack.sign_up(stack.event())
    fault = stack.simulator.add_fault(kind, "backend.read", event_id=member.event_id, times=None)
    answer = stack.pay(member)
    assert (answer.status_code, answer.json()["code"]) == (503, "event_service_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
    stack.simulator.faults.clear(fault.id)
    stack.approve(stack.starts_paying(member))
    stack.becomes(member, "paid", within=3)
