"""What is done by hand in Vipps' portal is adopted, and never mistaken for what we have in doubt."""

from __future__ import annotations

from tests.journeys.pace import MOVES_AGAIN_WITHIN
from tests.money.till import Sale, Till


def by_hand(till: Till, what: str, sale: Sale, ore: int | None = None) -> None:
    """Somebody does it in the portal; nobody is told."""
    merchant, payment = till.simulator.merchant, till.payment(sale.order_id)
    if what == "cancel":
        till.neighbours.do(lambda: merchant.cancel(payment))
    else:
        move = merchant.capture if what == "capture" else merchant.refund
        till.neighbours.do(lambda: move(payment, ore))


def test_a_capture_in_the_portal_is_adopted(manual_till: Till) -> None:
    till, sale = manual_till, manual_till.reserves()
    by_hand(till, "capture", sale, 10000)
    assert till.sync(sale)["captured"] == "100.00"
    assert till.sums(sale) == ("CAPTURE", "100.00", "0.00", True)
    # Then what is left can be captured here
    assert till.moves("capture", sale).json()["captured"] == "250.00"
    assert till.status_of(sale) == "paid"


def test_a_capture_in_the_portal_is_seen_before_ours_is_sent(manual_till: Till) -> None:
    till, sale = manual_till, manual_till.reserves()
    by_hand(till, "capture", sale)
    answer = till.moves("capture", sale)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_capture")
    assert till.calls("capture", sale.order_id) == 0


def test_a_refund_in_the_portal_is_adopted(till: Till) -> None:
    sale = till.sells()
    by_hand(till, "refund", sale, 10000)
    assert till.sync(sale)["refunded"] == "100.00"
    assert till.sums(sale) == ("CAPTURE", "250.00", "100.00", True)
    # Then only the rest is left to us
    assert till.refund(sale, "150.01").json()["code"] == "amount_too_high"
    by_hand(till, "refund", sale)
    assert till.sync(sale)["status"] == "REFUND"
    assert till.status_of(sale) == "refunded"
    assert till.has_seat(sale.member)
    assert till.refund(sale).json()["code"] == "nothing_to_refund"


def test_a_refund_in_the_portal_is_seen_before_ours_is_sent(till: Till) -> None:
    sale = till.sells()
    by_hand(till, "refund", sale, 20000)
    assert till.refund(sale, "100.00").json()["code"] == "amount_too_high"
    assert till.refund(sale).json()["refunded"] == "250.00"
    assert till.done_with("REFUND", sale) == [None, f"{sale.order_id}-r1"]


def test_a_cancel_in_the_portal_is_adopted(manual_till: Till) -> None:
    till, sale = manual_till, manual_till.reserves()
    by_hand(till, "cancel", sale)
    assert till.sync(sale)["status"] == "VOID"
    assert till.sums(sale) == ("VOID", "0.00", "0.00", False)
    assert till.status_of(sale) == "refunded"
    assert till.has_seat(sale.member)


def test_a_refund_in_the_portal_of_the_same_size_is_not_mistaken_for_ours_in_doubt(till: Till) -> None:
    # Given a refund of ours that never reached Vipps, as far as Vipps knows, and which we cannot read back
    sale = till.sells()
    till.simulator.add_fault("drop_before", "refund", order_id=sale.order_id)
    unread = till.simulator.add_fault("drop_before", "details", order_id=sale.order_id, skip=1, times=None)
    assert till.refund(sale, "100.00").status_code == 202
    # And somebody who gives back as much in the portal
    by_hand(till, "refund", sale, 10000)
    # When Vipps answers again
    till.simulator.faults.clear(unread.id)
    # Then ours is still to be done, and is done, since the log says which is which
    till.eventually(lambda: till.order(sale.order_id)["refunded"] == "200.00", within=MOVES_AGAIN_WITHIN)
    assert till.done_with("REFUND", sale) == [None, f"{sale.order_id}-r1"]


def test_a_refund_of_ours_that_was_done_is_not_done_again_because_of_one_in_the_portal(till: Till) -> None:
    # Given a refund of ours that was done without an answer, and one of the same size in the portal
    sale = till.sells()
    till.simulator.add_fault("drop_after", "refund", order_id=sale.order_id)
    unread = till.simulator.add_fault("drop_before", "details", order_id=sale.order_id, skip=1, times=None)
    assert till.refund(sale, "100.00").status_code == 202
    by_hand(till, "refund", sale, 10000)
    till.simulator.faults.clear(unread.id)
    # Then both are told, and neither is repeated
    till.eventually(lambda: till.order(sale.order_id)["refunded"] == "200.00", within=MOVES_AGAIN_WITHIN)
    till.eventually(lambda: till.history(sale, "refund_done"), within=MOVES_AGAIN_WITHIN)
    assert till.calls("refund", sale.order_id) == 1
    assert till.done_with("REFUND", sale) == [f"{sale.order_id}-r1", None]


def test_a_refund_in_doubt_that_the_portal_has_overtaken_is_dropped(till: Till) -> None:
    # Given a refund of all that never reached Vipps, while somebody gives all back in the portal
    sale = till.sells()
    till.simulator.add_fault("drop_before", "refund", order_id=sale.order_id)
    unread = till.simulator.add_fault("drop_before", "details", order_id=sale.order_id, skip=1, times=None)
    assert till.refund(sale).status_code == 202
    by_hand(till, "refund", sale)
    till.simulator.faults.clear(unread.id)
    # Then there is nothing left to give back, and ours ends without another try
    till.order_becomes(sale, "REFUND", within=MOVES_AGAIN_WITHIN)
    till.eventually(lambda: till.history(sale, "refund_dropped"), within=MOVES_AGAIN_WITHIN)
    assert till.done_with("REFUND", sale) == [None]
    assert till.status_of(sale) == "refunded"
