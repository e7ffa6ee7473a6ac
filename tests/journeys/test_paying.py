"""A member pays for the seat."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.journeys.apis import only
from tests.journeys.stack import Stack


def test_a_payment_is_captured_within_three_seconds_of_its_callback(stack: Stack) -> None:
    # Given a member in the checkout
    member = stack.joins()
    order_id = stack.starts_paying(member)
    assert stack.order(order_id)["status"] == "INITIATE"
    # When the member approves and Vipps' callback is acknowledged
    stack.approve(order_id)
    assert stack.simulator.journal.deliveries_of(order_id)[0].http_status == 200
    # Then the seat is paid and the money taken, at once
    stack.eventually(lambda: stack.order(order_id)["status"] == "CAPTURE", within=3)
    assert stack.order(order_id)["is_paid"] is True
    assert stack.order(order_id)["captured"] == "250.00"
    registration = stack.registration(member)
    assert (registration["status"], registration["has_paid"]) == ("paid", True)
    assert registration["seconds_left"] is None
    assert stack.effects(order_id, "CAPTURE") == 1


def test_an_approval_whose_callback_was_lost_is_seen_within_ten_seconds(stack: Stack) -> None:
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.simulator.add_fault("lost", "callback", order_id=order_id, times=None)
    stack.approve(order_id)
    stack.becomes(member, "paid", within=10)
    stack.is_captured(order_id, within=3)
    assert stack.simulator.journal.deliveries_of(order_id)[0].outcome == "lost"


@only("ecom")
def test_a_sales_unit_that_captures_by_itself_is_never_asked_to(stack: Stack) -> None:
    unit = stack.neighbours.config.sales_units[0]
    unit.direct_capture = True
    try:
        member = stack.joins()
        order_id = stack.starts_paying(member)
        stack.approve(order_id)
    finally:
        unit.direct_capture = False
    stack.becomes(member, "paid", within=3)
    assert stack.order(order_id)["status"] == "SALE"
    assert stack.order(order_id)["captured"] == "250.00"
    assert stack.calls("capture", order_id) == 0


def test_whoever_aborts_may_pay_again_at_once(stack: Stack) -> None:
    # Given a member who refuses in the app
    member = stack.joins()
    first = stack.starts_paying(member)
    stack.neighbours.wait_for(stack.simulator.member.reject(first))
    # When they ask for a payment again
    second = stack.starts_paying(member)
    # Then it is another one, and the first says why it came to nothing
    assert second != first
    aborted = stack.order(first)
    assert (aborted["status"], aborted["status_reason"]) == ("CANCEL", "cancelled_by_member")
    assert aborted["payment_link"] is None
    stack.approve(second)
    stack.is_captured(second, within=3)
    assert [o["order_id"] for o in stack.registration(member)["orders"]] == [second, first]


def test_whoever_asks_again_gets_the_same_link(stack: Stack) -> None:
    member = stack.joins()
    first = stack.pay(member)
    again = stack.pay(member)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["payment_link"] == again.json()["payment_link"]
    assert first.json()["order_id"] == again.json()["order_id"]


def test_two_requests_at_once_make_one_payment(stack: Stack) -> None:
    member = stack.joins()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: stack.pay(member), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert len({answer.json()["payment_link"] for answer in answers}) == 1
    assert len(stack.registration(member)["orders"]) == 1


def test_a_second_card_pays_after_a_refused_one(stack: Stack) -> None:
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.neighbours.wait_for(stack.simulator.member.decline_card(order_id))
    stack.approve(order_id)
    stack.eventually(lambda: stack.order(order_id)["status"] == "CAPTURE", within=10)
    assert stack.has_status(member, "paid")
