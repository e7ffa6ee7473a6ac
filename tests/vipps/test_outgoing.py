"""The way out over a real socket: cancelled callers, slow and broken neighbours, and worn-out pools."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from payments_service import outgoing
from payments_service.outgoing import Answer, CallFailed, NoAnswer, NothingLeft, Outgoing

YES = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Neighbour:
    """An HTTP server made of a socket: `seconds` to think, then `says`, in `pieces` if a drip is wanted."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.says = YES
        self.drip = 0.0
        self.hangs_up = False
        self.connections = 0
        self.port = 0
        self.heads: list[bytes] = []
        self.serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                await asyncio.sleep(self.seconds)
                await self._say(writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        for piece in [self.says] if not self.drip else [bytes([byte]) for byte in self.says]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(self.drip)
        if self.hangs_up:
            raise ConnectionAbortedError


@asynccontextmanager
async def _met() -> AsyncIterator[tuple[Neighbour, Outgoing]]:
    neighbour = Neighbour()
    server = await asyncio.start_server(neighbour.serve, "127.0.0.1", 0)
    neighbour.port = server.sockets[0].getsockname()[1]
    line = Outgoing(base_url=f"http://127.0.0.1:{neighbour.port}/")
    try:
        yield neighbour, line
    finally:
        await line.aclose()
        server.close()
        await asyncio.gather(*neighbour.serving)  # each has seen the end of its connection


async def _get(line: Outgoing, timeout: float = 5.0) -> Answer:
    return await line.send("GET", "/x", headers={}, timeout=timeout)


async def test_two_thousand_cancelled_callers_leave_the_way_open() -> None:
    async with _met() as (neighbour, line):
        neighbour.seconds = 0.002
        for batch in range(20):
            callers = [asyncio.create_task(_get(line)) for _ in range(100)]
            await asyncio.sleep(0.0005 * batch)  # some are waiting for a slot, some connect, some read
            for caller in callers:
                caller.cancel()
            await asyncio.gather(*callers, return_exceptions=True)
        # a slot that leaked stays taken however long one waits
        answers = await asyncio.gather(*(_get(line, 60) for _ in range(100)))
        assert [answer.status for answer in answers] == [200] * 100
        assert neighbour.connections <= outgoing.POOL_CAP


async def test_no_more_calls_at_once_than_there_are_slots() -> None:
    async with _met() as (neighbour, line):
        neighbour.seconds = 0.05
        calls = [asyncio.create_task(_get(line, 10)) for _ in range(3 * outgoing.AT_ONCE)]
        await asyncio.gather(*calls)
        assert neighbour.connections == outgoing.AT_ONCE


async def test_a_call_that_finds_no_slot_never_leaves() -> None:
    async with _met() as (neighbour, line):
        neighbour.seconds = 0.5
        calls = [asyncio.create_task(_get(line)) for _ in range(outgoing.AT_ONCE)]
        await asyncio.sleep(0.1)
        with pytest.raises(NothingLeft, match="no_slot"):
            await _get(line, 0.2)
        await asyncio.gather(*calls)
        assert len(neighbour.heads) == outgoing.AT_ONCE


async def test_a_cancelled_callers_call_still_arrives() -> None:
    async with _met() as (neighbour, line):
        neighbour.seconds = 0.1
        caller = asyncio.create_task(_get(line))
        await asyncio.sleep(0.05)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await line.aclose()  # waits for it
        assert len(neighbour.heads) == 1
        with pytest.raises(NothingLeft, match="closed"):
            await _get(line)


async def test_silence_ends_with_the_deadline_and_with_nothing_left_behind() -> None:
    async with _met() as (neighbour, line):
        neighbour.seconds = 0.3
        with pytest.raises(NoAnswer, match="deadline"):
            await _get(line, 0.1)
        neighbour.seconds = 0.0
        assert (await _get(line)).body == b"{}"
        gc.collect()  # an exception nobody fetched would be reported, and reports are errors here


@pytest.mark.parametrize(
    "says",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{", b"HTTP/1.1 200", b"", b"junk\r\n\r\n"],
)
async def test_a_cut_answer_is_no_answer(says: bytes) -> None:
    async with _met() as (neighbour, line):
        neighbour.says, neighbour.hangs_up = says, True
        with pytest.raises(NoAnswer):
            await _get(line)


async def test_drips_end_with_the_deadline_and_free_their_slots() -> None:
    async with _met() as (neighbour, line):
        neighbour.says = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + b"x" * 400
        neighbour.drip = 0.01
        drips = [_get(line, 0.8) for _ in range(outgoing.AT_ONCE)]
        ends = await asyncio.gather(*drips, return_exceptions=True)
        assert all(isinstance(end, NoAnswer) for end in ends)
        neighbour.says, neighbour.drip = YES, 0.0
        assert (await _get(line)).status == 200


async def test_nobody_listens_so_nothing_left() -> None:
    async with _met() as (_, line):
        gone = line._base_url
        await line.aclose()
    with pytest.raises(NothingLeft, match="ConnectError"):
        await _get(Outgoing(base_url=gone))


@pytest.mark.parametrize("header", ["a\r\nb", "å\ud800"])
async def test_a_header_that_cannot_be_written_is_not_repeated_in_the_error(header: str) -> None:
    async with _met() as (neighbour, line):
        with pytest.raises(CallFailed) as caught:
            await line.send("GET", "/x", headers={"X-Secret": header}, timeout=1)
        assert header not in str(caught.value)
        assert not neighbour.heads


async def test_cookies_are_not_kept() -> None:
    async with _met() as (neighbour, line):
        neighbour.says = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: session=1; Path=/\r\n\r\n{}"
        await _get(line)
        await _get(line)
        assert not any(b"ookie" in head for head in neighbour.heads)


class Worn(httpx.AsyncBaseTransport):
    """A pool that has lost its connections until it is closed and made anew."""

    def __init__(self, fails: Callable[[], bool]) -> None:
        self.fails = fails
        self.closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.fails():
            raise httpx.PoolTimeout("worn", request=request)
        return httpx.Response(200, content=b"{}")

    async def aclose(self) -> None:
        self.closed += 1


async def test_a_worn_out_client_is_replaced() -> None:
    transport = Worn(lambda: transport.closed == 0)
    line = Outgoing(base_url="http://neighbour.test", transport=transport)
    for _ in range(outgoing.POOL_TIMEOUTS_BEFORE_REBUILD):
        with pytest.raises(NothingLeft, match="PoolTimeout"):
            await _get(line)
    await asyncio.sleep(0.01)
    assert (await _get(line)).status == 200
    assert transport.closed == 1
    await line.aclose()


async def test_a_redirect_leads_nowhere() -> None:
    async with _met() as (elsewhere, _), _met() as (neighbour, line):
        for status in (301, 302, 303, 307, 308):
            address = f"http://127.0.0.1:{elsewhere.port}/stolen"
            neighbour.says = (
                f"HTTP/1.1 {status} Go\r\nLocation: {address}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            with pytest.raises(NoAnswer, match="redirect"):
                await _get(line)
        assert elsewhere.connections == 0


async def test_proxies_and_passwords_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with _met() as (proxy, _), _met() as (neighbour, line):
        for scheme in ("http", "https", "all"):
            monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        (tmp_path / ".netrc").write_text("default login somebody password hunter2\n")
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        assert (await _get(line)).status == 200
        assert (proxy.connections, neighbour.connections) == (0, 1)
        assert b"authorization" not in neighbour.heads[0].lower()
