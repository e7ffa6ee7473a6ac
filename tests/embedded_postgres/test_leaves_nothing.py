"""However its owner ends, the embedded PostgreSQL leaves no process and no temporary folder behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from payments_service.embedded_postgres import EmbeddedPostgres
from tests.embedded_postgres.owners import comes_true, has_ended, owner


def test_a_stop_returns_when_everything_is_gone() -> None:
    postgres = EmbeddedPostgres(durable=False).start()
    home, keeper = postgres.home, postgres._keeper
    assert keeper is not None
    server = psutil.Process(int((home / "cluster" / "postmaster.pid").read_text().split()[0]))
    postgres.stop()
    assert not home.exists()
    assert not server.is_running()
    assert keeper.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_owner_takes_server_and_folder_along(number: int) -> None:
    with owner() as killed:
        processes = [*killed.server_processes(), psutil.Process(killed.keeper)]
        assert len(processes) > 4, "the server, its helpers, the keeper"
        assert killed.ends_by(number) != 0
        assert comes_true(lambda: not killed.home.exists())
        assert comes_true(lambda: all(has_ended(p) for p in processes))


def test_an_owner_killed_while_the_cluster_is_made_leaves_nothing(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path / "made")
    postgres._temporary = True
    if (child := os.fork()) == 0:
        postgres._start_keeper()
        os._exit(1)  # not reached: it does not live to see its server
    assert comes_true((postgres.home / "cluster.new").exists)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert comes_true(lambda: not postgres.home.exists())


@pytest.mark.skipif(not Path("/proc").exists(), reason="only Linux ends a child with its parent")
def test_a_killed_keeper_takes_the_server_along_and_the_owner_tidies_up() -> None:
    postgres = EmbeddedPostgres(durable=False).start()
    home, keeper = postgres.home, postgres._keeper
    assert keeper is not None
    server = psutil.Process(int((home / "cluster" / "postmaster.pid").read_text().split()[0]))
    keeper.kill()
    assert comes_true(lambda: has_ended(server))
    postgres.stop()
    assert not home.exists()


def test_a_killed_server_does_not_keep_the_folder() -> None:
    postgres = EmbeddedPostgres(durable=False).start()
    psutil.Process(int((postgres.home / "cluster" / "postmaster.pid").read_text().split()[0])).kill()
    postgres.stop()
    assert not postgres.home.exists()
