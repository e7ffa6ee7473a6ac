"""The process between a caller and its PostgreSQL: starts the server, and cleans up when the caller is gone.

Its standard input carries one line, the plan, and then stays open: the end of the caller, kill -9 included,
ends that input, and is the sign to take everything down again. It answers one line, `{"port": …}` or
`{"error": …}`.

Whoever holds the lock on a cluster's folder keeps its server. Others who start on the same folder meanwhile
are given the same server, and do not stop it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from typing import Any, NoReturn

from payments_service.embedded_postgres.cluster import CannotStart, Cluster

READY_SECONDS = 60  # crash recovery after a hard stop may take a while
ATTEMPTS = 5
PR_SET_PDEATHSIG = 1
END_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Keeper:
    """Keeps one server for one owner."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.owner: int = plan["owner"]
        self.settings: dict[str, str] = plan["settings"]
        self.cluster = Cluster(plan)
        self.note = self.cluster.home / "server.json"
        self.lock: int | None = None
        self.server: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Do everything, from the folder to the last clean-up."""
        try:
            self.cluster.claim_folder()
            if (port := self._take_lock_or_find_server()) is not None:
                return answer(port=port)
            self.cluster.prepare()
            port = self._start()
            self._publish(port)
            answer(port=port)
            self._wait_for_the_end_of_the_owner()
        finally:
            self._clean_up()

    def _take_lock_or_find_server(self) -> int | None:
        """Take the lock and return None, or return the port of the server that the lock's holder keeps."""
        path = self.cluster.home / "lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self.cluster.give_away(path)
        give_up_at = time.monotonic() + READY_SECONDS
        while time.monotonic() < give_up_at:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.lock = lock
                self.note.unlink(missing_ok=True)
                return None
            if (port := self._port_of_another_keeper()) is not None:
                return port
            time.sleep(0.05)
        raise CannotStart(f"another process holds {self.cluster.home} and its server does not get ready")

    def _port_of_another_keeper(self) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(self.note.read_text())
            if all(is_alive(found[who]) for who in ("keeper", "owner")):  # else it is about to end, or did
                return int(found["port"])
        return None

    def _publish(self, port: int) -> None:
        new = self.note.with_suffix(".new")
        new.write_text(json.dumps({"port": port, "keeper": os.getpid(), "owner": self.owner}))
        new.replace(self.note)  # nobody reads half a note

    def _start(self) -> int:
        log_end = ""
        for _ in range(ATTEMPTS):
            port = free_port()
            settings = [f"--{name}={value}" for name, value in {**self.settings, "port": port}.items()]
            with self.cluster.open_log() as log:
                self.server = subprocess.Popen(
                    [self.cluster.bin / "postgres", "-D", self.cluster.data, *settings],
                    stdout=log,
                    preexec_fn=end_with_the_keeper,
                    **self.cluster.as_server(),
                )
            if self._gets_ready(self.server):
                return port
            if not re.search("could not bind|lock file", log_end := self.cluster.end_of_log()):
                break
            time.sleep(
                0.5
            )  # another process had the port, or a server whose keeper was killed is still ending
        raise CannotStart(f"PostgreSQL does not start:\n{log_end}")

    def _gets_ready(self, server: subprocess.Popen[bytes]) -> bool:
        give_up_at = time.monotonic() + READY_SECONDS
        while server.poll() is None and time.monotonic() < give_up_at:
            if self.cluster.is_served_by(server.pid):
                return True
            time.sleep(0.01)
        end(server, (signal.SIGQUIT, 6), (signal.SIGKILL, 6))
        return False

    def _wait_for_the_end_of_the_owner(self) -> None:
        # the parent is looked at too: a forked child of the owner may hold the input open
        while os.getppid() == self.owner:
            if select.select([sys.stdin], [], [], 0.5)[0]:
                return

    def _clean_up(self) -> None:
        for number in END_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if self.lock is not None:
            self.note.unlink(missing_ok=True)  # first: nobody new is sent to a server that is going
        if self.server is not None:
            # a cluster that is thrown away needs no last checkpoint
            gently = [] if self.cluster.temporary else [(signal.SIGINT, 30)]
            end(self.server, *gently, (signal.SIGQUIT, 6), (signal.SIGKILL, 6))
        if self.cluster.temporary:
            self.cluster.remove()


def is_alive(process_id: int) -> bool:
    """Tell whether there is such a process, whoever's it is."""
    try:
        with contextlib.suppress(PermissionError):
            os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def free_port() -> int:
    """Return a port of the loopback address that nobody listened on a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def end_with_the_keeper() -> None:
    """Have Linux stop the server when the keeper itself is killed. Runs in the new process."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def end(server: subprocess.Popen[bytes], *steps: tuple[int, float]) -> None:
    """Send one signal after the other, each with its seconds to take effect."""
    for number, seconds in steps:
        if server.poll() is not None:
            return
        server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(seconds)


def answer(**fields: object) -> None:
    """Tell the caller, who may be gone already."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), json.dumps(fields).encode() + b"\n")


def leave(*_: object) -> NoReturn:
    """End by way of every `finally`."""
    raise SystemExit(0)


def main() -> None:
    """Read the plan, follow it, and say what went wrong if something did."""
    for number in END_SIGNALS:
        signal.signal(number, leave)
    line = os.read(sys.stdin.fileno(), 1 << 16)
    if not line:
        return
    try:
        Keeper(json.loads(line)).run()
    except CannotStart as refusal:
        answer(error=str(refusal))
    except Exception as surprise:
        answer(error=f"{type(surprise).__name__}: {surprise}")
