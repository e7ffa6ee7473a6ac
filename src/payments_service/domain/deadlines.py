"""When a registration falls due. Instants are aware UTC; naive ones raise."""

from __future__ import annotations

from datetime import datetime, timedelta


class NaiveInstantError(ValueError):
    """An instant without an offset: nobody knows when that is."""


def aware(instant: datetime) -> datetime:
    """Return the instant unchanged, or raise when it carries no offset."""
    if instant.tzinfo is None:
        raise NaiveInstantError("an instant needs an offset")
    return instant


def payment_expiredate(
    *,
    now: datetime,
    paytime: timedelta,
    waiting_list_paytime: timedelta,
    from_waiting_list: bool,
    starts_at: datetime | None,
) -> datetime:
    """Return the instant by which a seat given at `now` must be paid.

    A promotion from the waiting list gets its own time. Never later than the event's start while that lies ahead.
    """
    deadline = aware(now) + (waiting_list_paytime if from_waiting_list else paytime)
    if starts_at is not None and aware(starts_at) > now:
        return min(deadline, starts_at)
    return deadline


def seconds_left(deadline: datetime, now: datetime) -> int:
    """Return the whole seconds until the deadline, 0 when it is past."""
    return max(0, int((aware(deadline) - aware(now)).total_seconds()))
