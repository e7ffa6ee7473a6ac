"""A wire between the service and PostgreSQL that can be held (bytes wait, nobody is told) or cut at a COMMIT."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

from tests.journeys.neighbours import Neighbours


class PostgresProxy:
    """Lives on the neighbours' loop, so that their hooks can hold it at an exact instant."""

    def __init__(self, neighbours: Neighbours, database_url: str) -> None:
        self._neighbours = neighbours
        self._target = urlsplit(database_url)
        self._flows = asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self._cut: tuple[bytes, str] | None = None

    def start(self) -> str:
        """Return the URL of the same database through the proxy."""
        self._server = self._neighbours.wait_for(asyncio.start_server(self._serve, "127.0.0.1", 0))
        port = self._server.sockets[0].getsockname()[1]
        account, _, _ = self._target.netloc.rpartition("@")
        return urlunsplit(self._target._replace(netloc=f"{account}@127.0.0.1:{port}"))

    def hold(self) -> None:
        """From now on nothing gets through. On the neighbours' loop only."""
        self._flows.clear()

    def cut_at_commit_of(self, word: str, when: str) -> None:
        """Break the connection of the next COMMIT of a transaction that wrote `word`, `before` or `after` PostgreSQL
        has got it. Other transactions, of the clock's jobs for one, go on."""
        self._cut = word.encode(), when

    def close(self) -> None:
        self._neighbours.wait_for(self._close())

    async def _close(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._target.hostname or "127.0.0.1", self._target.port or 5432
        far_reader, far_writer = await asyncio.open_connection(host, port)
        self._writers += [writer, far_writer]
        for source, back, sink in ((reader, writer, far_writer), (far_reader, far_writer, writer)):
            task = asyncio.create_task(self._pump(source, back, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            # either side's end is both sides' end
            task.add_done_callback(lambda _: writer.transport.abort())
            task.add_done_callback(lambda _: far_writer.transport.abort())

    async def _pump(
        self, source: asyncio.StreamReader, back: asyncio.StreamWriter, sink: asyncio.StreamWriter
    ) -> None:
        """Carry bytes one way; `back` leads to where they come from."""
        has_written = False
        with suppress(OSError):
            while data := await source.read(65_536):
                await self._flows.wait()
                when = None
                has_written |= self._cut is not None and self._cut[0] in data
                if b"COMMIT;" in data:
                    if has_written and self._cut is not None:
                        (_, when), self._cut = self._cut, None
                    has_written = False
                if when != "before":
                    sink.write(data)
                if when is not None:
                    back.transport.abort()  # nobody hears the answer
                    await asyncio.sleep(0.1)  # what was sent is done
                    return
                await sink.drain()
