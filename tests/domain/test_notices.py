"""How long a notice is tried, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from payments_service.domain.notices import GIVE_UP_AFTER, News, NoticeType, next_try

BEGAN = datetime(2026, 11, 23, 14, tzinfo=UTC)


def pause(after: timedelta, *, retry_after: float | None = None) -> float:
    now = BEGAN + after
    due_at = next_try(now=now, first_tried_at=BEGAN, retry_after=retry_after)
    assert due_at is not None
    return (due_at - now).total_seconds()


@pytest.mark.parametrize(
    ("tried_for", "seconds"),
    [(0, 1), (1, 1), (4, 4), (20, 15), (599, 15), (600, 60), (3600, 360), (36_000, 3600), (100_000, 7200)],
)
def test_the_pause_grows_with_the_time_it_has_been_tried_for(tried_for: float, seconds: float) -> None:
    assert pause(timedelta(seconds=tried_for)) == seconds


def test_for_ten_minutes_nothing_waits_longer_than_fifteen_seconds() -> None:
    assert max(pause(timedelta(seconds=second)) for second in range(600)) == 15


def test_after_three_days_nobody_tries_any_more_and_the_last_try_is_at_their_end() -> None:
    assert pause(GIVE_UP_AFTER - timedelta(seconds=30)) == 30
    assert next_try(now=BEGAN + GIVE_UP_AFTER, first_tried_at=BEGAN) is None


def test_a_notice_that_nobody_takes_is_tried_some_hundred_times() -> None:
    now, tries = BEGAN, 1
    while (due_at := next_try(now=now, first_tried_at=BEGAN)) is not None:
        now, tries = due_at, tries + 1
    assert 80 < tries < 160


def test_a_receiver_that_asks_for_patience_gets_it_for_an_hour_at_most() -> None:
    assert pause(timedelta(seconds=1), retry_after=90) == 90
    assert pause(timedelta(seconds=1), retry_after=1e9) == 3600
    assert pause(timedelta(hours=5), retry_after=1) == 1800


def test_a_lane_is_a_registrations_or_else_an_orders() -> None:
    assert News(NoticeType.ORDER_PAID, "SALE", 1, registration_id="7", order_id="a").lane == "registration 7"
    assert News(NoticeType.ORDER_PAID, "SALE", 1, order_id="7").lane == "order 7"
