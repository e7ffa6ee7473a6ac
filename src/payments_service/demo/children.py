"""Our own commands as child processes: started on a leash, watched, stopped, and quoted when they fail."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final, cast

import httpx

READY_SECONDS: Final = 40  # the service itself waits 30 s for a database
DRAIN_SECONDS: Final = 25  # the service's own promise after SIGTERM
_TAIL_BYTES: Final = 500_000
SOURCES: Final = Path(__file__).parents[2]


class StackFailed(Exception):
    """Something the demo stands on does not start; the message is for the person at the terminal."""


class PortTaken(StackFailed):
    """Somebody else listens where we were told to."""


class Child:
    """One `payments-service …` with its output in a file that has no name, so that nothing of it can be left behind.

    With `is_shown` its output goes where ours goes instead.
    """

    def __init__(self, *arguments: str, environment: Mapping[str, str], is_shown: bool = False) -> None:
        self.name = f"payments-service {' '.join(arguments)}"
        self._log = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115 - closed with the child
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "payments_service.demo.leash", *arguments],
            stdin=subprocess.PIPE,
            stdout=None if is_shown else self._log,
            stderr=None if is_shown else subprocess.STDOUT,
            cwd="/",  # somebody's .env in the working directory is not meant for us
            env={**environment, "PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # Ctrl-C in the terminal is for the demo, which then stops us in order
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def finish(self, seconds: float) -> str:
        """Wait for a command that ends by itself; return its output. Raises StackFailed when it does not end well."""
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = -1
        if status != 0:
            raise StackFailed(f"{self.name} failed with status {status}:\n{self.last_lines()}")
        return self._tail()

    def wait_until_ready(self, origin: str) -> None:
        """Return when `/health/ready` says so. Raises StackFailed when the process ends or takes too long."""
        give_up_at = time.monotonic() + READY_SECONDS
        with httpx.Client(base_url=origin, trust_env=False, timeout=2) as client:
            while time.monotonic() < give_up_at and not self.has_ended:
                with contextlib.suppress(httpx.TransportError):
                    if client.get("/health/ready").status_code == 200:
                        return
                time.sleep(0.05)
        raise StackFailed(f"{self.name} does not get ready:\n{self.last_lines()}")

    def stop(self) -> None:
        """Ask it to end, insist when it does not, and let go of its output."""
        if not self.has_ended:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(DRAIN_SECONDS)
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def last_lines(self, count: int = 25) -> str:
        """Return the end of its output, without the many questions the demo itself has asked."""
        lines = self._tail().splitlines()
        return "\n".join([line for line in lines if '"method": "GET"' not in line][-count:])

    def _tail(self) -> str:
        # read by position: the child writes on at the offset it shares with us
        size = os.fstat(self._log.fileno()).st_size
        tail = os.pread(self._log.fileno(), _TAIL_BYTES, max(0, size - _TAIL_BYTES))
        return tail.decode(errors="replace")
