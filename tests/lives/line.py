"""The way to a neighbour, and everything that can happen on it, before the effect over there and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from payments_service.vipps.errors import NotSent, OutcomeUnknown
from tests.lives.clockwork import Clockwork

T = TypeVar("T")
TIMEOUT: Final = 10.0
SILENCE: Final = ("refused", "lost", "late", "unanswered")
TROUBLES: Final = (*SILENCE, "slow", "killed before", "killed after", "stopped before", "stopped after")


def nobody_strikes(how: Literal["killed", "stopped"]) -> None:
    """Until somebody does."""


@dataclass
class Line:
    """`trouble` is the share of calls that something happens to; `strike` kills or stops the calling process."""

    clockwork: Clockwork
    trouble: float
    sometimes: Counter[str]
    name: str
    is_silent: bool = False
    strike: Callable[[Literal["killed", "stopped"]], None] = field(default=nobody_strikes)

    def call(self, effect: Callable[[], T]) -> Generator[float, None, T]:
        """Do `effect` over there and return its answer. Raises NotSent or OutcomeUnknown, which are different."""
        chance = self.clockwork.chance
        yield chance.uniform(0.005, 0.4)
        what = self._trouble()
        if what == "refused":
            raise NotSent(what)
        if what == "late":  # the caller has given up when it arrives
            self.clockwork.after(TIMEOUT + chance.expovariate(1 / 8), lambda: _do(effect))
        if what in ("lost", "late"):
            yield TIMEOUT
            raise OutcomeUnknown(what)
        if what in ("killed before", "stopped before"):
            yield from self._struck(what)
        answer = effect()
        if what in ("killed after", "stopped after"):
            yield from self._struck(what)
        if what == "unanswered":
            yield TIMEOUT
            raise OutcomeUnknown(what)
        if what == "slow":
            yield chance.uniform(1, TIMEOUT - 0.5)
        yield chance.uniform(0.005, 0.4)
        return answer

    def _trouble(self) -> str | None:
        chance = self.clockwork.chance
        if not self.is_silent and chance.random() >= self.trouble:
            return None
        what = chance.choice(SILENCE if self.is_silent else TROUBLES)
        self.sometimes[f"{self.name}: {what}"] += 1
        return what

    def _struck(self, what: str) -> Generator[float, None, None]:
        """A killed caller never comes back from here; a stopped one goes on when it wakes."""
        self.strike("killed" if what.startswith("killed") else "stopped")
        yield 0.0


def _do(effect: Callable[[], object]) -> None:
    effect()
