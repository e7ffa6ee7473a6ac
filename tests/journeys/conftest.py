"""Stacks to travel through: one shared by journeys that leave each other alone, and fresh ones for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.pace import LONG_CHECKOUT_SECONDS, MORTAL
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


@pytest.fixture(scope="session")
def graveyard(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack of all journeys that kill, with as many replicas as were killed so far."""
    folder = tmp_path_factory.mktemp("mortal")
    with (
        fresh_database(postgres_server) as url,
        Stack(url, folder, checkout_seconds=LONG_CHECKOUT_SECONDS) as stack,
    ):
        yield stack


@pytest.fixture
def mortal_stack(graveyard: Stack) -> Iterator[Stack]:
    """A stack whose one replica is to be killed; the journey starts another in its place."""
    if not any(service.is_running for service in graveyard.services):
        graveyard.start_service(MORTAL)
    graveyard.begin()
    yield graveyard
    graveyard.end()
