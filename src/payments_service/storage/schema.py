"""The schema's migrations: where they lie, what their newest one is, and how they are run."""

from __future__ import annotations

import asyncio
import threading
from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

_INSTALLED = Path(__file__).parent.parent / "_migrations"
# alembic keeps its context in one global, so within a process one migration waits for the other
_ALEMBIC: Final = threading.Lock()
_CHECKOUT = Path(__file__).parents[3] / "migrations"


def migrations_folder() -> Path:
    """Return the folder of the migrations: inside the installed package, else beside `src` in a checkout."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


@cache
def head_revision() -> str:
    """Return the revision this version of the service needs."""
    return ScriptDirectory(str(migrations_folder())).get_current_head() or ""


async def migrate(dsn: str, *, revision: str = "head") -> None:
    """Bring a database to a revision. Safe from several processes at once: they take turns."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.attributes["database_dsn"] = dsn
    # the migrations run an event loop of their own
    await asyncio.to_thread(_run, config, revision)


def _run(config: Config, revision: str) -> None:
    with _ALEMBIC:
        (command.downgrade if revision != "head" else command.upgrade)(config, revision)
