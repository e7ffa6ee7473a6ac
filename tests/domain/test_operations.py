"""Moves of money: their keys, whether they have happened, whether they are still wanted. And money in words."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.money import PRICE_MAX_ORE, PRICE_MIN_ORE, kroner
from payments_service.domain.operations import (
    KEY_LENGTH_MAX,
    OperationKind,
    Purpose,
    has_happened,
    is_still_wanted,
    operation_key,
)
from payments_service.domain.orders import Order, OrderStatus
from payments_service.domain.readings import LogEntry
from tests.domain.made import PRICE, cancelled, captured, operation, order, reserved

CAPTURE, CANCEL, REFUND = OperationKind.CAPTURE, OperationKind.CANCEL, OperationKind.REFUND
ORDERS: dict[str, Order] = {
    "open": order(),
    "dead": cancelled(),
    "late": cancelled(is_closed=False),
    "void": order(status=OrderStatus.VOID, is_closed=True, authorized_ore=PRICE),
    "reserved": reserved(),
    "paying": reserved(pays_seat=True),
    "frozen": reserved(pays_seat=True, is_frozen=True),
    "part": captured(captured_ore=10_000, held_ore=15_000, is_closed=False),
    "taken": captured(),
    "back": captured(status=OrderStatus.REFUND, refunded_ore=PRICE),
}
HAPPENED = {
    CAPTURE: {"taken", "back"},
    CANCEL: {"dead", "void", "taken", "back"},
    REFUND: {"back"},
}
WANTED = {
    (CAPTURE, Purpose.CAPTURE): {"paying"},
    (CAPTURE, Purpose.ORGANISER): {"reserved", "paying", "part"},
    (CANCEL, Purpose.CLOSE): {"open", "late"},
    (CANCEL, Purpose.GIVE_BACK): {"reserved", "part"},
    (CANCEL, Purpose.ORGANISER): {"open", "reserved", "paying", "frozen", "part"},
    (REFUND, Purpose.GIVE_BACK): {"taken"},
    (REFUND, Purpose.ORGANISER): {"taken"},
}


@pytest.mark.parametrize(("kind", "key"), [(CAPTURE, "-c1"), (CANCEL, "-x1"), (REFUND, "-r1")])
def test_a_key_is_the_orders_id_and_what_it_does_and_fits_both_apis(kind: OperationKind, key: str) -> None:
    order_id = str(uuid4())
    assert operation_key(order_id, kind) == order_id + key
    assert len(operation_key(order_id, kind, 99)) <= KEY_LENGTH_MAX == 40


def test_a_key_too_long_for_vipps_is_never_made() -> None:
    with pytest.raises(ValueError, match="longer than 40"):
        operation_key(str(uuid4()), REFUND, 100)


@pytest.mark.parametrize(
    ("log", "happened"),
    [
        # (word, whose key), oldest first; None: the log names nobody
        ([("CAPTURE", "c1"), ("REFUND", "r1")], True),
        ([("CAPTURE", "c1"), ("REFUND", "")], False),  # eCom's portal
        ([("CAPTURED", "c1"), ("REFUNDED", None)], False),  # ePayment's
        ([("CAPTURED", "c1"), ("REFUNDED", "somebody-else's")], False),
        ([("CAPTURED", "c1"), ("REFUNDED", None), ("REFUNDED", "r1")], True),
        ([("SALE", None), ("REFUND", None)], True),  # a log that names no move: the sums decide
    ],
)
def test_a_refund_is_ours_when_the_log_says_so_and_never_by_its_size_alone(
    log: list[tuple[str, str | None]], happened: bool
) -> None:
    ours = operation(REFUND, Purpose.ORGANISER)
    entries = [
        LogEntry(
            word, PRICE, succeeded=True, request_id=f"the-order-{whose}" if whose in ("c1", "r1") else whose
        )
        for word, whose in log
    ]
    back = captured(status=OrderStatus.REFUND, refunded_ore=PRICE)
    assert has_happened(ours, back, entries) is happened


def test_keys_of_different_operations_differ() -> None:
    order_id = str(uuid4())
    keys = [operation_key(order_id, kind, n) for kind in OperationKind for n in range(1, 100)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("kind", OperationKind)
def test_an_operation_has_happened_when_vipps_amounts_show_it(kind: OperationKind, name: str) -> None:
    assert has_happened(operation(kind, Purpose.ORGANISER), ORDERS[name]) is (name in HAPPENED[kind])


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize(("kind", "purpose"), WANTED)
def test_an_operation_is_sent_only_while_it_still_does_what_it_was_meant_for(
    kind: OperationKind, purpose: Purpose, name: str
) -> None:
    assert is_still_wanted(operation(kind, purpose), ORDERS[name]) is (name in WANTED[kind, purpose])


@pytest.mark.parametrize(
    ("refunded", "happened", "wanted"), [(5_000, False, True), (9_999, False, True), (10_000, True, True)]
)
def test_a_second_refund_is_told_from_the_first_by_what_was_refunded_before(
    refunded: int, happened: bool, wanted: bool
) -> None:
    second = operation(REFUND, Purpose.ORGANISER, 5_000, before_ore=5_000)
    known = captured(refunded_ore=refunded)
    assert (has_happened(second, known), is_still_wanted(second, known)) == (happened, wanted)


def test_more_than_is_left_is_never_refunded() -> None:
    assert not is_still_wanted(operation(REFUND, Purpose.GIVE_BACK, PRICE), captured(refunded_ore=1))


# What an order's amounts mean


@pytest.mark.parametrize(
    ("known", "is_paid"),
    [
        (order(), False),
        (cancelled(), False),
        (reserved(), True),
        (reserved(held_ore=PRICE - 1), False),
        (captured(), True),
        (captured(refunded_ore=1), True),
        (captured(refunded_ore=PRICE), False),
        (captured(status=OrderStatus.SALE), True),
        (order(status=OrderStatus.VOID, authorized_ore=PRICE), False),
    ],
)
def test_paid_is_captured_minus_refunded_or_a_reservation_that_still_holds_all(
    known: Order, is_paid: bool
) -> None:
    assert known.is_paid is is_paid


@pytest.mark.parametrize(
    ("ore", "text"),
    [
        (0, "0.00"),
        (1, "0.01"),
        (100, "1.00"),
        (25_000, "250.00"),
        (999_999, "9999.99"),
        (-1, "-0.01"),
        (-250, "-2.50"),
    ],
)
def test_kroner_have_two_decimals(ore: int, text: str) -> None:
    assert kroner(ore) == text


@given(st.integers(PRICE_MIN_ORE, PRICE_MAX_ORE))
def test_no_ore_is_lost_in_words(ore: int) -> None:
    whole, _, rest = kroner(ore).partition(".")
    assert (int(whole) * 100 + int(rest), len(rest)) == (ore, 2)
