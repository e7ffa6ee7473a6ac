"""When a registration falls due: absolute instants, real durations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments_service.domain.deadlines import NaiveInstantError, aware, payment_expiredate, seconds_left
from tests.domain.made import NOW, seconds

HOUR = timedelta(hours=1)
OSLO = ZoneInfo("Europe/Oslo")
NAIVE = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001 - that is the point


def deadline(
    *,
    now: datetime = NOW,
    waiting: bool = False,
    starts_at: datetime | None = None,
    paytime: timedelta = HOUR,
) -> datetime:
    return payment_expiredate(
        now=now,
        paytime=paytime,
        waiting_list_paytime=12 * HOUR,
        from_waiting_list=waiting,
        starts_at=starts_at,
    )


def test_a_seat_is_to_be_paid_within_the_events_own_time() -> None:
    assert deadline() == NOW + HOUR


def test_a_promotion_from_the_waiting_list_has_a_time_of_its_own() -> None:
    assert deadline(waiting=True) == NOW + 12 * HOUR


@pytest.mark.parametrize(
    ("starts_in", "due_in"),
    [
        (seconds(1), seconds(1)),
        (HOUR - seconds(1), HOUR - seconds(1)),
        (HOUR, HOUR),
        (HOUR + seconds(1), HOUR),
        (seconds(0), HOUR),  # it starts this instant: the start lies ahead no more
        (-HOUR, HOUR),
        (-seconds(1), HOUR),
    ],
)
def test_never_later_than_the_start_while_that_lies_ahead(starts_in: timedelta, due_in: timedelta) -> None:
    assert deadline(starts_at=NOW + starts_in) == NOW + due_in


def test_the_start_caps_a_promotion_too() -> None:
    assert deadline(waiting=True, starts_at=NOW + 2 * HOUR) == NOW + 2 * HOUR


@pytest.mark.parametrize(
    "local",
    [
        datetime(2026, 3, 29, 1, 30, tzinfo=OSLO),  # an hour later it is 03:30
        datetime(2026, 10, 25, 2, 30, tzinfo=OSLO),  # an hour later it is 02:30 again
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=OSLO),
        datetime(2026, 12, 31, 23, 30, tzinfo=OSLO),
        datetime(2028, 2, 28, 23, 30, tzinfo=OSLO),
    ],
)
def test_two_hours_are_two_hours_whatever_the_clocks_on_the_wall_do(local: datetime) -> None:
    begun = local.astimezone(UTC)
    assert (deadline(now=begun, paytime=2 * HOUR) - begun).total_seconds() == 7200
    assert deadline(now=begun, paytime=2 * HOUR).timestamp() - local.timestamp() == 7200


@pytest.mark.parametrize("arguments", [{"now": NAIVE}, {"starts_at": NAIVE}])
def test_an_instant_without_an_offset_is_refused(arguments: dict[str, datetime]) -> None:
    with pytest.raises(NaiveInstantError):
        deadline(**arguments)  # type: ignore[arg-type]


def test_an_instant_with_an_offset_is_left_as_it_is() -> None:
    assert aware(NOW) is NOW
    with pytest.raises(NaiveInstantError):
        seconds_left(NAIVE, NOW)
    with pytest.raises(NaiveInstantError):
        seconds_left(NOW, NAIVE)


@pytest.mark.parametrize(
    ("left", "shown"), [(3600, 3600), (1.999, 1), (0.999, 0), (0, 0), (-0.5, 0), (-3600, 0)]
)
def test_seconds_left_are_whole_and_never_negative(left: float, shown: int) -> None:
    assert seconds_left(NOW + seconds(left), NOW) == shown


@settings(max_examples=300, deadline=None)
@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 86_399),
    st.none() | st.integers(-200_000, 200_000),
    st.booleans(),
)
def test_a_deadline_always_lies_ahead_and_never_beyond_the_time_given(
    now: datetime, paytime: int, starts_in: int | None, waiting: bool
) -> None:
    starts_at = None if starts_in is None else now + seconds(starts_in)
    due = deadline(now=now, paytime=seconds(paytime), starts_at=starts_at, waiting=waiting)
    assert now < due <= now + (12 * HOUR if waiting else seconds(paytime))
    if starts_at is not None and starts_at > now:
        assert due <= starts_at
