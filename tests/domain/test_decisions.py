"""The heart as a truth table: orders × deadline × mode × status → what is so and what follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments_service.domain.decisions import (
    HELD_TOO_LONG,
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
