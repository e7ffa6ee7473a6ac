"""A fresh, migrated PostgreSQL database for every test that asks for `database_url`.

One server a run: embedded, or the one in `TEST_DATABASE_URL` (a superuser's). The migrations run once, into a
template; a test's database is a copy of it. With xdist the server belongs to the controlling process, which
outlives all workers; they are told its URL and the template's name.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from payments_service.embedded_postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[1]
SERVER = pytest.StashKey["Server"]()
CLOSING = pytest.StashKey[ExitStack]()
SETTINGS = {"synchronous_commit": "on", "max_connections": "300"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and the name of its migrated template."""

    url: str
    template: str

    def database(self, name: str) -> str:
        """Return the URL of one of its databases."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def execute(self, *statements: str) -> None:
        """Run statements one by one, outside a transaction, on the maintenance database."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        in_a_thread(lambda: asyncio.run(run()))


def in_a_thread(work: Callable[[], None]) -> None:
    """Run work that has an event loop of its own, without disturbing the test's."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:  # handed to the caller
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


@contextmanager
def serve() -> Iterator[Server]:
    """Start a server, or take the given one, and migrate a template on it."""
    with ExitStack() as stack:
        url = os.environ.get("TEST_DATABASE_URL")
        if not url:
            url = stack.enter_context(EmbeddedPostgres(durable=False, settings=SETTINGS)).url()
        server = Server(url, f"payments_template_{secrets.token_hex(4)}")
        server.execute(f'CREATE DATABASE "{server.template}"')
        stack.callback(server.execute, f'DROP DATABASE "{server.template}" WITH (FORCE)')
        in_a_thread(lambda: migrate(server.database(server.template)))
        yield server


def migrate(url: str) -> None:
    """Bring a database to the newest schema, as `payments-service migrate` does."""
    if not (ROOT / "migrations" / "env.py").exists():
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        command.upgrade(config, "head")


class SharedServer:
    """The xdist side: the controller starts the server, the workers are told about it."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Called in the controller for every worker it starts."""
        config: pytest.Config = node.config
        if SERVER not in config.stash:
            config.stash[SERVER] = config.stash[CLOSING].enter_context(serve())
        server = config.stash[SERVER]
        node.workerinput["postgres"] = (server.url, server.template)


def pytest_configure(config: pytest.Config) -> None:
    """Prepare, but start nothing: a run without database tests and without xdist needs no server."""
    config.stash[CLOSING] = ExitStack()
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(SharedServer())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server, if this process started it."""
    config.stash[CLOSING].close()


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Server:
    """The run's server."""
    config = request.config
    if told := getattr(config, "workerinput", {}).get("postgres"):
        return Server(*told)
    if SERVER not in config.stash:
        config.stash[SERVER] = config.stash[CLOSING].enter_context(serve())
    return config.stash[SERVER]


@contextmanager
def fresh_database(server: Server) -> Iterator[str]:
    """Copy the template for as long as the block runs. Connections left open do not keep the copy."""
    name = f"payments_test_{secrets.token_hex(8)}"
    server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{server.template}"')
    yield server.database(name)
    server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database_url(postgres_server: Server) -> Iterator[str]:
    """The URL (`postgresql://…`) of a migrated, empty database that no other test sees."""
    with fresh_database(postgres_server) as url:
        yield url
