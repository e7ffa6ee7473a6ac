"""CSV as a Norwegian spreadsheet opens it by a double click: semicolons, decimal comma, UTF-8 with its mark, CRLF."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from payments_service.domain.money import kroner

#: Without it Excel takes UTF-8 for the machine's old code page, and æøå for something else.
BYTE_ORDER_MARK: Final = "\ufeff".encode()
_STARTS_A_FORMULA: Final = frozenset("=+-@\u2212")
_NEVER_FIRST: Final = ("\t", "\r", "\n")


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows of cells; what is a formula in one is the caller's to defuse."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def amount(ore: int) -> str:
    """Write øre as a number that a spreadsheet adds up: 25000 -> `250,00`."""
    return kroner(ore).replace(".", ",")


def defused(text: str | None) -> str:
    """Return others' words as a cell that is shown and never run; None is an empty cell.

    What begins like a formula gets an apostrophe before it, also when blanks or invisible characters stand before the
    sign, or the sign is a full-width or small one: some spreadsheets read it all the same (OWASP, CSV injection).
    """
    text = text or ""
    visible = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c)[0] not in "ZC")
    if text.startswith(_NEVER_FIRST) or next(visible, "") in _STARTS_A_FORMULA:
        return f"'{text}"
    return text
