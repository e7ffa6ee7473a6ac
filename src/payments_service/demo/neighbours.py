"""The simulated Vipps and event backend, served from a thread of this process: they end when it does."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Self

from payments_service.demo.children import PortTaken, StackFailed
from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.server import make_server
from payments_service.simulator.simulator import Simulator


class Neighbours:
    """Both neighbours on one port of the loopback address; port 0 takes a free one."""

    def __init__(
        self,
        config: SimulatorConfig,
        *,
        port: int = 0,
        option: str = "--port",
        first_registration_id: int = 77,
    ) -> None:
        self._socket = listen(port, option=option)
        self.port = int(self._socket.getsockname()[1])
        self.origin = f"http://127.0.0.1:{self.port}"
        config.public_origin = self.origin
        simulator = Simulator(config)
        # It counts from the same number at every start; a database that is kept would meet old ids again.
        simulator.backend._last_registration = first_registration_id - 1
        self._server = make_server(simulator, port=self.port)
        self._thread = threading.Thread(target=self._run, name="neighbours", daemon=True)

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    def __enter__(self) -> Self:
        self._thread.start()
        give_up_at = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > give_up_at or not self._thread.is_alive():
                raise StackFailed("the simulated Vipps does not start")
            time.sleep(0.01)
        return self

    def __exit__(self, *failure: object) -> None:
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()


def listen(port: int, *, option: str = "--port") -> socket.socket:
    """Return a listening socket; 0 takes a free port. Raises PortTaken, which names the option to choose another."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise PortTaken(
            f"port {port} of 127.0.0.1 cannot be had ({error.strerror}): stop whoever has it, "
            f"or choose another one with {option} (0 takes a free one)"
        ) from None
