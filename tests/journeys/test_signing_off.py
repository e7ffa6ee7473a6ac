"""Members sign off, and on again: the duty to pay hangs on one sign-up, never on a name."""

from __future__ import annotations

from tests.journeys.pace import DUE_WITHIN, MOVES_AGAIN_WITHIN
from tests.journeys.stack import Member, Stack


def signs_off_and_on_again(stack: Stack, member: Member) -> Member:
    """At the backend; what the service is told is the journey's matter."""
    stack.neighbours.do(lambda: stack.simulator.backend.sign_off(member.event_id, member.user_id))
    return stack.sign_up(member.event_id, member.user_id)


def test_the_clock_of_an_old_sign_up_never_touches_the_new_one(stack: Stack) -> None:
    # Given a member who signs off and on again before the deadline, and nobody tells the service
    old = stack.joins(due_in=1)
    new = signs_off_and_on_again(stack, old)
    # When the old deadline passes
    stack.becomes(old, "ended", within=1 + DUE_WITHIN)
    # Then the new seat is untouched, and can be paid
    assert stack.releases(old) == []
    assert stack.has_seat(new)
    stack.register(new)
    stack.approve(stack.starts_paying(new))
    stack.becomes(new, "paid", within=3)


def test_a_payment_under_way_moves_along_to_the_new_sign_up(stack: Stack) -> None:
    # Given a checkout that was opened for the old sign-up
    old = stack.joins(due_in=1)
    order_id = stack.starts_paying(old)
    new = signs_off_and_on_again(stack, old)
    stack.register(new, due_in=3600)
    assert stack.has_status(old, "ended")
    assert stack.order(order_id)["registration_id"] == new.registration_id
    # When it is approved after the old deadline
    stack.eventually(lambda: stack.registration(old)["payment_expiredate"] < _now(stack, new), within=3)
    stack.approve(order_id)
    # Then it pays the new seat
    stack.becomes(new, "paid", within=3)
    stack.is_captured(order_id, within=3)
    assert stack.has_status(old, "ended")
    assert stack.releases(new) == []


def test_a_payment_that_was_being_closed_is_given_back_though_its_member_is_back(stack: Stack) -> None:
    # Given a member in the checkout who signs off, and Vipps, asked to close it, gives no answer
    old = stack.joins()
    order_id = stack.starts_paying(old)
    for operation in ("details", "cancel"):
        stack.simulator.add_fault("drop_before", operation, order_id=order_id, times=None)
    assert _sign_off(stack, old) == 204
    stack.eventually(lambda: stack.calls("cancel", order_id), within=3)
    # When they sign on again, and approve what they had opened before
    new = signs_off_and_on_again(stack, old)
    stack.register(new)
    stack.approve(order_id)
    stack.simulator.faults.clear()
    # Then that money goes back, and the new seat is paid by a payment of its own
    stack.eventually(lambda: stack.order(order_id)["status"] == "VOID", within=MOVES_AGAIN_WITHIN)
    assert stack.calls("capture", order_id) == 0
    assert stack.has_status(new, "awaiting_payment")
    stack.approve(stack.starts_paying(new))
    stack.becomes(new, "paid", within=3)


def test_a_paid_seat_stays_paid_through_signing_off_and_on_again(stack: Stack) -> None:
    old = stack.joins(due_in=60)
    order_id = stack.starts_paying(old)
    stack.approve(order_id)
    stack.becomes(old, "paid", within=3)
    new = signs_off_and_on_again(stack, old)
    assert stack.register(new, due_in=0.5)["status"] == "paid"
    assert stack.order(order_id)["registration_id"] == new.registration_id
    assert stack.pay(new).json()["code"] == "already_paid"


def test_signing_off_closes_the_checkout(stack: Stack) -> None:
    member = stack.joins()
    order_id = stack.starts_paying(member)
    assert _sign_off(stack, member) == 204
    assert stack.has_status(member, "ended")
    stack.eventually(lambda: stack.payment(order_id).is_cancelled, within=3)
    stack.eventually(lambda: stack.order(order_id)["status"] == "CANCEL", within=3)
    assert _sign_off(stack, member) == 204
    assert stack.service.delete("/v1/registrations/nobody-has-heard-of-this").status_code == 404


def test_money_approved_while_signing_off_goes_back(stack: Stack) -> None:
    # Given a member who approves in the instant in which the sign-off closes the checkout
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.simulator.add_fault("approve_first", "cancel", order_id=order_id)
    assert _sign_off(stack, member) == 204
    stack.eventually(lambda: stack.order(order_id)["status"] == "VOID", within=5)
    assert (stack.effects(order_id, "RESERVE"), stack.effects(order_id, "VOID")) == (1, 1)
    assert stack.calls("capture", order_id) == 0


def test_money_that_arrives_after_a_sign_off_in_vipps_silence_goes_back(stack: Stack) -> None:
    # Given Vipps is silent while the member signs off, and a payment is approved afterwards
    member = stack.joins()
    order_id = stack.starts_paying(member)
    silence = [
        stack.simulator.add_fault("silent", operation, order_id=order_id, times=None)
        for operation in ("details", "cancel")
    ]
    assert _sign_off(stack, member) == 204
    assert stack.has_status(member, "ended")
    stack.approve(order_id)
    # When Vipps answers again
    for fault in silence:
        stack.simulator.faults.clear(fault.id)
    # Then the reservation is let go and never captured
    stack.eventually(lambda: stack.order(order_id)["status"] == "VOID", within=MOVES_AGAIN_WITHIN)
    assert stack.effects(order_id, "VOID") == 1
    assert stack.calls("capture", order_id) == 0


def test_late_money_may_be_flagged_for_a_person_instead(own_stack: Stack) -> None:
    stack = own_stack
    stack.start_service(LATE_MONEY="flag")
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.simulator.add_fault("drop_before", "cancel", order_id=order_id, times=None)
    assert _sign_off(stack, member) == 204
    stack.approve(order_id)
    stack.watch.stay_reserved.add(order_id)
    # Then the money stays where it is, and a case is open
    stack.eventually(lambda: stack.order(order_id)["status"] == "RESERVED", within=5)
    stack.eventually(lambda: stack.cases(member) == ["paid_without_seat"], within=3)
    stack.simulator.faults.clear()
    assert stack.effects(order_id, "VOID") == 0
    assert stack.calls("capture", order_id) == 0


def test_a_paid_seat_is_given_up_only_with_its_money_back(stack: Stack) -> None:
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.approve(order_id)
    stack.eventually(lambda: stack.order(order_id)["status"] == "CAPTURE", within=5)
    refused = stack.service.delete(f"/v1/registrations/{member.registration_id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "already_paid")
    assert stack.has_status(member, "paid")
    # When it is signed off with a refund, twice
    for _ in range(2):
        assert _sign_off(stack, member, refund=True) == 204
    stack.eventually(lambda: stack.order(order_id)["status"] == "REFUND", within=5)
    assert stack.order(order_id)["refunded"] == "250.00"
    assert stack.effects(order_id, "REFUND") == 1
    assert stack.has_status(member, "ended")


def _sign_off(stack: Stack, member: Member, *, refund: bool = False) -> int:
    path = f"/v1/registrations/{member.registration_id}"
    query = {"refund": "true"} if refund else {}
    return stack.service.delete(path, **query).status_code


def _now(stack: Stack, member: Member) -> str:
    return str(stack.registration(member)["server_time"])
