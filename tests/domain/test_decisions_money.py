"""Who pays the seat, what is taken, what goes back, and what a person must look at."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from payments_service.domain.decisions import HELD_TOO_LONG, Attention, Rules, decide
from payments_service.domain.registrations import RegistrationStatus
from tests.domain.made import NOW, cancelled, captured, order, registration, reserved, seconds
from tests.domain.test_decisions import verdict


@pytest.mark.parametrize(
    ("letters", "payer", "capture", "close", "back"),
    [
        ("R", "0", "0", "", ""),
        ("C", "0", "", "", ""),
        ("Ro", "0", "0", "1", ""),
        ("oR", "1", "1", "0", ""),
        ("RR", "0", "0", "", "1"),
        ("RC", "1", "", "", "0"),
        ("CC", "0", "", "", "1"),
        ("RF", "0", "0", "", ""),
        ("rR", "1", "1", "", "0"),
        ("R-bv", "0", "0", "", ""),
    ],
)
def test_one_pays_the_rest_closes_or_goes_back(
    letters: str, payer: str, capture: str, close: str, back: str
) -> None:
    found = verdict(registration(), letters)
    told = (found.pays_seat or "", *map(first_letters, (found.capture, found.close, found.give_back)))
    assert (told[0][:1], *told[1:]) == (payer, capture, close, back)


def first_letters(order_ids: tuple[str, ...]) -> str:
    return "".join(order_id[0] for order_id in order_ids)


def test_the_one_already_chosen_keeps_paying() -> None:
    chosen = reserved("chosen", pays_seat=True, paid_at=NOW)
    rival = captured("rival", paid_at=NOW - timedelta(hours=1))
    found = decide(registration(), [rival, chosen], now=NOW, rules=Rules())
    assert (found.pays_seat, found.give_back) == ("chosen", ("rival",))


def test_else_the_first_to_be_approved_pays() -> None:
    early, late = reserved("z", paid_at=NOW), reserved("a", paid_at=NOW + seconds(1))
    assert decide(registration(), [late, early], now=NOW, rules=Rules()).pays_seat == "z"


@pytest.mark.parametrize(("at_once", "returns"), list(product([True, False], repeat=2)))
def test_settings_say_whether_money_is_taken_at_once_and_whether_surplus_goes_back_by_itself(
    at_once: bool, returns: bool
) -> None:
    rules = Rules(captures_at_once=at_once, returns_late_money=returns)
    assert (verdict(registration(), "R", rules=rules).capture != ()) is at_once
    twice = verdict(registration(), "CC", rules=rules)
    assert (twice.give_back != ()) is returns
    assert [code for code, _ in twice.attention] == [Attention.PAID_TWICE]  # a person hears of it either way
    late = verdict(
        registration(status=RegistrationStatus.EXPIRED, over_at=NOW - seconds(9)), "C", rules=rules
    )
    assert (late.give_back != ()) is returns
    assert [code for code, _ in late.attention] == [Attention.PAID_WITHOUT_SEAT]


def test_money_that_was_there_before_the_seat_went_is_a_persons_matter() -> None:
    gone = registration(status=RegistrationStatus.ENDED, over_at=NOW + seconds(1))
    assert verdict(gone, "C").give_back == ()


@pytest.mark.parametrize(("event_id", "cases"), [(None, [Attention.PAID_WITHOUT_SEAT]), ("123", [])])
def test_an_open_checkout_of_an_event_that_is_gone_is_a_persons_matter_until_it_closes(
    event_id: str | None, cases: list[Attention]
) -> None:
    gone = registration(status=RegistrationStatus.ENDED, over_at=NOW)
    found = decide(gone, [order("an-open-one", event_id=event_id)], now=NOW, rules=Rules())
    assert (found.close, [code for code, _ in found.attention]) == (("an-open-one",), cases)
    assert decide(gone, [cancelled("closed", event_id=event_id)], now=NOW, rules=Rules()).attention == ()


@pytest.mark.parametrize(("held_for", "cases"), [(HELD_TOO_LONG - seconds(1), 0), (HELD_TOO_LONG, 1)])
def test_a_seat_held_for_a_quarter_of_an_hour_is_a_persons_matter(held_for: timedelta, cases: int) -> None:
    held = registration(
        status=RegistrationStatus.HELD, payment_expiredate=NOW - held_for, held_since=NOW - held_for
    )
    assert verdict(held, "u").attention == ((Attention.SEAT_WITHOUT_ANSWER, None),) * cases


def test_a_checkout_that_vipps_never_closes_is_a_persons_matter_too() -> None:
    found = verdict(registration(payment_expiredate=NOW), "i")
    assert [code for code, _ in found.attention] == [Attention.SEAT_WITHOUT_ANSWER]


def test_a_frozen_order_is_always_a_persons_matter() -> None:
    refunded = registration(status=RegistrationStatus.REFUNDED)
    for reg, letters in product(
        (registration(), registration(payment_expiredate=NOW), refunded), ("f", "Rf", "-f", "fu")
    ):
        assert Attention.AMOUNT_MISMATCH in [code for code, _ in verdict(reg, letters).attention]
