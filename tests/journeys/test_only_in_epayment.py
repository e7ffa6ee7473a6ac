"""What only ePayment has: pushes to the phone, and news of what is done in Vipps' portal."""

from __future__ import annotations

import pytest

from tests.journeys.apis import only
from tests.journeys.pace import SETTLED_WITHIN
from tests.journeys.stack import Stack

pytestmark = only("epayment")


@pytest.mark.parametrize("may_push", [True, False], ids=["allowed", "not allowed"])
def test_a_payment_is_pushed_to_the_phone_where_vipps_allows_it_and_has_a_link_where_not(
    own_stack: Stack, may_push: bool
) -> None:
    stack = own_stack
    stack.start_service(VIPPS_USER_FLOW="push_message")
    stack.neighbours.config.sales_units[0].may_push = may_push
    member = stack.joins()
    # When a member asks to pay, with a phone number
    order = stack.pay(member, phone_number="91234567").json()
    assert (order["payment_link"] is None) is may_push
    # Then asking again gives the same, open as it is
    again = stack.pay(member, phone_number="91234567")
    assert (again.status_code, again.json()["order_id"]) == (200, order["order_id"])
    assert again.json()["payment_link"] == order["payment_link"]
    assert stack.payment(order["order_id"]).user_flow == ("PUSH_MESSAGE" if may_push else "WEB_REDIRECT")
    stack.approve(order["order_id"])
    stack.becomes(member, "paid", within=SETTLED_WITHIN)


def test_a_push_that_nobody_answers_is_over_like_any_checkout(own_stack: Stack) -> None:
    stack = own_stack
    stack.start_service(VIPPS_USER_FLOW="push_message")
    stack.neighbours.config.sales_units[0].may_push = True
    member = stack.joins(due_in=1)
    order_id = stack.pay(member, phone_number="+4791234567").json()["order_id"]
    stack.becomes(member, "expired", within=stack.checkout_seconds + 17)
    assert stack.order(order_id)["status_reason"] == "timed_out"
    assert len(stack.releases(member)) == 1


def test_a_refund_in_the_portal_is_heard_of_by_itself(stack: Stack) -> None:
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.approve(order_id)
    stack.is_captured(order_id, within=SETTLED_WITHIN)
    payment = stack.payment(order_id)
    stack.neighbours.do(lambda: stack.simulator.merchant.refund(payment, 10_000))
    stack.neighbours.do(stack.simulator.callbacks.flush_soon)
    stack.eventually(lambda: stack.order(order_id)["refunded"] == "100.00", within=SETTLED_WITHIN)
    assert stack.has_status(member, "paid")
    assert stack.calls("refund", order_id) == 0


def test_vipps_says_who_ended_a_payment(stack: Stack) -> None:
    aborted, expired = stack.joins(), stack.joins(due_in=1)
    first, second = stack.starts_paying(aborted), stack.starts_paying(expired)
    stack.neighbours.wait_for(stack.simulator.member.reject(first))
    stack.eventually(
        lambda: stack.order(first)["status_reason"] == "cancelled_by_member", within=SETTLED_WITHIN
    )
    stack.becomes(expired, "expired", within=stack.checkout_seconds + 17)
    assert stack.order(second)["status_reason"] == "timed_out"
