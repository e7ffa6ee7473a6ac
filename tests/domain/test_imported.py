"""What an order of the system before this one leaves open, and what Vipps names for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from payments_service.domain.decisions import Attention, ExpiryMode, Rules, decide
from payments_service.domain.imported import Answer, ImportedOrder, named_amount, status_of_word
from payments_service.domain.orders import OrderStatus
from payments_service.domain.registrations import RegistrationStatus
from payments_service.domain.vocabulary import WORDS
from tests.domain.made import NOW, cancelled, captured, reading, registration, reserved

DUE = {"payment_expiredate": NOW - timedelta(seconds=1)}
ENDS = {OrderStatus.CANCEL, OrderStatus.VOID, OrderStatus.REFUND}
PAID = {OrderStatus.SALE, OrderStatus.CAPTURE, OrderStatus.RESERVED}


def imported(status: OrderStatus | None, **fields: Any) -> ImportedOrder:
    return ImportedOrder("the-order", str(status), status, "123", "olanor", None, NOW, **fields)


@pytest.mark.parametrize("status", [*OrderStatus, None])
def test_what_is_not_answered_is_open_unless_it_clearly_ended(status: OrderStatus | None) -> None:
    assert imported(status).is_open_question is (status not in ENDS)
    assert imported(status, answer=Answer.KNOWN).is_open_question is False
    assert imported(status, answer=Answer.DISREGARDED).is_open_question is False


@pytest.mark.parametrize("is_unit_proven", [True, False])
@pytest.mark.parametrize("status", [*OrderStatus, None])
def test_what_vipps_does_not_know_is_open_where_it_was_paid_or_the_keys_may_be_wrong(
    status: OrderStatus | None, is_unit_proven: bool
) -> None:
    found = imported(status, answer=Answer.UNKNOWN, is_unit_proven=is_unit_proven)
    assert found.is_open_question is (status in PAID or (status not in ENDS and not is_unit_proven))


@pytest.mark.parametrize("word", [*WORDS, *map(str.lower, WORDS)])
def test_every_word_of_vipps_is_taken_for_something(word: str) -> None:
    assert status_of_word(word) is not None


def test_no_other_word_is() -> None:
    assert status_of_word("SPLIT") is status_of_word("") is None


@pytest.mark.parametrize(
    ("log", "amount"),
    [
        ("INITIATE:9950 SALE:9950", 9950),
        ("!RESERVE:100 RESERVE:9950", 9950),
        ("RESERVE:25000 CAPTURE:10000", 25000),
        ("CANCEL:25000", None),
        ("INITIATE:99", None),
        ("INITIATE:1000000", None),
        ("", None),
    ],
)
def test_the_amount_is_the_one_that_vipps_names(log: str, amount: int | None) -> None:
    assert named_amount(reading(log)) == amount


def test_an_open_question_holds_a_due_seat_and_tells_a_person_after_a_while() -> None:
    for since, cases in ((NOW, ()), (NOW - timedelta(minutes=15), ((Attention.SEAT_WITHOUT_ANSWER, None),))):
        held = registration(status=RegistrationStatus.HELD, held_since=since, **DUE)
        verdict = decide(held, [cancelled()], now=NOW, rules=Rules(), has_open_question=True)
        assert (verdict.status, verdict.release) == (RegistrationStatus.HELD, False)
        assert verdict.attention == cases


@pytest.mark.parametrize("mode", [ExpiryMode.OFF, ExpiryMode.SHADOW])
def test_it_would_hold_it_where_nothing_is_released(mode: ExpiryMode) -> None:
    verdict = decide(registration(**DUE), [], now=NOW, rules=Rules(expiry_mode=mode), has_open_question=True)
    assert (verdict.status, verdict.would_release) == (RegistrationStatus.AWAITING_PAYMENT, False)


def test_an_open_question_is_nothing_to_a_seat_that_is_paid_or_not_due() -> None:
    paid = decide(registration(**DUE), [captured()], now=NOW, rules=Rules(), has_open_question=True)
    assert paid.status is RegistrationStatus.PAID
    early = decide(registration(), [], now=NOW, rules=Rules(), has_open_question=True)
    assert early.status is RegistrationStatus.AWAITING_PAYMENT


def test_imported_money_never_goes_back_by_itself_but_a_reservation_is_let_go() -> None:
    first, second, third = captured("a"), captured("b", is_imported=True), reserved("c", is_imported=True)
    verdict = decide(registration(), [first, second, third], now=NOW, rules=Rules())
    assert (verdict.pays_seat, verdict.give_back) == ("a", ("c",))
    assert verdict.attention == ((Attention.PAID_TWICE, "b"),)
    exempt = registration(status=RegistrationStatus.EXEMPT)
    assert decide(exempt, [second], now=NOW, rules=Rules()).give_back == ()
