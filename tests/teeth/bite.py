"""Applies each mutant to a copy of the tree and runs the tests that should notice: `python -m tests.teeth.bite`."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.teeth.mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
NEEDED = (
    "src",
    "migrations",
    "tests",
    "docs",
    "alembic.ini",
    "pyproject.toml",
    "README.md",
    ".env.example",
    "CHANGELOG.md",
)
FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def main() -> int:
    """Exit status 1 when one bug went unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.teeth.bite", description=__doc__)
    parser.add_argument("-k", dest="only", default="", help="only mutants with this in their name")
    wanted = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if wanted.only in mutant.name]
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="teeth-") as folder:
        copy = _copy_into(Path(folder))
        for mutant in chosen:
            began = time.monotonic()
            noticed_by = _bite(copy, mutant)
            unnoticed += noticed_by is None
            print(
                f"{time.monotonic() - began:6.1f} s  {mutant.name}: {noticed_by or 'NOT NOTICED'}", flush=True
            )
    print(f"{len(chosen) - unnoticed} of {len(chosen)} bugs noticed")
    return 1 if unnoticed or not chosen else 0


def _copy_into(folder: Path) -> Path:
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy2(source, folder / name)
    return folder


def _bite(copy: Path, mutant: Mutant) -> str | None:
    """The first test that fails with the bug in place, or None."""
    target = copy / mutant.path
    healthy = target.read_text(encoding="utf-8")
    target.write_text(mutant.applied_to(healthy), encoding="utf-8")
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mutant.tests],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        target.write_text(healthy, encoding="utf-8")
    if run.returncode not in (0, 1):
        raise RuntimeError(
            f"{mutant.name}: pytest ended with {run.returncode}\n{run.stdout[-2000:]}{run.stderr[-500:]}"
        )
    found = FIRST_FAILURE.search(run.stdout)
    return None if run.returncode == 0 else found.group(1) if found else "an error"


if __name__ == "__main__":
    sys.exit(main())
