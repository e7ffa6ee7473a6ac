"""A wire to PostgreSQL that something can happen on: at one COMMIT, named by what its transaction writes down.

What a transaction records in the history (`refund_intended`, `order_started` …) travels as text, so a connection on
which such a word was seen is the one whose next COMMIT is meant.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from tests.journeys.neighbours import Neighbours

When = Literal["before", "after"]
_DONE_WITHIN = 0.1  # PostgreSQL takes far less for a COMMIT that it has got


@dataclass(slots=True)
class Trap:
    """Springs once. `before`: PostgreSQL never gets the COMMIT. `after`: it does, and nobody hears its answer."""

    word: bytes
    when: When
    act: Callable[[], object]
    sprung: threading.Event = field(default_factory=threading.Event)


class Wire:
    """Lives on the neighbours' loop. Where it leads can be changed; a connection there that fails is closed."""

    def __init__(self, neighbours: Neighbours, database_url: str) -> None:
        self._neighbours = neighbours
        self._url = urlsplit(database_url)
        self.port = self._url.port or 5432
        self._trap: Trap | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def start(self) -> str:
        """Return the URL of the same database over this wire."""
        self._server = self._neighbours.wait_for(asyncio.start_server(self._serve, "127.0.0.1", 0))
        port = self._server.sockets[0].getsockname()[1]
        account, _, _ = self._url.netloc.rpartition("@")
        return urlunsplit(self._url._replace(netloc=f"{account}@127.0.0.1:{port}"))

    def close(self) -> None:
        self._neighbours.wait_for(self._close())

    def set_trap(self, word: str, when: When, act: Callable[[], object] = lambda: None) -> Trap:
        """Act at the COMMIT of the next transaction that writes this word, and break its connection."""
        self._trap = Trap(word.encode(), when, act)
        return self._trap

    async def _close(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:  # PostgreSQL is away
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._writers |= ends
        self._start(self._carry_requests(reader, writer, far_writer), ends)
        self._start(self._carry_answers(far_reader, writer), ends)

    def _start(self, pump: Coroutine[Any, Any, None], ends: set[asyncio.StreamWriter]) -> None:
        task = asyncio.create_task(pump)
        self._tasks.add(task)

        def end(_: object) -> None:
            self._tasks.discard(task)
            self._writers.difference_update(ends)
            for writer in ends:  # either side's end is both sides' end
                writer.transport.abort()

        task.add_done_callback(end)

    async def _carry_answers(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()

    async def _carry_requests(
        self, source: asyncio.StreamReader, back: asyncio.StreamWriter, sink: asyncio.StreamWriter
    ) -> None:
        """Carry what the service says; `back` leads to it."""
        is_meant = False
        with suppress(OSError):
            while data := await source.read(65_536):
                trap = self._trap
                is_meant = is_meant or (trap is not None and trap.word in data)
                if trap is None or not is_meant or b"COMMIT;" not in data:
                    sink.write(data)
                    await sink.drain()
                    continue
                self._trap = None
                back.transport.abort()  # nobody hears the answer
                trap.act()
                if trap.when == "after":
                    sink.write(data)
                    await sink.drain()
                    await asyncio.sleep(_DONE_WITHIN)
                trap.sprung.set()
                return
