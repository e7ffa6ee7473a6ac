"""The heart as a truth table: orders × deadline × mode × status → what is so and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from payments_service.domain.decisions import (
    HELD_TOO_LONG,
    Attention,
    ExpiryMode,
    Rules,
    Verdict,
    decide,
)
from payments_service.domain.orders import Order, OrderStatus
from payments_service.domain.registrations import OVER, Registration, RegistrationStatus
from tests.domain.made import NOW, cancelled, captured, order, registration, reserved, seconds

LEFT, DUE = NOW + seconds(1), NOW  # due at the very instant
STATUSES = {status.value: status for status in RegistrationStatus}

# One letter an order. What is closed and unpaid counts for nothing; everything else stands in the way of a release.
KINDS: dict[str, Order] = {
    "-": cancelled("a-dead-one"),
    "v": order("a-void-one", status=OrderStatus.VOID, is_closed=True, authorized_ore=25_000),
    "o": order("an-open-one"),
    "l": order("one-that-appeared-late", status=OrderStatus.CANCEL, is_closed=False, payment_link=None),
    "u": order("an-unanswered-one", unanswered_since=NOW - seconds(3)),
    "i": order("one-vipps-never-closes", checkout_ends_at=NOW - HELD_TOO_LONG),
    "f": order("a-frozen-one", is_frozen=True),
    "F": reserved("a-frozen-one-with-money", is_frozen=True),
    "R": reserved("a-reserved-one"),
    "C": captured("a-captured-one"),
    "P": captured("a-partly-refunded-one", refunded_ore=5_000),
    "b": captured("one-given-back", status=OrderStatus.REFUND, refunded_ore=25_000),
    "r": reserved("one-on-its-way-back", is_returning=True),
    "c": captured("a-captured-one-on-its-way-back", is_returning=True),
}

# orders  before the deadline   due, enforced        due, shadow        due, off
UNPAID = """
  .        awaiting_payment     release              would_release      awaiting_payment
  -        awaiting_payment     release              would_release      awaiting_payment
  --       awaiting_payment     release              would_release      awaiting_payment
  v        awaiting_payment     release              would_release      awaiting_payment
  b        awaiting_payment     release              would_release      awaiting_payment
  o        awaiting_payment     expiring             awaiting_payment   awaiting_payment
  l        awaiting_payment     expiring             awaiting_payment   awaiting_payment
  -o       awaiting_payment     expiring             awaiting_payment   awaiting_payment
  r        awaiting_payment     expiring             awaiting_payment   awaiting_payment
  i        awaiting_payment     held                 awaiting_payment   awaiting_payment
  u        awaiting_payment     held                 awaiting_payment   awaiting_payment
  -u       awaiting_payment     held                 awaiting_payment   awaiting_payment
  lu       awaiting_payment     held                 awaiting_payment   awaiting_payment
  c        awaiting_payment     expiring             awaiting_payment   awaiting_payment
  f        awaiting_payment     held                 awaiting_payment   awaiting_payment
  F        awaiting_payment     held                 awaiting_payment   awaiting_payment
  -f       awaiting_payment     held                 awaiting_payment   awaiting_payment
  fu       awaiting_payment     held                 awaiting_payment   awaiting_payment
  R        paid                 paid                 paid               paid
  C        paid                 paid                 paid               paid
  P        paid                 paid                 paid               paid
  RC       paid                 paid                 paid               paid
  Ro       paid                 paid                 paid               paid
  Ru       paid                 paid                 paid               paid
  Rf       paid                 paid                 paid               paid
  -R       paid                 paid                 paid               paid
  rR       paid                 paid                 paid               paid
"""
COLUMNS = [
    (LEFT, ExpiryMode.ENFORCE),
    (DUE, ExpiryMode.ENFORCE),
    (DUE, ExpiryMode.SHADOW),
    (DUE, ExpiryMode.OFF),
]
CELLS = [
    pytest.param(orders, *COLUMNS[n], word, id=f"{orders} {['left', 'due'][n > 0]} {COLUMNS[n][1]}")
    for orders, *words in map(str.split, UNPAID.strip().splitlines())
    for n, word in enumerate(words)
]


def orders_of(letters: str) -> list[Order]:
    return [
        replace(KINDS[letter], order_id=f"{n} {KINDS[letter].order_id}")
        for n, letter in enumerate(letters.replace(".", ""))
    ]


def verdict(
    reg: Registration, letters: str, mode: ExpiryMode = ExpiryMode.ENFORCE, rules: Rules | None = None
) -> Verdict:
    return decide(reg, orders_of(letters), now=NOW, rules=rules or Rules(expiry_mode=mode))


def in_a_word(found: Verdict) -> str:
    assert not (found.release and found.would_release)
    if found.release:
        return "release"
    return "would_release" if found.would_release else str(found.status)


@pytest.mark.parametrize("was", ["awaiting_payment", "expiring", "held"])
@pytest.mark.parametrize(("orders", "deadline", "mode", "word"), CELLS)
def test_the_table_of_seats_that_wait(
    orders: str, deadline: object, mode: ExpiryMode, word: str, was: str
) -> None:
    reg = registration(status=STATUSES[was], payment_expiredate=deadline)
    assert in_a_word(verdict(reg, orders, mode)) == word


@pytest.mark.parametrize(("deadline", "mode"), COLUMNS)
@pytest.mark.parametrize(
    ("was", "orders", "then"),
    [
        ("paid", "R", "paid"),
        ("paid", "P", "paid"),
        ("paid", "b", "refunded"),
        ("paid", "v", "refunded"),
        ("paid", "-b", "refunded"),
        ("refunded", "b", "refunded"),
        ("refunded", ".", "refunded"),
        ("refunded", "bR", "paid"),
        ("exempt", ".", "exempt"),
        ("exempt", "o", "exempt"),
        ("exempt", "R", "exempt"),
        ("expired", ".", "expired"),
        ("expired", "R", "expired"),
        ("ended", "oC", "ended"),
    ],
)
def test_what_is_decided_already_stays_so_whatever_the_clock_says(
    was: str, orders: str, then: str, deadline: object, mode: ExpiryMode
) -> None:
    reg = registration(
        status=STATUSES[was], payment_expiredate=deadline, over_at=NOW if STATUSES[was] in OVER else None
    )
    assert in_a_word(verdict(reg, orders, mode)) == then


# Who pays, what is taken and what goes back


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
