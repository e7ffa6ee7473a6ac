"""Stacks to travel through: one shared by journeys that leave each other alone, and fresh ones for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.stack import Stack
from tests.postgres import Server, fresh_database


@pytest.fixture(scope="session")
def shared_stack(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One replica with the usual settings, for as long as the run takes."""
    with fresh_database(postgres_server) as url, Stack(url, tmp_path_factory.mktemp("shared")) as stack:
        stack.start_service()
        yield stack


@pytest.fixture
def stack(shared_stack: Stack) -> Iterator[Stack]:
    """The shared stack, for one journey with an event of its own. Faults are narrowed to its orders and seats."""
    shared_stack.begin()
    yield shared_stack
    shared_stack.end()


@pytest.fixture
def own_stack(database_url: str, tmp_path: Path) -> Iterator[Stack]:
    """A stack without any replica yet: the journey starts them with its own settings, and may break them."""
    with Stack(database_url, tmp_path) as stack:
        yield stack
        stack.end()
