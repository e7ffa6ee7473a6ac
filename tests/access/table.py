"""Reads the table of who may do what."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).with_name("table.csv")
CALLERS: Final = (
    "nobody", "junk", "service", "admin", "admin+f", "organiser", "organiser+f", "other+f", "member", "other",
)  # fmt: skip
_ALWAYS: Final = {"401": "unauthorized", "403": "forbidden", "405": "method_not_allowed"}
_YES: Final = re.compile(r"20\d")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a caller is answered; a yes has no code."""

    status: int
    code: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a request, its target, and what each kind of caller is answered."""

    number: int
    method: str
    address: str
    target: str
    expected: dict[str, Expected]
    body: str | None

    @property
    def route(self) -> tuple[str, str]:
        return self.method, self.address.partition("?")[0]

    def __str__(self) -> str:
        return f"{self.method} {self.address} of {self.target}"


def read() -> list[Line]:
    return list(_lines(PATH.read_text(encoding="utf-8")))


def _lines(text: str) -> Iterator[Line]:
    rows = [
        (number, [cell.strip() for cell in next(csv.reader([row], delimiter="|", quoting=csv.QUOTE_NONE))])
        for number, row in enumerate(text.splitlines(), start=1)
        if row.strip() and not row.startswith("#")
    ]
    _, heading = rows[0]
    assert heading == ["route", "of", *CALLERS, "codes", "body"], f"table.csv has other columns: {heading}"
    for number, cells in rows[1:]:
        assert len(cells) == len(heading), f"table.csv:{number} has {len(cells)} columns, not {len(heading)}"
        yield _line(number, dict(zip(heading, cells, strict=True)))


def _line(number: int, cells: dict[str, str]) -> Line:
    method, _, address = cells["route"].partition(" ")
    codes = _ALWAYS | dict(part.split() for part in cells["codes"].split(",") if part)
    return Line(
        number=number,
        method=method,
        address=address,
        target=cells["of"],
        expected={caller: _expected(number, cells[caller], codes) for caller in CALLERS},
        body=cells["body"] or None,
    )


def _expected(number: int, cell: str, codes: dict[str, str]) -> Expected:
    is_yes = _YES.fullmatch(cell) is not None
    assert is_yes or cell in codes, f"table.csv:{number}: which code is {cell}? Say it under `codes`"
    return Expected(int(cell.rstrip("*")), None if is_yes else codes[cell])
