"""The embedded PostgreSQL as callers hold it: start, stop, url, create_database.

Everything blocks, for a second at most as a rule: async callers use a thread.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from payments_service.embedded_postgres.binaries import EmbeddedPostgresError, find_binaries
from payments_service.embedded_postgres.cluster import Cluster

if os.name == "posix":
    from payments_service.embedded_postgres.placement import place

DEFAULTS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes; a checkout's may have more
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "128MB",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
KEEPER = """
import sys
sys.path.insert(0, sys.argv[1])
from payments_service.embedded_postgres.keeper import main
main()
"""


class EmbeddedPostgres:
    """A server of our own on 127.0.0.1, with a free port and a random password.

    `data_dir=None` takes a temporary folder, removed at the stop. `durable=False` trades safety against power
    loss for speed. The server and the temporary folder go when this process ends, whatever ends it.
    """

    def __init__(
        self, data_dir: Path | None = None, *, durable: bool = True, settings: Mapping[str, str] | None = None
    ) -> None:
        if os.name != "posix":
            raise EmbeddedPostgresError("the embedded PostgreSQL needs Linux or macOS: set DATABASE_URL")
        self._binaries = find_binaries()
        self._placement = place(data_dir, self._binaries)
        self._temporary = data_dir is None
        self._settings = {**DEFAULTS, **({} if durable else NOT_DURABLE), **(settings or {})}
        self._keeper: subprocess.Popen[bytes] | None = None
        self.port: int | None = None

    @property
    def home(self) -> Path:
        """Where everything of this cluster lies: `data_dir`, unless the account that runs it cannot get there."""
        return self._placement.home

    def start(self) -> Self:
        """Start the server, with a new cluster if there is none; return when it takes connections."""
        if self._keeper is not None:
            raise EmbeddedPostgresError("already started")
        try:
            reply = self._start_keeper()
        except BaseException:  # Ctrl-C during a start too
            self.stop()
            raise
        if "error" in reply:
            self.stop()
            raise EmbeddedPostgresError(reply["error"])
        self.port = reply["port"]
        return self

    def _start_keeper(self) -> dict[str, Any]:
        source_root = str(Path(__file__).parents[2])
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", KEEPER, source_root],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            start_new_session=True,  # Ctrl-C in the terminal is for the owner
        )
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.write(json.dumps(self._plan()).encode() + b"\n")
        self._keeper.stdin.flush()
        line = self._keeper.stdout.readline()
        if not line:
            return {"error": "the keeper of the embedded PostgreSQL ended unexpectedly"}
        return dict(json.loads(line))

    def _plan(self) -> dict[str, Any]:
        where = self._placement
        account = where.account
        return {
            "owner": os.getpid(),
            "home": str(where.home),
            "temporary": self._temporary,
            "bin": str(where.bin),
            "copies": [(str(source), str(target)) for source, target in where.copies],
            "account": {"user": account.user, "group": account.group, "extra_groups": []} if account else {},
            "settings": self._settings,
        }

    def stop(self) -> None:
        """Stop the server if this object started it, and return when it and a temporary folder are gone."""
        keeper, self._keeper, self.port = self._keeper, None, None
        if keeper is None:
            return
        keeper.communicate()  # closes its input, waits for its end
        if keeper.returncode != 0 and self._temporary:  # the keeper was killed; its server ends with it
            Cluster(self._plan()).remove()

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database as the superuser."""
        return f"postgresql://postgres:{self._password()}@127.0.0.1:{self.port}/{database}"

    def _password(self) -> str:
        if self.port is None:
            raise EmbeddedPostgresError("not started")
        return (self.home / "password").read_text()

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, unless it exists, and return its URL. `template` is copied, data included."""
        access = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres", "PGDATABASE": ""}
        environment = {**os.environ, **access, "PGPASSWORD": self._password(), "LC_ALL": "C"}
        options = ["--maintenance-db=postgres", *([f"--template={template}"] if template else [])]
        command = [str(self._binaries / "createdb"), *options, "--", name]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode and "already exists" not in done.stderr:
            raise EmbeddedPostgresError(f"database {name} cannot be created: {done.stderr.strip()}")
        return self.url(name)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()
