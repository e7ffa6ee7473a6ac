"""Two payments for one seat: one of them pays it, the other goes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.journeys.apis import only
from tests.journeys.pace import MOVES_AGAIN_WITHIN, SETTLED_WITHIN
from tests.money.late import is_a_case, is_approved_late, reject
from tests.money.till import Sale, Till


@contextmanager
def direct_capture(till: Till) -> Iterator[None]:
    """Vipps takes the money at the approval."""
    unit = till.simulator.config.sales_units[0]
    unit.direct_capture = True
    yield
    unit.direct_capture = False


def given_up_and_begun_again(till: Till) -> tuple[Sale, Sale]:
    """A member who refused a payment and is about to make another."""
    first = till.in_checkout()
    reject(till, first.order_id)
    till.order_becomes(first, "CANCEL", within=SETTLED_WITHIN)
    return first, Sale(first.member, till.starts_paying(first.member))


def test_a_second_reservation_is_let_go(till: Till) -> None:
    # Given a member who paid at the second attempt
    first, second = given_up_and_begun_again(till)
    till.approve(second.order_id)
    till.order_becomes(second, "CAPTURE", within=5)
    # When Vipps lets the first be approved as well
    is_approved_late(till, first.order_id)
    # Then it is let go without ever being taken
    till.order_becomes(first, "VOID", within=SETTLED_WITHIN + 3)
    assert till.order(first.order_id)["status_reason"] == "superseded"
    assert till.calls("capture", first.order_id) == 0
    assert till.sums(second) == ("CAPTURE", "250.00", "0.00", True)
    assert till.status_of(second) == "paid"


def test_the_first_to_be_approved_pays_and_the_other_is_closed(till: Till) -> None:
    # Given the first attempt is approved late, while the second is still open
    first, second = given_up_and_begun_again(till)
    is_approved_late(till, first.order_id)
    till.order_becomes(first, "CAPTURE", within=SETTLED_WITHIN + 3)
    till.order_becomes(second, "CANCEL", within=5)
    assert till.order(second.order_id)["status_reason"] == "superseded"
    assert till.status_of(first) == "paid"


def test_both_approved_before_we_looked_and_one_is_captured(till: Till) -> None:
    # Given Vipps' callbacks are lost and both attempts are approved in the same second
    first, second = given_up_and_begun_again(till)
    till.simulator.add_fault("delay", "details", order_id=second.order_id, seconds=0.5)
    is_approved_late(till, first.order_id)
    if till.neighbours.do(lambda: till.simulator.checkout.is_open(till.simulator.payment(second.order_id))):
        till.approve(second.order_id)
    # Then one order pays, and no money is left in the other
    for sale in (first, second):
        till.order_becomes(sale, "CAPTURE", "VOID", "CANCEL", within=MOVES_AGAIN_WITHIN)
    captured = till.effects(first.order_id, "CAPTURE") + till.effects(second.order_id, "CAPTURE")
    assert captured == 1
    assert till.status_of(first) == "paid"


def test_money_taken_twice_goes_back_once(till: Till) -> None:
    first, second = given_up_and_begun_again(till)
    with direct_capture(till):
        till.approve(second.order_id)
        till.order_becomes(second, till.sold, within=5)
        till.simulator.add_fault("drop_before", "refund", order_id=first.order_id)
        is_approved_late(till, first.order_id)
    # Then it is a case as long as it is here, from one try to the next
    till.eventually(lambda: till.history(first, "refund_in_doubt"), within=SETTLED_WITHIN)
    assert is_a_case(till, first, "paid_twice", "refund")
    till.order_becomes(first, "REFUND", within=MOVES_AGAIN_WITHIN)
    assert till.order(first.order_id)["status_reason"] == "superseded"
    assert till.done_with("REFUND", first) == [f"{first.order_id}-r1"]
    till.eventually(lambda: till.case(first, "paid_twice") is None, within=3)
    assert till.sums(second) == (till.sold, "250.00", "0.00", True)
    assert till.status_of(second) == "paid"


def test_flagged_money_taken_twice_waits_for_a_person(flagging_till: Till) -> None:
    till = flagging_till
    first, second = given_up_and_begun_again(till)
    with direct_capture(till):
        till.approve(second.order_id)
        till.order_becomes(second, till.sold, within=5)
        is_approved_late(till, first.order_id)
    till.order_becomes(first, till.sold, within=SETTLED_WITHIN)
    till.eventually(lambda: is_a_case(till, first, "paid_twice", "refund"), within=3)
    assert till.calls("refund", first.order_id) == 0
    # When a person refunds it, the case is closed and the seat stays paid
    assert till.refund(first).json()["status"] == "REFUND"
    assert till.case(first, "paid_twice") is None
    assert till.status_of(second) == "paid"


def test_a_flagged_second_reservation_is_let_go_all_the_same(flagging_till: Till) -> None:
    till = flagging_till
    first, second = given_up_and_begun_again(till)
    till.approve(second.order_id)
    till.order_becomes(second, "CAPTURE", within=5)
    is_approved_late(till, first.order_id)
    till.order_becomes(first, "VOID", within=SETTLED_WITHIN + 3)
    assert till.order(first.order_id)["status_reason"] == "superseded"


def test_a_start_without_an_answer_that_is_approved_while_it_is_closed_pays_and_is_the_only_one(
    till: Till,
) -> None:
    # Given a start that Vipps made and did not answer, so that nobody has its link
    member = till.joins()
    till.simulator.add_fault("drop_after", "initiate", times=till.starts)
    if till.vipps_api == "epayment":  # and Vipps does not recognise it any more
        till.simulator.add_fault("error", "initiate", status=409, shape="epayment", code="4150")
    assert till.pay(member).status_code == 503
    (lost,) = till.registration(member)["orders"]
    only = Sale(member, lost["order_id"])
    # And a member who approves it, by a push on the phone, in the instant in which it is closed
    till.simulator.add_fault("approve_first", "cancel", order_id=only.order_id)
    # Then their reservation is spared, and pays the seat, and nothing else can
    till.order_becomes(only, "CAPTURE", within=10)
    assert till.status_of(only) == "paid"
    assert till.done_with("VOID", only) == []
    assert till.pay(member).json()["code"] == "already_paid"


@only("ecom")
def test_where_vipps_has_no_epayment_it_is_let_go_and_a_new_one_pays(own_till: Till) -> None:
    # Given a sales unit that has eCom alone, whose cancel cannot spare a reservation
    till = own_till
    till.start_service()
    till.simulator.config.sales_units[0].epayment_allowed = False
    member = till.joins()
    till.simulator.add_fault("drop_after", "initiate")
    assert till.pay(member).status_code == 503
    (lost,) = till.registration(member)["orders"]
    first = Sale(member, lost["order_id"])
    till.simulator.add_fault("approve_first", "cancel", order_id=first.order_id, skip=1)
    till.order_becomes(first, "VOID", within=10)
    assert till.calls("capture", first.order_id) == 0

    # Then a new order can be made, and it alone pays
    def again() -> str | None:
        answer = till.pay(member)
        return str(answer.json()["order_id"]) if answer.status_code == 201 else None

    second = Sale(member, till.eventually(again, within=10))
    till.approve(second.order_id)
    till.order_becomes(second, "CAPTURE", within=5)
    assert till.order(first.order_id)["status_reason"] == "superseded"
    assert till.status_of(second) == "paid"
