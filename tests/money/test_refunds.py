"""Refunds that a person asks for: in part or whole, from the order's own price, with reason and actor."""

from __future__ import annotations

from tests.journeys.pace import DUE_WITHIN
from tests.money.till import Till


def test_a_refund_in_three_parts_leaves_the_seat_paid_until_all_is_back(till: Till) -> None:
    # Given a member who has paid
    sale = till.sells()
    # When the organiser gives back a part, another, and then the rest
    assert till.refund(sale, "100.00").status_code == 200
    assert till.sums(sale) == ("CAPTURE", "250.00", "100.00", True)
    assert till.refund(sale, "50").json()["refunded"] == "150.00"
    assert till.sums(sale) == ("CAPTURE", "250.00", "150.00", True)
    assert till.status_of(sale) == "paid"
    rest = till.refund(sale)
    # Then it is refunded when the last øre is back and not before
    assert (rest.status_code, rest.json()["status"], rest.json()["is_paid"]) == (200, "REFUND", False)
    assert till.sums(sale) == ("REFUND", "250.00", "250.00", False)
    assert till.status_of(sale) == "refunded"
    # And each part went to Vipps once, under a key of its own
    assert till.done_with("REFUND", sale) == [f"{sale.order_id}-r{n}" for n in (1, 2, 3)]


def test_after_a_refund_the_clock_releases_nothing(till: Till) -> None:
    sale = till.sells(due_in=4)
    assert till.refund(sale).status_code == 200
    assert till.registration(sale.member)["seconds_left"] is None
    # When the deadline passes, and the sweeps after it
    till.eventually(lambda: _is_past(till, sale.member.registration_id), within=6)
    other = till.joins(due_in=0, event_id=sale.member.event_id)
    till.becomes(other, "expired", within=DUE_WITHIN)
    # Then the seat is the organiser's matter
    assert till.status_of(sale) == "refunded"
    assert till.releases(sale.member) == []
    assert till.has_seat(sale.member)


def test_after_a_refund_a_new_order_may_be_started_before_the_deadline(till: Till) -> None:
    # Given a member whose money went back before the deadline
    sale = till.sells()
    deadline = till.registration(sale.member)["payment_expiredate"]
    assert till.refund(sale).status_code == 200
    # When they pay again
    again = till.starts_paying(sale.member)
    # Then they are awaiting payment again, deadline and all
    registration = till.registration(sale.member)
    assert (registration["status"], registration["payment_expiredate"]) == ("awaiting_payment", deadline)
    assert registration["seconds_left"] > 3000
    till.approve(again)
    till.becomes(sale.member, "paid", within=3)
    till.is_captured(again, within=3)
    assert till.sums(sale) == ("REFUND", "250.00", "250.00", False)


def test_a_new_order_after_a_refund_brings_the_deadline_back(till: Till) -> None:
    # Given a member whose money went back, and who starts to pay again and gives up
    sale = till.sells(due_in=4)
    assert till.refund(sale).status_code == 200
    again = till.starts_paying(sale.member)
    till.neighbours.wait_for(till.simulator.member.reject(again))
    # Then the seat goes at the deadline, as any unpaid one
    till.becomes(sale.member, "expired", within=4 + DUE_WITHIN)
    assert len(till.releases(sale.member)) == 1


def test_never_more_is_given_back_than_was_taken(till: Till) -> None:
    sale = till.sells()
    too_much = till.refund(sale, "250.01")
    assert (too_much.status_code, too_much.json()["code"]) == (409, "amount_too_high")
    assert till.refund(sale, "200.00").status_code == 200
    too_much = till.refund(sale, "50.01")
    assert (too_much.status_code, too_much.json()["code"]) == (409, "amount_too_high")
    assert till.refund(sale, "50.00").status_code == 200
    for amount in (None, "0.01"):
        nothing = till.refund(sale, amount)
        assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_refund")
    assert till.done_with("REFUND", sale) == [f"{sale.order_id}-r1", f"{sale.order_id}-r2"]
    open_order = till.in_checkout()
    assert till.refund(open_order).json()["code"] == "nothing_to_refund"
    assert till.calls("refund", open_order.order_id) == 0


def test_a_refund_is_of_what_was_paid_whatever_the_event_costs_now(till: Till) -> None:
    sale = till.sells()
    till.changes(sale.member.event_id, price="100.00")
    assert till.refund(sale).json()["refunded"] == "250.00"
    dearer = till.sells()
    till.changes(dearer.member.event_id, price="400.00")
    assert till.refund(dearer, "400.00").json()["code"] == "amount_too_high"
    assert till.refund(dearer).json()["refunded"] == "250.00"


def test_who_asked_for_a_refund_and_why_is_in_the_history(till: Till) -> None:
    sale = till.sells(event_id=till.event_of())
    treasurer = till.holder("treasurer", groups=["sosialen"], finance=True)
    assert till.moves("refund", sale, "30.00", reason="fell ill", by=treasurer).status_code == 200
    (intended,) = till.history(sale, "refund_intended")
    evidence = intended["evidence"]
    assert (evidence["reason"], evidence["actor"]) == ("fell ill", "member:treasurer")
    assert (evidence["amount_ore"], evidence["operation_key"]) == (3000, f"{sale.order_id}-r1")
    (done,) = till.history(sale, "refund_done")
    assert done["at"] >= intended["at"]


def _is_past(till: Till, registration_id: str) -> bool:
    registration = till.service.get(f"/v1/registrations/{registration_id}").json()
    return bool(registration["payment_expiredate"] < registration["server_time"])
