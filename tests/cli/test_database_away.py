"""A database that is not there, to whoever types a command: one line that says so, and status 1."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.journeys.stack import Stack

AN_ORDER = "5b0f1c9a-6f0e-4b52-9d1c-0d6c3b8f7a11"
COMMANDS = (
    ("migrate",),
    ("check",),
    ("notices", "list"),
    ("notices", "repeat", "--all-given-up"),
    ("orders", "show", AN_ORDER),
    ("import", "lepton", "--enrich"),
    ("import", "disregard", AN_ORDER, "--reason", "r"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_database_that_is_not_there_is_one_line(own_stack: Stack, words: tuple[str, ...]) -> None:
    environment = own_stack.start_service().environment
    there = urlsplit(environment["DATABASE_URL"])
    nowhere = there._replace(netloc=f"{there.username}:canary@127.0.0.1:1")
    for address, complaint in ((there._replace(path="/nobodys"), '"nobodys" does not exist'), (nowhere, "")):
        done = subprocess.run(
            [sys.executable, "-m", "payments_service", *words],
            env={**environment, "DATABASE_URL": address.geturl(), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        (line,) = done.stderr.splitlines()
        assert done.returncode == 1
        assert line.startswith("the database does not answer: ")
        assert complaint in line
        assert "canary" not in line
