"""What an answer changes about an order we know something of already: forward or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from payments_service.domain.applying import Applied, apply, unanswered
from payments_service.domain.operations import Operation, OperationKind, OperationState, Purpose
from payments_service.domain.orders import MOVES, Order, OrderStatus, StatusReason, may_move
from payments_service.domain.readings import NoSuchPayment, Reading
from tests.domain.made import CHECKOUT, NOW, cancelled, captured, operation, order, reading, reserved, seconds

# For each status an order that has it, and the log that says so.
LOGS = {
    OrderStatus.INITIATE: "INITIATE",
    OrderStatus.CANCEL: "INITIATE CANCEL",
    OrderStatus.RESERVED: "INITIATE RESERVE",
    OrderStatus.VOID: "INITIATE RESERVE VOID",
    OrderStatus.CAPTURE: "INITIATE RESERVE CAPTURE",
    OrderStatus.SALE: "INITIATE SALE",
    OrderStatus.REFUND: "INITIATE RESERVE CAPTURE REFUND",
}
MISSING = NoSuchPayment("the-order", "sha of a 404")
LATER = NOW + seconds(30)
LINKLESS = order(payment_link=None)


def applied(
    to: Order, answer: Reading | NoSuchPayment, *operations: Operation, now: datetime = LATER
) -> Applied:
    return apply(to, answer, operations, now=now)


def order_in(status: OrderStatus) -> Order:
    return applied(order(), reading(LOGS[status])).order


@pytest.mark.parametrize("status", OrderStatus)
def test_an_open_order_follows_wherever_vipps_has_gone(status: OrderStatus) -> None:
    result = applied(order(), reading(LOGS[status]))
    assert result.order.status is status
    assert result.what == ("same" if status is OrderStatus.INITIATE else "changed")


@pytest.mark.parametrize("after", OrderStatus)
@pytest.mark.parametrize("before", OrderStatus)
def test_an_order_moves_along_the_table_or_not_at_all(before: OrderStatus, after: OrderStatus) -> None:
    known = order_in(before)
    answer = reading(LOGS[after])
    result = applied(known, answer)
    if before is after:
        assert result.what == "same"
        assert replace(result.order, read_at=known.read_at) == known
    elif after in MOVES[before]:
        assert (result.what, result.order.status) == ("changed", after)
    else:
        assert result.what == "stale"
        assert result.order == known


def test_no_status_leads_back_to_where_it_came_from() -> None:
    for before, afters in MOVES.items():
        assert before not in afters
        for after in afters:
            assert not may_move(after, before), (before, after)
    assert MOVES[OrderStatus.REFUND] == frozenset()


def test_money_that_was_taken_is_never_taken_back_by_an_older_answer() -> None:
    partly_refunded = applied(captured(), reading("INITIATE RESERVE CAPTURE REFUND:5000")).order
    result = applied(partly_refunded, reading("INITIATE RESERVE CAPTURE"))
    assert (result.what, result.order.refunded_ore) == ("stale", 5_000)


def test_a_stale_answer_still_ends_the_silence() -> None:
    silent = captured(unanswered_since=NOW)
    assert applied(silent, reading("INITIATE RESERVE")).order == replace(silent, unanswered_since=None)


def test_the_link_goes_when_the_order_is_no_longer_open() -> None:
    assert applied(order(), reading("INITIATE")).order.payment_link == "https://pay.test/1"
    assert applied(order(), reading("INITIATE RESERVE")).order.payment_link is None


def test_the_moment_money_was_first_seen_is_kept() -> None:
    paid = applied(order(), reading("INITIATE RESERVE"), now=NOW + seconds(8)).order
    later = applied(paid, reading("INITIATE RESERVE CAPTURE"), now=NOW + seconds(90)).order
    assert paid.paid_at == later.paid_at == NOW + seconds(8)


def test_another_amount_freezes_the_order_and_changes_nothing_else() -> None:
    result = applied(order(), reading("INITIATE RESERVE:24900"))
    assert result.what == "frozen"
    assert result.order.is_frozen
    assert (result.order.status, result.order.held_ore) == (OrderStatus.INITIATE, 0)
    assert applied(result.order, reading("INITIATE RESERVE:24900")).what == "still frozen"


@pytest.mark.parametrize("answer", [reading(""), reading("INITIATE PONDER")])
def test_an_unclear_answer_is_silence_that_began_when_it_began(answer: Reading) -> None:
    first = applied(order(), answer)
    again = applied(first.order, answer, now=NOW + seconds(60))
    assert not first.is_answer
    assert first.order.unanswered_since == again.order.unanswered_since == NOW + seconds(30)
    assert not unanswered(order(), NOW, "silent").is_answer


# What Vipps does not know


def test_missing_is_believed_when_said_twice_five_seconds_apart() -> None:
    first = applied(LINKLESS, MISSING, now=NOW)
    too_soon = applied(first.order, MISSING, now=NOW + seconds(4.9))
    twice = applied(too_soon.order, MISSING, now=NOW + seconds(5))
    assert (first.what, too_soon.what, twice.what) == ("missing", "missing", "never created")
    assert too_soon.order.status is OrderStatus.INITIATE
    gone = twice.order
    assert (gone.status, gone.status_reason) == (OrderStatus.CANCEL, StatusReason.NEVER_CREATED)
    assert gone.is_closed


def test_missing_between_two_sightings_starts_counting_anew() -> None:
    first = applied(LINKLESS, MISSING, now=NOW)
    seen = applied(first.order, reading("INITIATE"), now=NOW + seconds(3))
    assert applied(seen.order, MISSING, now=NOW + seconds(9)).order.status is OrderStatus.INITIATE


@pytest.mark.parametrize(
    "known", [order(), reserved(), captured()], ids=["with a link", "reserved", "captured"]
)
def test_a_payment_we_know_of_is_never_believed_to_be_missing(known: Order) -> None:
    for after in (1, 6, 600):
        result = applied(known, MISSING, now=NOW + seconds(after))
        assert not result.is_answer
        assert (result.order.status, result.order.is_closed) == (known.status, known.is_closed)


def test_one_that_appears_late_is_not_closed_any_more_until_vipps_says_so() -> None:
    gone = applied(replace(LINKLESS, missing_since=NOW), MISSING).order
    late = applied(gone, reading("INITIATE"), now=NOW + seconds(60))
    assert late.what == "appeared late"
    assert not late.order.is_closed
    over = applied(late.order, reading("INITIATE CANCEL"), now=NOW + seconds(90)).order
    assert (over.status, over.is_closed) == (OrderStatus.CANCEL, True)


def test_one_that_appears_late_and_paid_is_paid() -> None:
    gone = applied(replace(LINKLESS, missing_since=NOW), MISSING).order
    late = applied(gone, reading("INITIATE RESERVE"), now=NOW + seconds(60)).order
    assert (late.status, late.is_paid, late.is_closed) == (OrderStatus.RESERVED, True, False)


# Why an attempt came to nothing

CLOSE = operation(OperationKind.CANCEL, Purpose.CLOSE, attempts=1)
BEFORE_THE_END, AT_THE_END = NOW + CHECKOUT - seconds(1), NOW + CHECKOUT


@pytest.mark.parametrize(
    ("log", "ours", "now", "reason"),
    [
        ("INITIATE CANCEL", None, BEFORE_THE_END, "cancelled_by_member"),
        ("INITIATE CANCEL", None, AT_THE_END, "timed_out"),
        ("INITIATE !RESERVE CANCEL", None, BEFORE_THE_END, "declined"),
        ("INITIATE !RESERVE CANCEL", None, AT_THE_END, "declined"),
        ("INITIATE CANCEL", replace(CLOSE, reason="superseded"), BEFORE_THE_END, "superseded"),
        ("INITIATE CANCEL", replace(CLOSE, reason="timed_out"), BEFORE_THE_END, "timed_out"),
        ("INITIATE CANCEL", replace(CLOSE, reason="superseded", attempts=0), AT_THE_END, "timed_out"),
        (
            "INITIATE CANCEL",
            replace(CLOSE, reason="superseded", state=OperationState.REFUSED),
            AT_THE_END,
            "timed_out",
        ),
        ("INITIATE RESERVE VOID", replace(CLOSE, reason="late"), AT_THE_END, "late"),
        ("INITIATE RESERVE VOID", None, BEFORE_THE_END, "cancelled_by_organiser"),
    ],
)
def test_why_an_attempt_came_to_nothing(log: str, ours: Operation | None, now: datetime, reason: str) -> None:
    assert applied(order(), reading(log), *([ours] if ours else []), now=now).order.status_reason == reason


def test_money_that_shows_after_all_takes_the_reason_away() -> None:
    dead = cancelled(status_reason=StatusReason.CANCELLED_BY_MEMBER)
    assert applied(dead, reading("INITIATE CANCEL RESERVE")).order.status_reason is None
