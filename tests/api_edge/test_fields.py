"""Ids, money, times and text are read in one way only, and written so that they can be read again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from payments_service.api import fields
from payments_service.domain.money import kroner


def reads(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value, strict=True)


@pytest.mark.parametrize("value", ["1", "a", "A.b_c:d@e-f", "x" * 64, 7, -1, 2**62])
def test_an_id_is_text_or_a_whole_number(value: object) -> None:
    assert reads(fields.BackendId, value) == str(value)


@pytest.mark.parametrize(
    "value", ["", "-", "._:@-", "x" * 65, "a b", "a\n", "å", "a/b", "\uff11", True, 1.0, None, [], b"a"]
)
def test_what_is_no_id(value: object) -> None:
    with pytest.raises(ValidationError):
        reads(fields.BackendId, value)


@pytest.mark.parametrize(
    ("text", "ore"),
    [("1", 100), ("1.00", 100), ("1.5", 150), ("250.00", 25000), ("9999.99", 999999), ("0001", 100)],
)
def test_a_price_is_kroner_as_text(text: str, ore: int) -> None:
    assert reads(fields.Price, text) == ore


@pytest.mark.parametrize(
    "value",
    [
        "0.99",
        "0",
        "10000",
        "1.000",
        "1,00",
        "1.",
        ".5",
        "-1",
        "+1",
        "1e2",
        " 1",
        "1\n",
        "\uff11.\uff10\uff10",
        "",
        250,
        250.0,
        True,
        None,
    ],
)
def test_what_is_no_price(value: object) -> None:
    with pytest.raises(ValidationError):
        reads(fields.Price, value)


def test_an_amount_may_be_small_and_not_nothing() -> None:
    assert reads(fields.Amount, "0.01") == 1
    with pytest.raises(ValidationError):
        reads(fields.Amount, "0.00")


@pytest.mark.parametrize(("text", "seconds"), [("00:00:01", 1), ("01:00:00", 3600), ("23:59:59", 86399)])
def test_a_paytime_is_a_duration_within_a_day(text: str, seconds: int) -> None:
    assert reads(fields.Paytime, text) == seconds
    assert fields.paytime(seconds) == text


@pytest.mark.parametrize(
    "value",
    [
        "00:00:00",
        "24:00:00",
        "1:00:00",
        "00:60:00",
        "01:00",
        "PT1H",
        "01:00:00\n",
        3600,
        None,
        "\u0660\u0661:00:00",
    ],
)
def test_what_is_no_paytime(value: object) -> None:
    with pytest.raises(ValidationError):
        reads(fields.Paytime, value)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-23T15:00:00Z", "2026-11-23T15:00:00Z"),
        ("2026-11-23t15:00:00z", "2026-11-23T15:00:00Z"),
        ("2026-11-23T16:00:00+01:00", "2026-11-23T15:00:00Z"),
        ("2026-11-23T00:30:00+05:30", "2026-11-22T19:00:00Z"),
        ("2026-11-23T15:00:00-00:00", "2026-11-23T15:00:00Z"),
        ("2026-11-23T15:00:00.25Z", "2026-11-23T15:00:00.250000Z"),
        ("2026-11-23T15:00:00.1234567Z", "2026-11-23T15:00:00.123456Z"),
    ],
)
def test_an_instant_has_an_offset_and_becomes_utc(text: str, written: str) -> None:
    found = reads(fields.Instant, text)
    assert found.tzinfo is UTC
    assert fields.instant(found) == written


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23T15:00:00",
        "2026-11-23",
        "2026-11-23T15:00Z",
        "2026-02-30T15:00:00Z",
        "2016-12-31T23:59:60Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T15:00:00+24:00",
        "2026-11-23T15:00:00+0100",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "1999-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "20261123T150000Z",
        "2026-11-23T15:00:00Z\n",
        "\uff12026-11-23T15:00:00Z",
        1795446000,
        1795446000.0,
        datetime(2026, 11, 23, tzinfo=UTC),
        None,
    ],
)
def test_what_is_no_instant(value: object) -> None:
    with pytest.raises(ValidationError):
        reads(fields.Instant, value)


EARLIEST = datetime(2000, 1, 2, tzinfo=UTC).replace(tzinfo=None)
LATEST = datetime(2199, 12, 30, tzinfo=UTC).replace(tzinfo=None)


@given(st.datetimes(EARLIEST, LATEST), st.integers(-1439, 1439))
def test_a_written_instant_is_the_same_when_read(moment: datetime, offset: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    assert fields.instant_utc(fields.instant(aware)) == aware


def test_an_instant_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="time zone"):
        fields.instant(datetime(2026, 11, 23))  # noqa: DTZ001 - what is refused


@given(st.integers(100, 999_999))
def test_a_written_price_is_the_same_when_read(ore: int) -> None:
    assert fields.price_ore(kroner(ore)) == ore


def test_more_money_than_a_price_can_be_written() -> None:
    assert [kroner(ore) for ore in (0, 5, 1_234_567, -150)] == ["0.00", "0.05", "12345.67", "-1.50"]


@pytest.mark.parametrize(
    "value", ["a\0", "a\n", "\x7f", "\x85", "\u2028", "\u202e", "\ud800", "x" * 201, 1, None]
)
def test_what_is_no_title(value: object) -> None:
    with pytest.raises(ValidationError):
        reads(fields.Title, value)


@pytest.mark.parametrize(
    ("value", "is_phone"),
    [
        ("91234567", True),
        ("4791234567", True),
        ("+4791234567", True),
        ("+46701234567", False),
        ("9123456\uff17", False),
        ("91234567\n", False),
    ],
)
def test_a_phone_number_is_norwegian(value: str, is_phone: bool) -> None:
    if is_phone:
        assert reads(fields.Phone, value) == value
    else:
        with pytest.raises(ValidationError):
            reads(fields.Phone, value)
