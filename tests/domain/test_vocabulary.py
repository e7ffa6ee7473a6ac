"""Every word Vipps is known to use means one thing, and none is missing from the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from payments_service.domain.vocabulary import Meaning, meaning_of

# Checked in on purpose: a word is added here from Vipps' pages, and only then to the table.
OF_THE_DETAILS_LOG = {
    "INITIATE": "started",
    "RESERVE": "reserved",
    "SALE": "sold",
    "CAPTURE": "captured",
    "REFUND": "refunded",
    "CANCEL": "closed",
    "VOID": "voided",
}
OF_THE_CALLBACK = {
    "RESERVED": "reserved",
    "RESERVE": "reserved",  # Express
    "SALE": "sold",
    "RESERVE_FAILED": "declined",
    "SALE_FAILED": "declined",
    "CANCELLED": "closed",
    "REJECTED": "closed",
}
OF_THE_OLD_STATUS_ROUTE = {
    "INITIATE": "started",
    "REGISTER": "started",
    "RESERVE": "reserved",
    "SALE": "sold",
    "CAPTURE": "captured",
    "REFUND": "refunded",
    "CANCEL": "closed",
    "VOID": "voided",
    "FAILED": "declined",
    "REJECTED": "closed",
}
OF_REPLIES_TO_OPERATIONS = {"Cancelled": "closed", "Captured": "captured", "Refund": "refunded"}
OF_EPAYMENT = {
    "CREATED": "started",
    "AUTHORIZED": "reserved",
    "ABORTED": "closed",
    "EXPIRED": "closed",
    "TERMINATED": "closed",
    "CANCELLED": "closed",
    "CAPTURED": "captured",
    "REFUNDED": "refunded",
}
OF_THE_PAST = {
    "AUTOREVERSAL": "voided",  # 2018: timed out at the payment provider, money given back
    "AUTOCANCEL": "closed",
    "AUTO_CANCEL": "closed",
    "REJECT": "closed",
    "USER_CANCEL": "closed",
}
VOCABULARIES = [
    OF_THE_DETAILS_LOG,
    OF_THE_CALLBACK,
    OF_THE_OLD_STATUS_ROUTE,
    OF_REPLIES_TO_OPERATIONS,
    OF_EPAYMENT,
    OF_THE_PAST,
]
WORDS = sorted({pair for vocabulary in VOCABULARIES for pair in vocabulary.items()})
SPECIFICATIONS = sorted(Path(__file__).parents[3].glob("*/vipps-specs/ecom-v2.yaml"))


@pytest.mark.parametrize(("word", "meaning"), WORDS)
def test_every_word_has_its_meaning(word: str, meaning: str) -> None:
    assert meaning_of(word) is Meaning(meaning)


def test_no_two_vocabularies_disagree_about_a_word() -> None:
    assert len(WORDS) == len({word for word, _ in WORDS})


@pytest.mark.parametrize("spelling", ["reserve", " RESERVE", "Reserve\n", "\trEsErVe "])
def test_case_and_blanks_do_not_matter(spelling: str) -> None:
    assert meaning_of(spelling) is Meaning.RESERVED


@pytest.mark.parametrize("word", ["", " ", "RESERVATION", "RESERVE FAILED", "PAID", "ÆØÅ", "RESERVE\0"])
def test_an_unknown_word_means_nothing(word: str) -> None:
    assert meaning_of(word) is None


def test_every_meaning_is_said_by_some_word() -> None:
    assert {Meaning(meaning) for _, meaning in WORDS} == set(Meaning)


@pytest.mark.skipif(not SPECIFICATIONS, reason="the Vipps specifications are not present")
def test_every_state_in_vipps_own_specification_is_in_the_table() -> None:
    schemas = yaml.safe_load(SPECIFICATIONS[0].read_text(encoding="utf-8"))["components"]["schemas"]
    words = {word for schema in schemas.values() for word in _states(schema)}
    assert len(words) >= 12, "the specification was not understood"
    assert {word for word in words if meaning_of(word) is None} == set()


def _states(schema: Any) -> set[str]:
    """The enums of properties that say what became of a payment, however deep they lie."""
    found: set[str] = set()
    for name, property_ in schema.get("properties", {}).items():
        if name in ("operation", "status"):
            found.update(property_.get("enum", ()))
        found |= _states(property_)
    return found
