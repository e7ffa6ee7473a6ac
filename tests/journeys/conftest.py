"""Stacks to travel through: one shared by journeys that leave each other alone, and fresh ones for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from payments_service.domain.orders import VippsApi
from tests.journeys.apis import BOTH
from tests.journeys.pace import LONG_CHECKOUT_SECONDS, MORTAL
from tests.journeys.stack import Stack
from tests.postgres import Server, fresh_database


@pytest.fixture(scope="session", params=BOTH)
def vipps_api(request: pytest.FixtureRequest) -> VippsApi:
    """The API that the journey is made over."""
    api: VippsApi = request.param
    return api


@pytest.fixture(scope="session")
def shared_stack(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory, vipps_api: VippsApi
) -> Iterator[Stack]:
    """One replica with the usual settings, for as long as the run takes."""
    folder = tmp_path_factory.mktemp("shared")
    with fresh_database(postgres_server) as url, Stack(url, folder, vipps_api=vipps_api) as stack:
        stack.start_service()
        yield stack


@pytest.fixture
def stack(shared_stack: Stack) -> Iterator[Stack]:
    """The shared stack, for one journey with an event of its own. Faults are narrowed to its orders and seats."""
    shared_stack.begin()
    yield shared_stack
    shared_stack.end()


@pytest.fixture
def own_stack(database_url: str, tmp_path: Path, vipps_api: VippsApi) -> Iterator[Stack]:
    """A stack without any replica yet: the journey starts them with its own settings, and may break them."""
    with Stack(database_url, tmp_path, vipps_api=vipps_api) as stack:
        yield stack
        stack.end()


@pytest.fixture(scope="session")
def graveyard(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory, vipps_api: VippsApi
) -> Iterator[Stack]:
    """The stack of all journeys that kill, with as many replicas as were killed so far."""
    folder = tmp_path_factory.mktemp("mortal")
    with (
        fresh_database(postgres_server) as url,
        Stack(url, folder, vipps_api=vipps_api, checkout_seconds=LONG_CHECKOUT_SECONDS) as stack,
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
