"""The machinery of the story: a cross for what came out wrong, with what was expected and what was seen."""

from __future__ import annotations

import io

import httpx
import pytest

from payments_service.demo.screen import Screen
from payments_service.demo.telling import Telling, WentWrong


class Told:
    """A telling and what it printed."""

    def __init__(self) -> None:
        self._page = io.StringIO()
        self.telling = Telling(Screen(self._page))

    @property
    def text(self) -> str:
        return self._page.getvalue()


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_right_check_is_counted_and_marked(told: Told) -> None:
    with told.telling.step("1. A step"):
        told.telling.check("service", "adds up", expected=4, seen=2 + 2)
    assert told.telling.is_right
    assert (told.telling.steps, told.telling.checks) == (1, 1)
    assert "+ service" in told.text or "✓ service" in told.text


def test_a_wrong_check_says_what_was_expected_and_seen_and_the_story_goes_on(told: Told) -> None:
    with told.telling.step("1. A step"):
        told.telling.check("service", "adds up", expected=4, seen=5)
        told.telling.say("Anna", "goes on")
    assert not told.telling.is_right
    assert not told.telling.is_broken
    assert told.telling.failures == ["1. A step: adds up"]
    assert "expected: 4" in told.text
    assert "seen:     5" in told.text
    assert "goes on" in told.text


@pytest.mark.parametrize(
    "trouble", [WentWrong("this", "that"), httpx.ConnectError("nobody there"), KeyError("orders")]
)
def test_what_nothing_can_follow_breaks_the_story_and_not_the_program(told: Told, trouble: Exception) -> None:
    with told.telling.step("1. A step"):
        raise trouble
    assert told.telling.is_broken
    assert not told.telling.is_right
    assert "the story ends here" in told.text


def test_a_wait_in_vain_says_what_was_seen_last(told: Told) -> None:
    with told.telling.step("1. A step"):
        told.telling.wait("the seat", lambda: "held", until="paid", seconds=0.0)
    assert told.telling.is_broken
    assert "expected: the seat: paid within 0 s" in told.text
    assert "seen:     held" in told.text


def test_a_wait_says_how_long_it_took(told: Told) -> None:
    answers = iter(["held", "held", "paid"])
    assert 0.1 < told.telling.wait("the seat", lambda: next(answers), until="paid", seconds=5) < 5


@pytest.mark.parametrize(("seconds", "is_right"), [(2.9, True), (3.1, False)])
def test_a_promised_time_is_checked(told: Told, seconds: float, is_right: bool) -> None:
    assert told.telling.check_soon("service", "is paid", seconds=seconds, at_most=3) is is_right


def test_a_terminal_that_cannot_spell_gets_plain_marks() -> None:
    page = io.BytesIO()
    screen = Screen(io.TextIOWrapper(page, encoding="ascii", write_through=True))
    screen.verdict(1.0, "Bjørn", "is paid", is_right=True)
    assert page.getvalue() == b"   1.0 s  + Bj?rn       is paid\n"


@pytest.mark.parametrize(("no_color", "is_coloured"), [("", True), ("1", False)])
def test_colour_is_for_terminals_and_for_those_who_want_it(
    monkeypatch: pytest.MonkeyPatch, no_color: str, is_coloured: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    page = Terminal()
    Screen(page).title("A step")
    assert ("\x1b[" in page.getvalue()) is is_coloured


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True
