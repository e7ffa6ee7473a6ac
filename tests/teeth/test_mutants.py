"""The bugs can still be made: each change fits the code as it is, and gives Python that can be read."""

from __future__ import annotations

import ast

import pytest

from tests.teeth.bite import ROOT
from tests.teeth.mutants import MUTANTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_each_bug_still_fits(mutant: Mutant) -> None:
    ast.parse(mutant.applied_to((ROOT / mutant.path).read_text(encoding="utf-8")))
    assert all((ROOT / path).exists() for path in mutant.tests)
