"""Many lives, on all processors; what they amount to."""

from __future__ import annotations

import hashlib
import traceback
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.lives.life import Life

#: Situations that must occur, and how often at the least in a thousand lives; a run without them has proved nothing.
FLOORS = {
    "Vipps was silent": 100,
    "a link was recovered": 2,
    "a reading came after its lease": 50,
    "a start outlived its lease": 2,
    "a start was unanswered": 15,
    "an old answer": 500,
    "an operation was read back": 50,
    "answer: appeared late": 1,
    "answer: never created": 10,
    "answer: stale": 15,
    "answer: unclear": 10,
    "approved": 200,
    "approved too late": 50,
    "backend: killed after": 3,
    "backend: unanswered": 3,
    "ended as ended": 20,
    "ended as expired": 200,
    "ended as paid": 200,
    "ended as refunded": 10,
    "extended": 5,
    "killed": 300,
    "refund asked for": 30,
    "refunded in the portal": 2,
    "released": 200,
    "rule: due, no answer from Vipps": 500,
    "signed off": 30,
    "stopped": 300,
    "vipps: killed after": 50,
    "vipps: killed before": 50,
    "vipps: late": 200,
    "vipps: stopped after": 50,
    "vipps: unanswered": 200,
}


@dataclass
class Outcome:
    """What many lives amount to. `violations` tell their seeds, and `fingerprint` is that of all stories together."""

    lives: int = 0
    sometimes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    fingerprint: str = ""

    @property
    def too_rare(self) -> list[str]:
        """Situations that did not occur often enough for this many lives."""
        return [
            f"{what}: {self.sometimes[what]}"
            for what, floor in FLOORS.items()
            if self.sometimes[what] < floor * self.lives // 1000
        ]


def live(seeds: Iterable[int]) -> Outcome:
    """Live one life per seed, one after another. A violation ends its own life only."""
    outcome, trace = Outcome(), hashlib.sha256()
    for seed in seeds:
        life = Life(seed)
        try:
            life.live()
        except AssertionError as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            outcome.violations.append(f"seed {seed}: {error or where.line}")
        outcome.lives += 1
        outcome.sometimes += life.sometimes
        trace.update(life.story.encode())
    outcome.fingerprint = trace.hexdigest()
    return outcome


def live_on_all_processors(first: int, lives: int, *, batch: int = 250) -> Outcome:
    """The same, in batches side by side; the outcome does not depend on how many processors there are."""
    batches = [range(n, min(n + batch, first + lives)) for n in range(first, first + lives, batch)]
    whole, trace = Outcome(), hashlib.sha256()
    with ProcessPoolExecutor() as pool:
        for part in pool.map(live, batches):
            whole.lives += part.lives
            whole.sometimes += part.sometimes
            whole.violations += part.violations
            trace.update(part.fingerprint.encode())
    whole.fingerprint = trace.hexdigest()
    return whole
