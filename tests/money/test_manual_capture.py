"""Capture by hand: an organiser takes a reservation in parts, or lets it go."""

from __future__ import annotations

from tests.money.till import Till


def test_a_reservation_is_captured_in_parts(manual_till: Till) -> None:
    # Given a member whose money is reserved, which pays the seat
    till, sale = manual_till, manual_till.reserves()
    assert till.sums(sale) == ("RESERVED", "0.00", "0.00", True)
    assert till.status_of(sale) == "paid"
    # When an organiser captures a part, and then the rest
    assert till.moves("capture", sale, "100.00").status_code == 200
    assert till.sums(sale) == ("CAPTURE", "100.00", "0.00", True)
    too_much = till.moves("capture", sale, "150.01")
    assert (too_much.status_code, too_much.json()["code"]) == (409, "amount_too_high")
    assert till.moves("capture", sale).json()["captured"] == "250.00"
    # Then each was one capture, and nothing is left to take
    assert till.done_with("CAPTURE", sale) == [f"{sale.order_id}-c1", f"{sale.order_id}-c2"]
    for amount in (None, "0.01"):
        nothing = till.moves("capture", sale, amount)
        assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_capture")
    assert till.status_of(sale) == "paid"


def test_no_more_is_captured_than_was_reserved(manual_till: Till) -> None:
    till, sale = manual_till, manual_till.reserves()
    assert till.moves("capture", sale, "250.01").json()["code"] == "amount_too_high"
    checkout = till.in_checkout()
    assert till.moves("capture", checkout).json()["code"] == "nothing_to_capture"
    assert till.moves("refund", sale).json()["code"] == "nothing_to_refund"
    assert till.calls("capture", sale.order_id) + till.calls("capture", checkout.order_id) == 0


def test_a_reservation_that_is_cancelled_goes_back_and_the_seat_stays(manual_till: Till) -> None:
    till, sale = manual_till, manual_till.reserves()
    cancelled = till.moves("cancel", sale)
    assert cancelled.status_code == 200
    assert (cancelled.json()["status"], cancelled.json()["status_reason"]) == (
        "VOID",
        "cancelled_by_organiser",
    )
    assert till.sums(sale) == ("VOID", "0.00", "0.00", False)
    # Then the seat is the organiser's matter
    assert till.status_of(sale) == "refunded"
    assert till.has_seat(sale.member)
    assert till.done_with("VOID", sale) == [f"{sale.order_id}-x1"]
    for verb in ("cancel", "capture", "refund"):
        code = {"cancel": "nothing_to_cancel"}.get(verb, f"nothing_to_{verb}")
        nothing = till.moves(verb, sale)
        assert (nothing.status_code, nothing.json()["code"]) == (409, code)


def test_an_open_checkout_may_be_cancelled(manual_till: Till) -> None:
    till, sale = manual_till, manual_till.in_checkout()
    cancelled = till.moves("cancel", sale)
    assert cancelled.status_code == 200
    order = cancelled.json()
    assert (order["status"], order["status_reason"]) == ("CANCEL", "cancelled_by_organiser")
    assert order["payment_link"] is None
    assert till.payment(sale.order_id).is_cancelled
    assert till.moves("cancel", sale).json()["code"] == "nothing_to_cancel"
    # Then the member may start anew
    assert till.status_of(sale) == "awaiting_payment"
    assert till.starts_paying(sale.member) != sale.order_id


def test_what_is_left_of_a_reservation_may_be_let_go(manual_till: Till) -> None:
    till, sale = manual_till, manual_till.reserves()
    assert till.moves("capture", sale, "100.00").status_code == 200
    assert till.moves("cancel", sale).status_code == 200
    # Then what was captured stays captured, and pays the seat
    assert till.sums(sale) == ("CAPTURE", "100.00", "0.00", True)
    assert till.payment(sale.order_id).amounts.released == 15000
    assert till.status_of(sale) == "paid"
    assert till.moves("capture", sale).json()["code"] == "nothing_to_capture"
    assert till.moves("cancel", sale).json()["code"] == "nothing_to_cancel"
    # And can be given back
    assert till.moves("refund", sale).json()["status"] == "REFUND"
    assert till.status_of(sale) == "refunded"


def test_what_was_captured_cannot_be_cancelled(manual_till: Till) -> None:
    till, sale = manual_till, manual_till.reserves()
    assert till.moves("capture", sale).status_code == 200
    assert till.moves("cancel", sale).json()["code"] == "nothing_to_cancel"
    assert till.effects(sale.order_id, "VOID") == 0


def test_captured_in_part_and_given_back_the_rest_can_still_be_taken_or_let_go(manual_till: Till) -> None:
    # Given a part that was captured and has gone back, and a rest that is still reserved
    till, sale = manual_till, manual_till.reserves()
    assert till.moves("capture", sale, "100.00").status_code == 200
    assert till.moves("refund", sale).status_code == 200
    assert till.sums(sale)[1:] == ("100.00", "100.00", False)
    assert till.status_of(sale) == "refunded"
    assert till.check() == (0, [])
    assert till.has_seat(sale.member)
    # Then the rest is not forgotten
    assert till.moves("cancel", sale).status_code == 200
    assert till.payment(sale.order_id).amounts.to_capture == 0
    assert till.sums(sale) == ("REFUND", "100.00", "100.00", False)
    assert till.status_of(sale) == "refunded"
