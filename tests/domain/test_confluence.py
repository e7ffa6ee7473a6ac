"""Any order, multiplicity and delay of the answers about one payment ends in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments_service.domain.applying import apply
from payments_service.domain.orders import Order
from payments_service.domain.readings import Reading
from tests.domain.made import NOW, order, reading, seconds

# The lives a payment can lead at Vipps, oldest entry first. A prefix of one is a reading that was true earlier.
LIVES = [
    "INITIATE RESERVE CAPTURE",
    "INITIATE RESERVE CAPTURE REFUND",
    "INITIATE RESERVE CAPTURE REFUND:5000 REFUND:20000",
    "INITIATE !RESERVE RESERVE !CAPTURE CAPTURE",
    "INITIATE !RESERVE CANCEL",
    "INITIATE CANCEL",
    "INITIATE CANCEL RESERVE",
    "INITIATE CANCEL RESERVE CAPTURE !REFUND REFUND:5000",
    "INITIATE CANCEL RESERVE CAPTURE REFUND",
    "INITIATE RESERVE VOID",
    "INITIATE RESERVE CAPTURE:10000 CAPTURE:15000 REFUND",
    "INITIATE RESERVE CAPTURE:10000 VOID:15000",
    "INITIATE RESERVE CAPTURE:10000 VOID:15000 REFUND:10000",
    "INITIATE SALE REFUND:5000",
    "INITIATE SALE !REFUND REFUND",
]


def prefixes(life: str) -> list[Reading]:
    words = life.split()
    return [reading(" ".join(words[:n])) for n in range(1, len(words) + 1)]


def after(answers: Sequence[Reading]) -> Order:
    """The order when these answers have come in, one a second, without the instants of when they came."""
    told = order()
    for second, answer in enumerate(answers, start=1):
        told = apply(told, answer, (), now=NOW + seconds(second)).order
    return replace(told, read_at=None, read_sha256=None, paid_at=None)


@pytest.mark.parametrize("life", LIVES)
def test_every_permutation_of_a_lifes_answers_ends_alike(life: str) -> None:
    answers = prefixes(life)
    expected = after(answers)
    for permuted in permutations(answers):
        assert after(permuted) == expected, [answer.raw_sha256 for answer in permuted]


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_repeats_and_delays_of_answers_change_nothing(data: st.DataObject) -> None:
    answers = prefixes(data.draw(st.sampled_from(LIVES)))
    repeats = data.draw(st.lists(st.sampled_from(answers), max_size=6))
    shuffled = data.draw(st.permutations([*answers, *repeats]))
    assert after(shuffled) == after(answers)


@pytest.mark.parametrize(
    ("life", "first"), [(life, n) for life, n in product(LIVES, (1, 2)) if n < len(life.split())]
)
def test_the_newest_answer_alone_says_as_much_as_all_of_them(life: str, first: int) -> None:
    answers = prefixes(life)
    assert after([*answers[:first], answers[-1]]) == after(answers)
