"""Money for a seat that is gone: it goes back by itself, or waits for a person, and never for both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.journeys.pace import MOVES_AGAIN_WITHIN, SETTLED_WITHIN
from tests.money.late import exempted, is_a_case, is_approved_late, released, signed_off
from tests.money.till import Sale, Till

#: Why the money came to nothing: it was late, or it was for a seat that needs none.
WAYS = [(released, "late"), (signed_off, "late"), (exempted, "superseded")]
each_way = pytest.mark.parametrize(("gone", "reason"), WAYS)
Gone = Callable[[Till], Sale]
BACK_WITHIN = SETTLED_WITHIN + 5


def test_late_money_goes_back_and_a_person_may_watch_it_go(till: Till) -> None:
    # Given seats that are gone, and reservations that Vipps does not let go of at the first try
    sales = [(gone(till), reason) for gone, reason in WAYS]
    statuses = [till.status_of(sale) for sale, _ in sales]
    for sale, _ in sales:
        till.simulator.add_fault("drop_before", "cancel", order_id=sale.order_id)
        is_approved_late(till, sale.order_id)
    # Then there is a case as long as the money is here
    for sale, _ in sales:
        till.eventually(
            lambda sale=sale: is_a_case(till, sale, "paid_without_seat", "refund"),  # type: ignore[misc]
            within=SETTLED_WITHIN,
        )
    for sale, reason in sales:
        till.order_becomes(sale, "VOID", within=MOVES_AGAIN_WITHIN)
        assert till.order(sale.order_id)["status_reason"] == reason
        case = partial(till.case, sale, "paid_without_seat")
        till.eventually(lambda case=case: case() is None, within=3)  # type: ignore[misc]
        # And it was never taken, and let go once
        (key,) = till.done_with("VOID", sale)
        was_closed = till.history(sale, "cancel_intended")[0]["evidence"]["purpose"] == "close"
        assert key == f"{sale.order_id}-x{2 if was_closed else 1}"
        assert till.calls("capture", sale.order_id) == 0
    # And the seats are as they were
    assert [till.status_of(sale) for sale, _ in sales] == statuses


@each_way
def test_late_money_that_was_taken_at_once_is_refunded(till: Till, gone: Gone, reason: str) -> None:
    # Given a sales unit that takes money without reserving it first
    sale = gone(till)
    till.simulator.config.sales_units[0].direct_capture = True
    try:
        is_approved_late(till, sale.order_id)
    finally:
        till.simulator.config.sales_units[0].direct_capture = False
    till.order_becomes(sale, "REFUND", within=BACK_WITHIN)
    order = till.order(sale.order_id)
    assert (order["refunded"], order["status_reason"]) == ("250.00", reason)
    assert till.done_with("REFUND", sale) == [f"{sale.order_id}-r1"]
    till.eventually(lambda: till.case(sale, "paid_without_seat") is None, within=3)


@pytest.mark.parametrize("gone", [released, signed_off])
def test_flagged_late_money_stays_until_a_person_sends_it_back(flagging_till: Till, gone: Gone) -> None:
    till, sale = flagging_till, gone(flagging_till)
    is_approved_late(till, sale.order_id)
    till.order_becomes(sale, "RESERVED", within=SETTLED_WITHIN)
    till.eventually(lambda: is_a_case(till, sale, "paid_without_seat", "refund"), within=3)
    assert (till.calls("capture", sale.order_id), till.effects(sale.order_id, "VOID")) == (0, 0)
    assert till.check() == (0, [])
    # When a person lets it go
    assert till.moves("cancel", sale).json()["status"] == "VOID"
    assert till.case(sale, "paid_without_seat") is None


def test_flagged_late_money_that_was_taken_stays_until_a_person_refunds_it(flagging_till: Till) -> None:
    till, sale = flagging_till, released(flagging_till)
    till.simulator.config.sales_units[0].direct_capture = True
    try:
        is_approved_late(till, sale.order_id)
    finally:
        till.simulator.config.sales_units[0].direct_capture = False
    till.order_becomes(sale, till.sold, within=SETTLED_WITHIN)
    till.eventually(lambda: is_a_case(till, sale, "paid_without_seat", "refund"), within=3)
    assert till.refund(sale, "100.00").status_code == 200
    assert is_a_case(till, sale, "paid_without_seat", "refund")
    assert till.refund(sale).json()["status"] == "REFUND"
    assert till.case(sale, "paid_without_seat") is None
    assert till.status_of(sale) == "expired"
