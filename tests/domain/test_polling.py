"""How often Vipps is asked: as if no callback ever came, and never more often than it allows."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments_service.domain.orders import Order, OrderStatus
from payments_service.domain.polling import FIRST_READ, next_read, next_read_after_silence
from tests.domain.made import CHECKOUT, NOW, cancelled, captured, order, reserved, seconds

ENDS = NOW + CHECKOUT
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def wait(known: Order, now: datetime) -> float | None:
    at = next_read(known, now=now)
    return None if at is None else (at - now).total_seconds()


def test_the_first_read_comes_five_seconds_after_the_start() -> None:
    assert seconds(5) == FIRST_READ
    assert wait(order(started_at=None, checkout_ends_at=None), NOW) == 5


@pytest.mark.parametrize(
    ("age", "step"),
    [
        (5, 2),
        (30, 2),
        (59.9, 2),
        (60, 8),
        (300, 8),
        (591, 8),
        (595, 5),  # the read at the very end of the checkout is not late
        (599, 1),
        (600, 5),
        (601, 5),
        (7200, 5),
    ],
)
def test_an_open_checkout_is_asked_about_by_its_age(age: float, step: float) -> None:
    assert wait(order(), NOW + seconds(age)) == step


@pytest.mark.parametrize(
    ("age", "step"), [(0, 12.5), (30, 12.5), (300, 12.5), (587.5, 12.5), (595, 5), (600, 5)]
)
def test_while_its_link_may_be_had_by_another_start_vipps_is_asked_as_often_as_it_takes_starts(
    age: float, step: float
) -> None:
    assert wait(order(is_start_repeatable=True), NOW + seconds(age)) == step


def test_a_whole_checkout_stays_within_vipps_limits() -> None:
    instants, now = [], NOW + FIRST_READ
    while now < ENDS + seconds(120):
        instants.append(now)
        after = next_read(order(), now=now)
        assert after is not None
        assert after > now
        now = after
    for instant in instants:
        within = [other for other in instants if instant <= other < instant + seconds(60)]
        assert len(within) <= 40
    assert any(abs(instant - ENDS) <= seconds(0.2) for instant in instants)


@settings(max_examples=500, deadline=None)
@given(st.floats(0, 7200), st.floats(1, 1200))
def test_whatever_the_checkouts_length_a_read_is_never_far_off_nor_at_once(age: float, length: float) -> None:
    step = wait(order(checkout_ends_at=NOW + seconds(length)), NOW + seconds(age))
    assert step is not None
    assert 0.1 <= step <= 8
    if age >= length:
        assert step == 5


def test_nothing_more_is_asked_of_what_can_no_longer_change() -> None:
    over = [
        cancelled(),
        captured(),
        captured(status=OrderStatus.SALE),
        captured(status=OrderStatus.REFUND, refunded_ore=25_000),
        order(status=OrderStatus.VOID, is_closed=True),
    ]
    assert [wait(known, ENDS + DAY) for known in over] == [None] * len(over)


def test_one_that_appeared_late_is_asked_about_until_it_is_closed() -> None:
    assert wait(cancelled(is_closed=False), NOW) == 5


def test_one_that_was_never_created_is_looked_for_until_its_checkout_would_have_ended() -> None:
    never = cancelled(missing_since=NOW, payment_link=None)
    assert wait(never, ENDS - seconds(1)) == 30
    assert wait(never, ENDS) is None


@pytest.mark.parametrize(
    ("age", "step"), [(seconds(0), 10), (seconds(119), 10), (seconds(120), 3600), (DAY, 86400)]
)
@pytest.mark.parametrize(
    "known",
    [reserved(), order(is_frozen=True), captured(is_frozen=True), captured(captured_ore=1, held_ore=1)],
    ids=["reserved", "frozen", "frozen and captured", "captured in part"],
)
def test_what_should_not_stay_so_is_asked_about_closely_then_hourly_then_daily(
    known: Order, age: timedelta, step: float
) -> None:
    assert wait(known, NOW + age) == step


@pytest.mark.parametrize(
    ("age", "step"), [(seconds(0), 5), (seconds(119), 5), (seconds(120), 3600), (DAY, 86400)]
)
def test_money_on_its_way_back_is_followed_closely_at_first(age: timedelta, step: float) -> None:
    assert wait(captured(is_returning=True), NOW + age) == step


# Vipps is silent


@pytest.mark.parametrize(
    ("silent_for", "step"),
    [(0, 1), (1, 1), (2, 2), (4, 4), (14, 14), (60, 15), (599, 15), (600, 120), (86_400, 120)],
)
def test_silence_is_answered_with_patience_capped_at_fifteen_seconds_for_ten_minutes(
    silent_for: float, step: float
) -> None:
    now = NOW + seconds(silent_for)
    assert next_read_after_silence(now=now, silent_since=NOW, retry_after=None) == now + seconds(step)


@settings(max_examples=300, deadline=None)
@given(st.floats(0, 86_400), st.none() | st.floats(0, 3600))
def test_retry_after_is_obeyed(silent_for: float, retry_after: float | None) -> None:
    now = NOW + seconds(silent_for)
    step = (next_read_after_silence(now=now, silent_since=NOW, retry_after=retry_after) - now).total_seconds()
    assert step >= 1
    assert step >= (retry_after or 0) - 1e-5  # what an instant rounds off
    if silent_for < 600 and not retry_after:
        assert step <= 15


def test_a_clock_that_was_set_back_never_makes_it_wait_long() -> None:
    step = next_read_after_silence(now=NOW, silent_since=NOW + HOUR, retry_after=None) - NOW
    assert step == seconds(1)
