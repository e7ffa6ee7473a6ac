"""How the story looks on a terminal, or in a log: aligned lines, colour only where somebody sees it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Final, TextIO

_STYLES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32"}
_WHO_WIDTH: Final = 11
_INDENT: Final = " " * 12


class Screen:
    """Prints; knows nothing of what it prints."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        if isinstance(self._stream, io.TextIOWrapper):
            self._stream.reconfigure(errors="replace")  # a name it cannot spell must not end the story
        self._is_coloured = self._stream.isatty() and not os.environ.get("NO_COLOR")
        self._yes, self._no = ("✓", "✗") if _can_write("✓✗ø", self._stream) else ("+", "X")

    def heading(self, text: str) -> None:
        """Begin a round."""
        self._print("")
        self._print(self._styled("bold", f"== {text} =="))

    def title(self, text: str) -> None:
        """Begin a step."""
        self._print("")
        self._print(self._styled("bold", text))

    def line(self, seconds: float, who: str, what: str) -> None:
        """Say who did what."""
        self._print(f"{self._time(seconds)}    {who:<{_WHO_WIDTH}} {what}")

    def verdict(self, seconds: float, who: str, what: str, *, is_right: bool) -> None:
        """Say what came out, with a check mark or a cross."""
        mark = self._styled("green", self._yes) if is_right else self._styled("red", self._no)
        self._print(f"{self._time(seconds)}  {mark} {who:<{_WHO_WIDTH}} {what}")

    def difference(self, expected: object, seen: object) -> None:
        """Under a cross: what should have come out, and what did."""
        self._print(self._styled("red", f"{_INDENT}expected: {expected}"))
        self._print(self._styled("red", f"{_INDENT}seen:     {seen}"))

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Print names and what they stand for."""
        for name, value in pairs:
            self._print(f"  {name:<14} {value}")

    def plain(self, text: str = "") -> None:
        self._print(text)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print columns as wide as their widest cell."""
        widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                 for row in (headings, *rows)]  # fmt: skip
        self._print("")
        self._print("  " + self._styled("bold", lines[0]))
        for line in lines[1:]:
            self._print("  " + line)

    def _time(self, seconds: float) -> str:
        return self._styled("dim", f"{seconds:6.1f} s")

    def _styled(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._is_coloured else text

    def _print(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


def _can_write(text: str, stream: TextIO) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
