"""What an answer of Vipps' amounts to: (log × success × sums) → status and amounts, or doubt."""

from __future__ import annotations

import pytest

from payments_service.domain.folding import Folded, Mismatch, Unclear, fold
from payments_service.domain.readings import Reading
from tests.domain.made import PRICE, reading

Sums = tuple[int, int, int]


def folded(read: Reading) -> Folded | Unclear | Mismatch:
    return fold(read, order_id="the-order", amount_ore=PRICE)


# log, oldest first        sums (captured, held, refunded)   status, captured, refunded, held, closed
TABLE: list[tuple[str, Sums | None, str, int, int, int, bool]] = [
    ("INITIATE", None, "INITIATE", 0, 0, 0, False),
    ("REGISTER", None, "INITIATE", 0, 0, 0, False),
    ("INITIATE", (0, 0, 0), "INITIATE", 0, 0, 0, False),
    ("INITIATE RESERVE", None, "RESERVED", 0, 0, PRICE, False),
    ("INITIATE RESERVE", (0, PRICE, 0), "RESERVED", 0, 0, PRICE, False),
    ("INITIATE RESERVED", (0, PRICE, 0), "RESERVED", 0, 0, PRICE, False),
    # a card is refused, another one is taken
    ("INITIATE !RESERVE", None, "INITIATE", 0, 0, 0, False),
    ("INITIATE RESERVE_FAILED", None, "INITIATE", 0, 0, 0, False),
    ("INITIATE !RESERVE RESERVE", (0, PRICE, 0), "RESERVED", 0, 0, PRICE, False),
    ("INITIATE RESERVE_FAILED RESERVE", None, "RESERVED", 0, 0, PRICE, False),
    ("INITIATE !SALE SALE", None, "SALE", PRICE, 0, 0, True),
    # the newest entry failed: what was true before it still is
    ("INITIATE RESERVE !CAPTURE", (0, PRICE, 0), "RESERVED", 0, 0, PRICE, False),
    ("INITIATE RESERVE !VOID", (0, PRICE, 0), "RESERVED", 0, 0, PRICE, False),
    ("INITIATE RESERVE !CANCEL", None, "RESERVED", 0, 0, PRICE, False),
    ("INITIATE RESERVE CAPTURE !REFUND", (PRICE, 0, 0), "CAPTURE", PRICE, 0, 0, True),
    ("INITIATE !CANCEL", None, "INITIATE", 0, 0, 0, False),
    # over before any approval
    ("INITIATE CANCEL", None, "CANCEL", 0, 0, 0, True),
    ("INITIATE CANCEL", (0, 0, 0), "CANCEL", 0, 0, 0, True),
    ("INITIATE REJECTED", None, "CANCEL", 0, 0, 0, True),
    ("INITIATE !RESERVE AUTOCANCEL", None, "CANCEL", 0, 0, 0, True),
    ("INITIATE USER_CANCEL", None, "CANCEL", 0, 0, 0, True),
    # an approval crosses a cancel, either way round
    ("INITIATE CANCEL RESERVE", (0, PRICE, 0), "RESERVED", 0, 0, PRICE, False),
    ("INITIATE CANCEL RESERVE", None, "RESERVED", 0, 0, PRICE, False),
    ("INITIATE RESERVE CANCEL", (0, 0, 0), "VOID", 0, 0, 0, True),
    ("INITIATE RESERVE VOID", (0, 0, 0), "VOID", 0, 0, 0, True),
    ("INITIATE RESERVE VOID", None, "VOID", 0, 0, 0, True),
    ("INITIATE RESERVE AUTOREVERSAL", None, "VOID", 0, 0, 0, True),
    # money taken, in one or several goes
    ("INITIATE RESERVE CAPTURE", (PRICE, 0, 0), "CAPTURE", PRICE, 0, 0, True),
    ("INITIATE RESERVE CAPTURE", None, "CAPTURE", PRICE, 0, 0, True),
    ("INITIATE RESERVE CAPTURE:10000", (10_000, 15_000, 0), "CAPTURE", 10_000, 0, 15_000, False),
    ("INITIATE RESERVE CAPTURE:10000", None, "CAPTURE", 10_000, 0, 15_000, False),
    ("INITIATE RESERVE CAPTURE:10000 CAPTURE:15000", None, "CAPTURE", PRICE, 0, 0, True),
    ("INITIATE RESERVE CAPTURE:10000 VOID:15000", (10_000, 0, 0), "CAPTURE", 10_000, 0, 0, True),
    ("INITIATE SALE", (PRICE, 0, 0), "SALE", PRICE, 0, 0, True),
    ("INITIATE SALE", None, "SALE", PRICE, 0, 0, True),
    # given back, in part or whole: refunded is looked at before captured
    ("INITIATE SALE REFUND:5000", (PRICE, 0, 5_000), "SALE", PRICE, 5_000, 0, True),
    ("INITIATE SALE REFUND", (PRICE, 0, PRICE), "REFUND", PRICE, PRICE, 0, True),
    ("INITIATE RESERVE CAPTURE REFUND:5000", None, "CAPTURE", PRICE, 5_000, 0, True),
    ("INITIATE RESERVE CAPTURE REFUND:5000 REFUND:20000", None, "REFUND", PRICE, PRICE, 0, True),
    # the sums decide over a log that has fallen behind
    ("INITIATE", (0, PRICE, 0), "RESERVED", 0, 0, PRICE, False),
    ("INITIATE RESERVE", (PRICE, 0, 0), "CAPTURE", PRICE, 0, 0, True),
    ("INITIATE RESERVE CAPTURE", (PRICE, 0, PRICE), "REFUND", PRICE, PRICE, 0, True),
    ("", (PRICE, 0, 0), "CAPTURE", PRICE, 0, 0, True),
    # a word nobody knows hides no money
    ("INITIATE RESERVE PONDER", None, "RESERVED", 0, 0, PRICE, False),
    ("INITIATE PONDER RESERVE CAPTURE", (PRICE, 0, 0), "CAPTURE", PRICE, 0, 0, True),
]


@pytest.mark.parametrize(("log", "sums", "status", "captured", "refunded", "held", "closed"), TABLE)
def test_log_and_sums_give_status_and_amounts(
    log: str, sums: Sums | None, status: str, captured: int, refunded: int, held: int, closed: bool
) -> None:
    verdict = folded(reading(log, totals=sums))
    assert isinstance(verdict, Folded), verdict
    amounts = verdict.amounts
    seen = (verdict.status, amounts.captured_ore, amounts.refunded_ore, amounts.held_ore, verdict.is_closed)
    assert seen == (status, captured, refunded, held, closed)


@pytest.mark.parametrize(
    ("log", "sums"),
    [
        ("", None),
        ("INITIATE RESERVE CAPTURE", (0, PRICE, 0)),  # the sums are behind
        ("INITIATE RESERVE CAPTURE REFUND", (PRICE, 0, 0)),
        ("INITIATE SALE", (0, 0, 0)),
        ("INITIATE RESERVE", (0, 0, 0)),
        ("INITIATE CANCEL", (0, PRICE, 0)),  # over, and yet money is held
        ("INITIATE RESERVE VOID", (0, PRICE, 0)),
        ("INITIATE RESERVE CAPTURE REFUND REFUND:100", None),
        ("INITIATE REFUND", None),
    ],
)
def test_contradictions_are_unclear_never_unpaid(log: str, sums: Sums | None) -> None:
    assert isinstance(folded(reading(log, totals=sums)), Unclear)


@pytest.mark.parametrize(
    "log", ["PONDER", "INITIATE PONDER", "INITIATE PONDER CANCEL", "INITIATE CANCEL !PONDER"]
)
def test_a_payment_with_an_unknown_word_is_never_called_unpaid(log: str) -> None:
    assert isinstance(folded(reading(log)), Unclear)


@pytest.mark.parametrize(
    ("log", "sums"),
    [
        ("INITIATE:24999", None),
        ("INITIATE RESERVE:25001", None),
        ("INITIATE SALE:1", (1, 0, 0)),
        ("INITIATE RESERVE", (0, PRICE + 1, 0)),
        ("INITIATE RESERVE CAPTURE:10000", (10_000, PRICE, 0)),
        ("INITIATE RESERVE CAPTURE CAPTURE:1", None),
    ],
)
def test_another_amount_than_the_orders_is_a_mismatch(log: str, sums: Sums | None) -> None:
    assert isinstance(folded(reading(log, totals=sums)), Mismatch)


def test_an_answer_about_another_payment_is_a_mismatch() -> None:
    assert isinstance(folded(reading("INITIATE RESERVE", order_id="another")), Mismatch)


def test_a_refused_card_is_remembered_as_the_reason() -> None:
    verdict = folded(reading("INITIATE !RESERVE CANCEL"))
    assert isinstance(verdict, Folded)
    assert verdict.amounts.is_declined
