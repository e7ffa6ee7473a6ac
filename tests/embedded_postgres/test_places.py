"""Where and as whom the embedded PostgreSQL works: any folder, root, ordinary accounts; no permission changed."""

from __future__ import annotations

import os
import pwd
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from payments_service.embedded_postgres import EmbeddedPostgres
from payments_service.embedded_postgres.binaries import find_binaries
from payments_service.embedded_postgres.placement import Account
from tests.embedded_postgres.owners import SOURCES, owner

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder every account can get to, unlike pytest's own."""
    path = Path("/tmp") / f"payments-places-{os.getpid()}"
    path.mkdir()
    yield path
    shutil.rmtree(path)


async def answer(url: str, question: str = "SELECT 1") -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_answers_with_its_password_and_not_without() -> None:
    with EmbeddedPostgres(durable=False, settings={"max_connections": "17"}) as postgres:
        assert await answer(postgres.url(), "SHOW max_connections") == "17"
        assert await answer(postgres.url(), "SHOW fsync") == "off"
        assert await answer(postgres.url(), "SHOW listen_addresses") == "127.0.0.1"
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(host="127.0.0.1", port=postgres.port, user="postgres", password="guess")


@pytest.mark.parametrize("name", ["with spaces and 'quotes'", "deep/" * 30 + "x" * 60])
async def test_any_folder_will_do_and_data_stay_in_it(folder: Path, name: str) -> None:
    with EmbeddedPostgres(folder / name, durable=False) as postgres:
        assert postgres.home == folder / name
        url = postgres.create_database("kept")
        await answer(url, "CREATE TABLE t AS SELECT 7 AS n")
    with EmbeddedPostgres(folder / name, durable=False) as postgres:
        assert await answer(postgres.create_database("kept"), "SELECT n FROM t") == 7
        copy = postgres.create_database("copied", template="kept")
        assert await answer(copy, "SELECT n FROM t") == 7


@as_root
async def test_root_leaves_a_closed_home_closed(folder: Path) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "data", durable=False) as postgres:
        assert await answer(postgres.url()) == 1
        elsewhere = postgres.home
        assert not elsewhere.is_relative_to(closed)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert EmbeddedPostgres(closed / "data").home == elsewhere, "the same data at the next start"
    shutil.rmtree(elsewhere)


@as_root
async def test_root_runs_programs_that_only_root_can_reach(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    package = find_binaries().parents[1]
    shutil.copytree(
        package, closed / package.name, symlinks=True, ignore=shutil.ignore_patterns("*.a", "include")
    )
    if (libraries := package.with_name(f"{package.name}.libs")).exists():
        shutil.copytree(libraries, closed / libraries.name)
    closed.chmod(0o700)
    monkeypatch.setenv("EMBEDDED_PG_BIN", str(closed / package.name / find_binaries().parent.name / "bin"))
    with EmbeddedPostgres(durable=False) as postgres:
        assert await answer(postgres.url()) == 1
        home = postgres.home
        assert (home / "programs").is_dir()
    assert not home.exists()


@as_root
async def test_an_ordinary_account_runs_its_own(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    account = Account(nobody.pw_uid, nobody.pw_gid)
    python = next((p for p in _interpreters() if account.may_pass(p)), None)
    if python is None or not account.may_pass(find_binaries() / "postgres") or not account.may_pass(SOURCES):
        pytest.skip("interpreter, programs or checkout are closed to ordinary accounts here")
    home = folder / "of nobody"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    programs = {"EMBEDDED_PG_BIN": str(find_binaries())}
    with owner(home / "data", python=str(python), user=nobody.pw_uid, environment=programs) as theirs:
        assert await answer(theirs.url) == 1
        assert {p.uids().real for p in theirs.server_processes()} == {nobody.pw_uid}
    # root comes after them: the folder stays theirs
    with EmbeddedPostgres(home / "data") as postgres:
        assert await answer(postgres.url()) == 1
        assert postgres.home.stat().st_uid == nobody.pw_uid


def _interpreters() -> Iterator[Path]:
    """Return Pythons new enough for the sources, ours first."""
    yield Path(sys.executable).resolve()
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        for place in ("/usr/bin", "/usr/local/bin"):
            if (path := Path(place, name)).exists():
                yield path.resolve()
