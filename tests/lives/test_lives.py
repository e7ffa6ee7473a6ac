"""Lives in virtual time: nobody is charged twice, no payer is thrown out, and everything comes to rest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.lives.run import live

LIVES = 400
SEEDS = Path(__file__).with_name("seeds.txt")


def test_lives_that_once_went_wrong_go_well() -> None:
    seeds = [
        int(line.split()[0]) for line in SEEDS.read_text().splitlines() if line.strip() and line[0] != "#"
    ]
    assert live(seeds).violations == []


def test_lives_of_the_day_end_well() -> None:
    """Other lives every day. What fails here goes into `seeds.txt`."""
    first = datetime.now(UTC).toordinal() * 1_000_000
    assert live(range(first, first + LIVES)).violations == []  # each one names its seed


def test_what_is_rare_does_happen() -> None:
    assert live(range(1000)).too_rare == []


def test_the_same_seeds_live_the_same_lives() -> None:
    once, again = live(range(60)), live(range(60))
    assert (once.fingerprint, once.sometimes) == (again.fingerprint, again.sometimes)
