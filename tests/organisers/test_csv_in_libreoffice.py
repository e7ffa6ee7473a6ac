"""A real spreadsheet opens the file: amounts are numbers, times are times, letters are letters, nothing is run."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest

from payments_service.api.routers.organisers import HEADINGS
from payments_service.api.spreadsheet import BYTE_ORDER_MARK, amount, as_csv, defused

SOFFICE: Final = shutil.which("soffice")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not here: apt-get install libreoffice-calc"),
]
SHEET: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
#: Field separator `;`, text in quotes, UTF-8, from the first line, Norwegian: what a Norwegian Excel takes by itself.
AS_NORWEGIAN: Final = "CSV:59,34,76,1,,1044,false,true"
FORMULAS: Final = ("=1+1", "@SUM(A1)", "+1", "-1", " =1+1", "\uff1d1+1", "\t=1+1", '=HYPERLINK("x";"y")')


def opened(folder: Path, content: bytes) -> list[list[tuple[str, str | float]]]:
    """Open a CSV and return its cells: ("text", …), ("number", …) or ("formula", …)."""
    (folder / "file.csv").write_bytes(content)
    command = [
        str(SOFFICE),
        f"-env:UserInstallation=file://{folder}/profile",
        "--headless",
        f"--infilter={AS_NORWEGIAN}",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(folder),
        str(folder / "file.csv"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with zipfile.ZipFile(folder / "file.xlsx") as book:
        strings, sheet = (
            ElementTree.fromstring(book.read(f"xl/{part}.xml"))  # noqa: S314  # written by the line above
            for part in ("sharedStrings", "worksheets/sheet1")
        )
    words = ["".join(node.itertext()) for node in strings.iter(f"{SHEET}si")]
    return [[_cell(cell, words) for cell in row.iter(f"{SHEET}c")] for row in sheet.iter(f"{SHEET}row")]


def _cell(cell: ElementTree.Element, words: list[str]) -> tuple[str, str | float]:
    formula, value = cell.find(f"{SHEET}f"), cell.findtext(f"{SHEET}v")
    if formula is not None:
        return "formula", formula.text or ""
    if value is None:
        return "text", ""
    return ("text", words[int(value)]) if cell.get("t") == "s" else ("number", float(value))


def test_a_norwegian_spreadsheet_reads_it_as_it_is_meant(tmp_path: Path) -> None:
    times = ["2026-11-26 08:56:14", "2026-02-01 00:30:00"]
    rows = [
        ["id-1", "ærlig øl på ås", amount(25_000), amount(5), times[0], 'say "hi"; twice'],
        ["id-2", "ÆØÅ ü €", amount(999_999), amount(0), times[1], "two\nlines"],
    ]
    headings, first, second = opened(tmp_path, BYTE_ORDER_MARK + as_csv([list(HEADINGS[:6]), *rows]))
    assert headings == [("text", heading) for heading in HEADINGS[:6]]
    assert first[:2] == [("text", "id-1"), ("text", "ærlig øl på ås")]
    assert second[:2] == [("text", "id-2"), ("text", "ÆØÅ ü €")]
    assert first[2:4] == [("number", 250.0), ("number", 0.05)]
    assert second[2:4] == [("number", 9999.99), ("number", 0.0)]
    assert (first[5], second[5]) == (("text", 'say "hi"; twice'), ("text", "two\nlines"))
    # a day of a spreadsheet is 1, counted from the last day but one of 1899
    first_day = datetime(1899, 12, 30, tzinfo=UTC)
    days = [datetime.fromisoformat(f"{time}Z") - first_day for time in times]
    for row, passed in zip((first, second), days, strict=True):
        kind, found = row[4]
        assert kind == "number"
        assert float(found) == pytest.approx(passed.total_seconds() / 86_400, abs=1e-6)


def test_nothing_that_looks_like_a_formula_is_one(tmp_path: Path) -> None:
    """The file is opened so that formulas are evaluated; the first column shows that they would have been."""
    found = opened(tmp_path, BYTE_ORDER_MARK + as_csv([["=1+1", defused(text)] for text in FORMULAS]))
    assert {row[0][0] for row in found} == {"formula"}
    for text, (_, (kind, shown)) in zip(FORMULAS, found, strict=True):
        assert (kind, str(shown).lstrip("'").strip()) == ("text", text.strip())
