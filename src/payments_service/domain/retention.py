"""How long things are kept that name somebody, and when the accounts may forget a name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

#: What Vipps posted, word for word: long enough to look into a complaint about a payment of last month.
BODIES_KEPT: Final = timedelta(days=30)
#: What the event backend was told: ten times as long as it is tried, so that it can be repeated.
NOTICES_KEPT: Final = timedelta(days=30)
#: Who had a seat and lost it without ever paying: long enough to ask why after the event.
UNPAID_SEATS_KEPT: Final = timedelta(days=365)
#: Bokføringsloven § 13: documentation is kept for five years after the end of the accounting year.
ACCOUNTS_KEPT_YEARS: Final = 5


def accounts_cutoff(now: datetime) -> datetime:
    """Return the instant before which what happened no longer belongs to accounts that must be kept.

    An accounting year ends with the last second of December in Norway, where it is always winter then: UTC + 1 hour.
    """
    year_in_norway = (now.astimezone(UTC) + timedelta(hours=1)).year
    return datetime(year_in_norway - ACCOUNTS_KEPT_YEARS, 1, 1, tzinfo=UTC) - timedelta(hours=1)
