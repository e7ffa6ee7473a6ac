"""docs/security.md names every control, and only tests that are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs/security.md").read_text(encoding="utf-8")
CONTROLS: Final = [f"C-{number}" for number in range(1, 31)]
NAMED: Final = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


@cache
def names_in(path: str) -> frozenset[str]:
    """Names by reading, not by running."""
    found = ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    names = (node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(name for name in names if name.startswith("test_"))


def cells(control: str) -> list[str]:
    (row,) = re.findall(rf"^\| {control} \|.*\|$", PAGE, re.MULTILINE)
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_says_how_it_is_met_and_what_shows_it(control: str) -> None:
    _, name, how, shown, left = cells(control)
    assert name
    assert how
    assert re.search(r"`tests/[\w/]+\.py::test_\w+`", shown) or left, "neither shown nor said to be left"


def test_there_are_no_other_controls() -> None:
    assert re.findall(r"^\| (C-\d+) \|", PAGE, re.MULTILINE) == CONTROLS


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_every_test_that_is_named_is_there(path: str, name: str) -> None:
    assert (ROOT / path).is_file(), path
    assert not name or name in names_in(path), f"docs/security.md names {path}::{name}, which is not there"


def test_every_dependency_is_pinned_by_hash() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock", "requirements-build.lock"):
        entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8").strip())
        unpinned = [
            entry.splitlines()[0]
            for entry in entries
            if not re.match(r"[\w.\[\],-]+==\S", entry) or "--hash=sha256:" not in entry
        ]
        assert unpinned == [], lock
