"""A table as a CSV file, however it was written: psql, the mysql client, a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

NULLS: Final = frozenset({"", "NULL", "\\N"})
_SEPARATORS: Final = ",;\t"


class UnreadableDump(Exception):
    """There is no table to be had from it. The message is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Row:
    """`where` it stands, its columns as they stood there, and what keeps it from being read at all."""

    where: str
    values: dict[str, Any]
    problem: str | None = None

    def text(self, column: str) -> str | None:
        """Return a column's text without blanks around it; None for what any of the tools writes for NULL."""
        value = self.values.get(column)
        if value is None:
            return None
        text = str(value).strip()
        return None if text in NULLS else text


def read_csv(path: Path, *, columns: tuple[str, ...]) -> list[Row]:
    """Read a file with a line of headings. Raises UnreadableDump when it is none or lacks one of the columns."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UnreadableDump(f"{path.name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnreadableDump(f"{path.name} is not UTF-8") from None
    try:
        return list(_rows(path.name, text, columns))
    except csv.Error as error:
        raise UnreadableDump(f"{path.name} is not CSV: {error}") from None


def must_have(name: str, found: list[str], columns: tuple[str, ...]) -> None:
    """Raise UnreadableDump unless all columns are there: without one of them every row would be misread."""
    if missing := [column for column in columns if column not in found]:
        raise UnreadableDump(f"{name} has no column {', '.join(missing)}")


def _rows(name: str, text: str, columns: tuple[str, ...]) -> Iterator[Row]:
    heading = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = [column.strip().strip('"') for column in next(reader, [])]
    must_have(name, names, columns)
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        where = f"{name} line {reader.line_num}"
        values = dict(zip(names, cells, strict=False))
        yield Row(where, _storable(values), _problem(names, cells))


def _problem(names: list[str], cells: list[str]) -> str | None:
    if len(cells) != len(names):
        return f"{len(cells)} fields, the headings are {len(names)}"
    if any("\x00" in cell for cell in cells):
        return "a NUL character"
    return None


def _storable(values: dict[str, str]) -> dict[str, Any]:
    return {name: value.replace("\x00", "?") for name, value in values.items()}
