"""Members and events go away in the middle of everything; the money is where the books say it is."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import asyncpg
import httpx

from tests.journeys.pace import MORTAL, TAKEN_OVER_WITHIN
from tests.journeys.stack import Stack


def test_a_member_is_not_erased_while_paying_and_keeps_the_seat_afterwards(stack: Stack) -> None:
    # Given a member in the checkout
    member = stack.joins(due_in=60)
    order_id = stack.starts_paying(member)
    refused = stack.service.delete(f"/v1/users/{member.user_id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_in_progress")
    assert stack.order(order_id)["user_id"] == member.user_id
    # When they have paid and are erased
    stack.approve(order_id)
    stack.is_captured(order_id, within=5)
    assert stack.service.delete(f"/v1/users/{member.user_id}").status_code == 204
    # Then the money is where it was, nobody's name is on it, and the seat is the backend's matter alone
    stack.eventually(lambda: stack.order(order_id)["captured"] == "250.00", within=3)
    assert (stack.order(order_id)["user_id"], stack.order(order_id)["is_paid"]) == (None, True)
    assert stack.has_status(member, "paid")
    assert stack.has_seat(member)
    assert stack.releases(member) == []


def test_a_member_who_is_erased_without_having_paid_is_not_thrown_out(stack: Stack) -> None:
    member = stack.joins(due_in=1.5)
    assert stack.service.delete(f"/v1/users/{member.user_id}").status_code == 204
    assert stack.has_status(member, "ended")
    # When the deadline has passed for another one, whose seat goes
    other = stack.joins(due_in=1.5)
    stack.becomes(other, "expired", within=15)
    # Then the erased one's has not
    assert stack.releases(member) == []
    assert stack.has_seat(member)


def test_an_event_that_goes_closes_its_checkouts(stack: Stack) -> None:
    member = stack.joins()
    order_id = stack.starts_paying(member)
    assert _goes(stack, member.event_id) == 204
    stack.eventually(lambda: stack.payment(order_id).is_cancelled, within=3)
    stack.eventually(lambda: stack.order(order_id)["status"] == "CANCEL", within=3)
    assert stack.order(order_id)["event_id"] is None
    assert stack.has_status(member, "ended")
    stack.eventually(lambda: _cases(stack, order_id) == [], within=3)
    assert stack.pay(member).json()["code"] == "paid_event_not_found"


def test_money_approved_in_the_instant_in_which_the_event_goes_is_given_back(stack: Stack) -> None:
    # Given a member who approves just before Vipps is asked to close the checkout
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.simulator.add_fault("approve_first", "cancel", order_id=order_id)
    assert _goes(stack, member.event_id) == 204
    # Then the reservation is let go, once, and never taken
    stack.eventually(lambda: stack.order(order_id)["status"] == "VOID", within=5)
    assert (stack.effects(order_id, "RESERVE"), stack.effects(order_id, "VOID")) == (1, 1)
    assert stack.calls("capture", order_id) == 0
    stack.eventually(lambda: _cases(stack, order_id) == [], within=3)


def test_late_money_of_an_event_that_went_may_be_flagged_instead(own_stack: Stack) -> None:
    stack = own_stack
    stack.start_service(LATE_MONEY="flag")
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.simulator.add_fault("drop_before", "cancel", order_id=order_id, times=None)
    assert _goes(stack, member.event_id) == 204
    assert _cases(stack, order_id) == ["paid_without_seat"]
    stack.approve(order_id)
    stack.watch.stay_reserved.add(order_id)
    stack.eventually(lambda: stack.order(order_id)["status"] == "RESERVED", within=5)
    assert _cases(stack, order_id) == ["paid_without_seat"]
    stack.simulator.faults.clear()
    assert stack.effects(order_id, "VOID") == stack.calls("capture", order_id) == 0


def test_money_from_before_stays_with_a_case_until_a_person_gives_it_back(stack: Stack) -> None:
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.approve(order_id)
    stack.is_captured(order_id, within=5)
    stack.eventually(lambda: stack.order(order_id)["status"] == "CAPTURE", within=3)
    assert _goes(stack, member.event_id) == 204
    assert _cases(stack, order_id) == ["paid_without_seat"]
    assert stack.calls("refund", order_id) == 0
    answer = stack.service.post(f"/v1/orders/{order_id}/refund", {"reason": "the event is off"})
    assert (answer.status_code, answer.json()["status"]) == (200, "REFUND")
    assert _cases(stack, order_id) == []
    assert stack.effects(order_id, "REFUND") == 1


def test_a_crowd_that_is_paying_when_its_event_goes_ends_with_clean_books(stack: Stack) -> None:
    # Given members who are all about to pay
    event_id = stack.event()
    members = [stack.joins(event_id=event_id) for _ in range(8)]
    answers: list[httpx.Response] = []
    pays = [threading.Thread(target=lambda m=m: answers.append(stack.pay(m))) for m in members]
    goes = threading.Thread(target=lambda: _goes(stack, event_id))
    # When the event goes while their payments are being started
    threads = [*pays[:4], goes, *pays[4:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _goes(stack, event_id) == 204
    # Then each was started before it or refused, and in the end nothing is open and nobody has been charged
    assert {answer.status_code for answer in answers} <= {201, 404}
    order_ids = [answer.json()["order_id"] for answer in answers if answer.status_code == 201]
    for order_id in order_ids:
        _becomes(stack, order_id, "CANCEL")
        assert stack.effects(order_id, "CAPTURE") == 0
        assert stack.order(order_id)["event_id"] is None
    assert all(stack.has_status(member, "ended") for member in members)


def test_an_event_whose_removal_was_killed_is_removed_by_another_process(mortal_stack: Stack) -> None:
    stack = mortal_stack
    event_id = stack.event()
    asyncio.run(_fill(stack.database_url, event_id, 1500))
    first = stack.service
    deleting = threading.Thread(target=lambda: _unanswered(first, event_id))
    deleting.start()
    left = stack.eventually(lambda: asyncio.run(_left(stack.database_url, event_id)) < 1500, within=5)
    first.kill()
    deleting.join()
    assert left
    remaining = asyncio.run(_left(stack.database_url, event_id))
    assert remaining > 0, "it was too quick to be killed"
    stack.start_service(MORTAL)
    stack.eventually(
        lambda: asyncio.run(_left(stack.database_url, event_id)) == 0, within=TAKEN_OVER_WITHIN + 30
    )
    stack.eventually(lambda: asyncio.run(_noted(stack.database_url)) == 0, within=5)


def test_what_is_forgotten_when_is_a_figure(stack: Stack) -> None:
    figures = stack.service.get("/metrics").text
    assert "payments_retention_last_run_timestamp_seconds 0.0" not in figures
    assert "payments_retention_last_run_timestamp_seconds 1" in figures
    assert 'payments_retention_forgotten_total{what="orders"} 0.0' in figures


def _goes(stack: Stack, event_id: str) -> int:
    return stack.service.delete(f"/v1/events/{event_id}").status_code


def _becomes(stack: Stack, order_id: str, status: str) -> None:
    stack.eventually(lambda: stack.order(order_id)["status"] == status, within=10)


def _cases(stack: Stack, order_id: str) -> list[str]:
    items: list[dict[str, Any]] = stack.service.get("/v1/attention", limit=100).json()["items"]
    return [case["code"] for case in items if case["order_id"] == order_id]


def _unanswered(service: Any, event_id: str) -> None:
    try:
        httpx.delete(f"{service.url}/v1/events/{event_id}", headers=dict(service.client.headers), timeout=30)
    except httpx.TransportError:
        return


async def _fill(url: str, event_id: str, count: int) -> None:
    """Put seats into an event, as if the backend had announced them."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        """INSERT INTO registrations (registration_id, event_id, user_id, status, payment_expiredate, due_at)
        SELECT $1 || '-' || n, $1, 'u' || n, 'awaiting_payment', now() + interval '1 day', now() + interval '1 day'
        FROM generate_series(1, $2) n""",
        event_id,
        count,
    )
    await connection.close()


async def _left(url: str, event_id: str) -> int:
    connection = await asyncpg.connect(url)
    query = "SELECT count(*) FROM registrations WHERE event_id = $1 AND status <> 'ended'"
    count: int = await connection.fetchval(query, event_id)
    await connection.close()
    return count


async def _noted(url: str) -> int:
    connection = await asyncpg.connect(url)
    count: int = await connection.fetchval("SELECT count(*) FROM removals")
    await connection.close()
    return count
