"""Tills to pay at: shared ones for journeys that leave each other alone, and fresh ones for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from payments_service.domain.orders import VippsApi
from tests.journeys.conftest import vipps_api
from tests.money.mortal import Mortal
from tests.money.till import Till
from tests.postgres import Server, fresh_database

__all__ = ["vipps_api"]

Opening = Callable[..., AbstractContextManager[Till]]


@pytest.fixture(scope="session")
def opening(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory, vipps_api: VippsApi
) -> Opening:
    """Open a till on a database of its own, with one replica unless it is given no settings at all."""

    @contextmanager
    def open_till(name: str, *, checkout_seconds: int = 60, **settings: object) -> Iterator[Till]:
        folder = tmp_path_factory.mktemp(name)
        with (
            fresh_database(postgres_server) as url,
            Till(url, folder, vipps_api=vipps_api, checkout_seconds=checkout_seconds) as till,
        ):
            if settings:
                till.start_service(settings)
            yield till

    return open_till


@pytest.fixture(scope="session")
def shared_till(opening: Opening) -> Iterator[Till]:
    with opening("till", VIPPS_CAPTURE="immediate") as till:
        yield till
        assert till.check() == (0, [])


@pytest.fixture
def till(shared_till: Till) -> Iterator[Till]:
    """The usual settings, for one journey with an event of its own; faults are narrowed to its orders."""
    shared_till.begin()
    yield shared_till
    shared_till.end()


@pytest.fixture(scope="session")
def shared_manual_till(opening: Opening) -> Iterator[Till]:
    with opening("manual", VIPPS_CAPTURE="manual") as till:
        yield till
        assert till.check() == (0, [])


@pytest.fixture
def manual_till(shared_manual_till: Till) -> Iterator[Till]:
    """An organiser captures."""
    shared_manual_till.begin()
    yield shared_manual_till
    shared_manual_till.end()


@pytest.fixture(scope="session")
def shared_flagging_till(opening: Opening) -> Iterator[Till]:
    with opening("flagging", LATE_MONEY="flag") as till:
        yield till
        assert till.check() == (0, [])


@pytest.fixture
def flagging_till(shared_flagging_till: Till) -> Iterator[Till]:
    """Money that comes late is a person's matter."""
    shared_flagging_till.begin()
    yield shared_flagging_till
    shared_flagging_till.end()


@pytest.fixture(scope="session")
def graveyard(opening: Opening) -> Iterator[Mortal]:
    """The till of all journeys that kill, with as many replicas as were killed so far."""
    with opening("mortal") as till:
        mortal = Mortal(till)
        yield mortal
        mortal.close()
        assert till.check() == (0, [])


@pytest.fixture
def mortal(graveyard: Mortal) -> Iterator[Mortal]:
    """A till whose one replica may be killed, and whose connections to PostgreSQL may be cut."""
    assert graveyard.victim.is_running
    graveyard.till.begin()
    graveyard.till.watch.may_complain = True
    yield graveyard
    graveyard.till.end()


@pytest.fixture
def own_till(database_url: str, tmp_path: Path, vipps_api: VippsApi) -> Iterator[Till]:
    """Without any replica yet: the journey starts them, and may break them."""
    with Till(database_url, tmp_path, vipps_api=vipps_api) as till:
        yield till
        till.end()
