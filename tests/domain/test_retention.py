"""The accounts keep a name for five years after the last second of the year, in Norway."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from payments_service.domain.retention import accounts_cutoff

OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize("year", range(2024, 2060))
def test_a_year_is_kept_until_five_more_are_over_to_the_second(year: int) -> None:
    last = datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=OSLO)
    over = datetime(year + 6, 1, 1, tzinfo=OSLO)
    assert accounts_cutoff(over) == datetime(year + 1, 1, 1, tzinfo=OSLO)
    assert last < accounts_cutoff(over)
    assert not last < accounts_cutoff(over - timedelta(microseconds=1))


def test_it_is_the_same_all_year() -> None:
    first = datetime(2032, 1, 1, tzinfo=OSLO)
    found = {accounts_cutoff(first + timedelta(hours=n)) for n in range(366 * 24)}
    assert found == {datetime(2027, 1, 1, tzinfo=OSLO)}
