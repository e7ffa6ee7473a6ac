"""Tells a story step by step, and keeps count of what came out right: the machinery, not the plot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

import httpx

from payments_service.demo.screen import Screen

LOOK_EVERY: Final = 0.1

T = TypeVar("T")


class WentWrong(Exception):
    """The story cannot go on. `expected` and `seen` say why."""

    def __init__(self, expected: object, seen: object) -> None:
        super().__init__(f"expected {expected}, seen {seen}")
        self.expected, self.seen = expected, seen


class Telling:
    """Prints what happens as it happens. Once something came out wrong that the rest stands on, the rest is left."""

    def __init__(self, screen: Screen, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen, self._clock = screen, clock
        self._began_at = clock()
        self._step = ""
        self.steps = 0
        self.checks = 0
        self.failures: list[str] = []
        self.is_broken = False

    @property
    def seconds(self) -> float:
        """Since the start."""
        return self._clock() - self._began_at

    @property
    def is_right(self) -> bool:
        return not self.failures and not self.is_broken

    def heading(self, text: str) -> None:
        """Begin a round of steps."""
        self._screen.heading(text)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Play one step. What goes wrong in it is told, and ends the story instead of the program."""
        self._step = title
        self._screen.title(title)
        self.steps += 1
        try:
            yield
        except WentWrong as wrong:
            self._fail("", "and so the story ends here", wrong.expected, wrong.seen)
            self.is_broken = True
        except (httpx.HTTPError, LookupError, ValueError) as error:
            seen = f"{type(error).__name__}: {error}"
            self._fail("", "and so the story ends here", "an answer that makes sense", seen)
            self.is_broken = True

    def say(self, who: str, what: str) -> None:
        """Somebody does something."""
        self._screen.line(self.seconds, who, what)

    def check(self, who: str, what: str, *, expected: object, seen: object) -> bool:
        """Compare, and tell. A wrong one is counted, and the story goes on."""
        if seen != expected:
            self._fail(who, what, expected, seen)
            return False
        self.checks += 1
        self._screen.verdict(self.seconds, who, what, is_right=True)
        return True

    def check_soon(self, who: str, what: str, *, seconds: float, at_most: float) -> bool:
        """Compare a time with what was promised."""
        told = f"{what}, {seconds:.1f} s later"
        is_soon = f"at most {at_most:g} s"
        return self.check(
            who, told, expected=is_soon, seen=is_soon if seconds <= at_most else f"{seconds:.1f} s"
        )

    def wait(self, what: str, look: Callable[[], T], *, until: T, seconds: float) -> float:
        """Look until it is so; return how long it took. Raises WentWrong with the last thing seen."""
        began_at = self._clock()
        while (seen := look()) != until:
            if self._clock() - began_at > seconds:
                raise WentWrong(f"{what}: {until} within {seconds:g} s", seen)
            time.sleep(LOOK_EVERY)
        return self._clock() - began_at

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a summary."""
        self._screen.table(headings, rows)

    def _fail(self, who: str, what: str, expected: object, seen: object) -> None:
        self.failures.append(f"{self._step}: {what}")
        self._screen.verdict(self.seconds, who, what, is_right=False)
        self._screen.difference(expected, seen)
