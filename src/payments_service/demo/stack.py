"""Everything on one machine: a database, both neighbours and the service, started in order and taken down in order."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from payments_service.demo.children import Child
from payments_service.demo.environment import environment
from payments_service.demo.neighbours import Neighbours
from payments_service.simulator.config import SimulatorConfig

COMMAND_SECONDS = 60


class Stack:
    """A running service and where everything is."""

    def __init__(
        self, *, database_url: str, neighbours: Neighbours, config: SimulatorConfig, reserved: socket.socket
    ) -> None:
        service_port = int(reserved.getsockname()[1])
        self.service_url = f"http://127.0.0.1:{service_port}"
        self.simulator_url = neighbours.origin
        self._database_url, self._config, self._port = database_url, config, service_port
        self._reserved = reserved  # nobody else gets the port before the service does
        self._service: Child | None = None

    def command(self, *arguments: str) -> str:
        """Run one of the service's own commands to its end, and return what it printed."""
        child = Child(*arguments, environment=self._environment({}))
        try:
            return child.finish(COMMAND_SECONDS)
        finally:
            child.stop()

    def start(self, settings: Mapping[str, str], *, is_shown: bool = False) -> None:
        """Start the service with these settings, in place of the one that runs; return when it is ready."""
        self.stop()
        self._reserved.close()
        self._service = Child("serve", environment=self._environment(settings), is_shown=is_shown)
        self._service.wait_until_ready(self.service_url)

    def stop(self) -> None:
        """Let the service drain and end."""
        service, self._service = self._service, None
        if service is not None:
            service.stop()

    def last_lines(self) -> str:
        """Return the end of the service's log."""
        return self._service.last_lines() if self._service else ""

    @property
    def pid(self) -> int | None:
        """Of the service that runs."""
        return self._service.pid if self._service else None

    @property
    def has_died(self) -> bool:
        return self._service is not None and self._service.has_ended

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        return environment(
            database_url=self._database_url,
            service_port=self._port,
            simulator_origin=self.simulator_url,
            simulator=self._config,
            **settings,
        )


@contextmanager
def standing(stack: Stack) -> Iterator[Stack]:
    """Migrate, and whatever happens meanwhile, let the service end before what it stands on."""
    try:
        stack.command("migrate")
        yield stack
    finally:
        stack.stop()


@contextmanager
def sigterm_like_ctrl_c() -> Iterator[None]:
    """Within the block SIGTERM ends things in the same order as Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
