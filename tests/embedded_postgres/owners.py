"""Runs an owner of an embedded PostgreSQL as a process of its own, to be killed or to run as another account."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

SOURCES = Path(__file__).parents[2] / "src"
OWNER = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from payments_service.embedded_postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[2]) if sys.argv[2] else None, durable=bool(sys.argv[2])) as postgres:
    told = {"home": str(postgres.home), "url": postgres.url(), "keeper": postgres._keeper.pid}
    print(json.dumps(told), flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that holds a server until its input ends, and what it said about it."""

    process: subprocess.Popen[str]
    home: Path
    url: str
    keeper: int

    def server_processes(self) -> list[psutil.Process]:
        """Return the server and all its backends: whatever was started on this home."""
        servers = [
            p
            for p in psutil.process_iter(["cmdline"])
            if str(self.home / "cluster") in (p.info["cmdline"] or [])
        ]
        return [*servers, *(child for server in servers for child in server.children(recursive=True))]

    def ends_by(self, number: int) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(10)


@contextmanager
def owner(
    data_dir: Path | str = "",
    *,
    python: str = sys.executable,
    user: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Owner]:
    """Start an owner, wait until it has its server, and make sure it ends."""
    process = subprocess.Popen(
        [python, "-c", OWNER, str(SOURCES), str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**os.environ, **(environment or {})},
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
    )
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield Owner(process, Path(told["home"]), told["url"], told["keeper"])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)


def has_ended(process: psutil.Process) -> bool:
    """Tell whether a process is gone, or waits only for whoever adopted it to notice."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def comes_true(condition: Callable[[], bool], *, seconds: float = 5) -> bool:
    """Wait for a condition."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.02)
    return True
