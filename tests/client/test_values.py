"""What could be misread never leaves; words we do not know stay what they are."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_args

import pytest

from payments_service.domain.decisions import Attention
from payments_service.domain.orders import OrderStatus as TheirOrderStatus
from payments_service.domain.orders import StatusReason as TheirStatusReason
from payments_service.domain.registrations import RegistrationStatus as TheirRegistrationStatus
from payments_service.use_cases.grant import ExemptionKind as TheirExemptionKind
from payments_service_client import (
    CaseCode,
    ExemptionKind,
    OrderStatus,
    RegistrationStatus,
    StatusReason,
)
from payments_service_client.values import clock, identifier, instant, kroner


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal(250), "250.00"),
        (Decimal("0.5"), "0.50"),
        (Decimal("1E+2"), "100.00"),
        (Decimal("9.990"), "9.99"),
    ],
)
def test_kroner_have_two_decimals(amount: Decimal, text: str) -> None:
    assert kroner(amount) == text


@pytest.mark.parametrize("amount", [250.0, 250, "250.00", None, True])
def test_an_amount_is_a_decimal(amount: Any) -> None:
    with pytest.raises(TypeError, match="Decimal"):
        kroner(amount)


@pytest.mark.parametrize("amount", ["0.001", "-1", "NaN", "Infinity", "-0.01"])
def test_an_amount_is_money(amount: str) -> None:
    with pytest.raises(ValueError, match="øre"):
        kroner(Decimal(amount))


def test_an_instant_has_a_time_zone() -> None:
    oslo = timezone(timedelta(hours=1))
    assert instant(datetime(2026, 11, 23, 16, 0, tzinfo=oslo)) == "2026-11-23T16:00:00+01:00"
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 11, 23, 16, 0, tzinfo=UTC).replace(tzinfo=None))


@pytest.mark.parametrize(
    ("paytime", "text"),
    [
        (timedelta(hours=1), "01:00:00"),
        (timedelta(seconds=1), "00:00:01"),
        (timedelta(days=1) - timedelta(seconds=1), "23:59:59"),
    ],
)
def test_a_paytime_is_a_clock(paytime: timedelta, text: str) -> None:
    assert clock(paytime) == text


@pytest.mark.parametrize(
    "paytime",
    [
        timedelta(0),
        timedelta(days=1),
        timedelta(seconds=-5),
        timedelta(milliseconds=1500),
        timedelta(minutes=-90),
    ],
)
def test_a_paytime_is_a_whole_part_of_a_day(paytime: timedelta) -> None:
    with pytest.raises(ValueError, match="paytime"):
        clock(paytime)


@pytest.mark.parametrize("value", ["..", ".", "", "a/b", "a b", "a?b", "æ", "a" * 65, "a\n", True])
def test_an_id_cannot_lead_to_another_route(value: Any) -> None:
    with pytest.raises(ValueError, match="an id has"):
        identifier(value)


def test_whole_numbers_and_text_are_ids() -> None:
    assert (identifier(77), identifier("r:77@x"), identifier(0)) == ("77", "r:77@x", "0")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (OrderStatus, TheirOrderStatus),
        (StatusReason, TheirStatusReason),
        (RegistrationStatus, TheirRegistrationStatus),
        (ExemptionKind, get_args(TheirExemptionKind)),
        (CaseCode, Attention),
    ],
)
def test_the_words_are_the_services(ours: type[StrEnum], theirs: Any) -> None:
    assert {str(word) for word in ours} == {str(word) for word in theirs}


def test_an_unknown_word_survives() -> None:
    word = RegistrationStatus("pondered")
    assert (word, str(word), word.is_known) == ("pondered", "pondered", False)
    assert word == RegistrationStatus("pondered")
    assert {word: 1}["pondered"] == 1  # type: ignore[index]
    assert pickle.loads(pickle.dumps(word)) == copy.deepcopy(word) == word  # noqa: S301 - our own
    assert word not in list(RegistrationStatus)
    assert RegistrationStatus("paid") is RegistrationStatus.PAID
    assert RegistrationStatus.PAID.is_known
    with pytest.raises(ValueError, match="5"):
        RegistrationStatus(5)  # type: ignore[arg-type]
