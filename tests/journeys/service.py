"""One replica of the service: a real process on a port of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from payments_service.demo.environment import SERVICE_KEY

ROOT = Path(__file__).parents[2]
_START_SECONDS = 30.0
_COMPLAINTS = ("work_failed", "tick_failed", "claim_failed", "Traceback", '"exception"')


class Service:
    """`python -m payments_service serve` with its log in a file, and a client with the backend's key."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.name = log.stem
        self.url = environment["PUBLIC_URL"]
        self.environment = {**environment, "PYTHONPATH": str(ROOT / "src")}
        self._log = log
        self.client = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {SERVICE_KEY}", "Accept-Language": "en"},
            timeout=20,
            trust_env=False,
        )
        self._start()

    def _start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "payments_service", "serve"],
                env=self.environment,
                cwd=self._log.parent,  # where no .env lies
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            assert self.is_running, f"the service ended at its start:\n{self.log()}"
            try:
                if self.client.get("/health/ready", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"the service is not ready:\n{self.log()}")

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal; after one that ends it at once, return when it has ended."""
        os.kill(self._process.pid, number)
        if number == signal.SIGKILL:
            self._process.wait(10)

    def ends(self, *, within: float) -> int:
        """Return its exit status."""
        return self._process.wait(within)

    def close(self) -> None:
        if self.is_running:
            self.kill(signal.SIGCONT)
            self.kill()
        self.client.close()

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def complaints(self, *, beyond: int = 0) -> list[str]:
        """Lines of the log that a sound run does not have."""
        lines = self.log()[beyond:].splitlines()
        return [line for line in lines if any(word in line for word in _COMPLAINTS)]

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.client.get(path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        return self.client.post(path, json=body, headers=headers)

    def put(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.client.put(path, json=body)

    def delete(self, path: str, **query: Any) -> httpx.Response:
        return self.client.delete(path, params=query)
