"""HTTP calls to the neighbours: bounded in time, number and size, and never cancelled once under way.

httpx 0.28 can lose pool connections for good when a call is cancelled. So each call is a task of its own which the
caller only waits for: when the caller's time is over or the caller is cancelled, the call goes on until httpx's own
timeouts end it, and what it brings is dropped.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from time import monotonic
from typing import Final, cast

import httpx

AT_ONCE: Final = 16  # calls at one time; below the pool's cap, so that the pool itself never queues
POOL_CAP: Final = 20
KEEP_ALIVE_SECONDS: Final = 3.0  # uvicorn hangs up after 5: no call on a connection that is being closed
BODY_CAP: Final = 1024 * 1024  # bytes, unpacked
POOL_TIMEOUTS_BEFORE_REBUILD: Final = 2  # with AT_ONCE < POOL_CAP even one means that connections got lost
STUCK_SECONDS: Final = 60.0  # four times the longest total of any call
CLOSE_SECONDS: Final = 5.0
ALWAYS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "payments-service",
}


class CallFailed(Exception):
    """A call brought no answer. `reason` is one constant word; addresses, headers and bodies are left out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NothingLeft(CallFailed):
    """The request certainly never left this process: no slot, no address, no connection, no handshake."""


class NoAnswer(CallFailed):
    """The request may have arrived: timeout, cut connection, redirect, or an answer too large or too slow."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the neighbour said, whatever the status (never 3xx). `body` is unpacked and at most `BODY_CAP` bytes."""

    status: int
    headers: httpx.Headers
    body: bytes = field(repr=False)


class _Line:
    """One client with its slots and the calls on their way; replaced as a whole when it is worn out."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None) -> None:
        nobody = DefaultCookiePolicy(allowed_domains=[])  # one answer's cookie must not go with the next call
        self.client = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(policy=nobody),
            limits=httpx.Limits(max_connections=POOL_CAP, keepalive_expiry=KEEP_ALIVE_SECONDS),
            headers=ALWAYS,
        )
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.running: dict[asyncio.Task[Answer | CallFailed], float] = {}
        self.pool_timeouts = 0

    def ended(self, task: asyncio.Task[Answer | CallFailed]) -> None:
        """Free the slot. Runs even for a task that was cancelled before its first step."""
        del self.running[task]
        self.slots.release()
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not complain about a result nobody waited for

    def is_stuck(self) -> bool:
        return any(monotonic() - started > STUCK_SECONDS for started in self.running.values())

    async def close(self, patience: float) -> None:
        """Wait a little for calls on their way, then close the sockets under the rest; nothing is cancelled."""
        if self.running:
            await asyncio.wait(set(self.running), timeout=patience)
        await self.client.aclose()


class Outgoing:
    """The way out to one neighbour. `transport` takes the network's place (tests, simulator)."""

    def __init__(self, *, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._base_url, self._transport = base_url.rstrip("/"), transport
        self._line: _Line | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._closed = False

    async def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        timeout: float,
    ) -> Answer:
        """Make one call, at most `timeout` seconds from now; `path` starts with a slash and is already quoted.

        Raises `NothingLeft` or `NoAnswer`. Never repeats anything.
        """
        deadline = monotonic() + timeout
        line = await self._take_slot(timeout)
        left = deadline - monotonic()
        task = asyncio.create_task(
            self._exchange(line, method, self._base_url + path, dict(headers), content, left)
        )
        line.running[task] = monotonic()
        task.add_done_callback(line.ended)
        done, _ = await asyncio.wait({task}, timeout=left)
        if not done or task.cancelled():
            raise NoAnswer("deadline" if not done else "shutdown")
        result = task.result()
        if isinstance(result, CallFailed):
            raise result
        return result

    async def aclose(self) -> None:
        """Take no more calls; give those on their way a few seconds, then hang up."""
        self._closed = True
        if self._line is not None:
            await self._line.close(CLOSE_SECONDS)
        if self._retiring:
            await asyncio.wait(self._retiring, timeout=1.0)

    async def _take_slot(self, timeout: float) -> _Line:
        """Wait for a free slot for at most half the caller's time; waiting here may be cancelled freely."""
        if self._closed or timeout <= 0:
            raise NothingLeft("closed" if self._closed else "no_time")
        if self._line is None:
            self._line = _Line(self._transport)
        line = self._line
        try:
            async with asyncio.timeout(timeout / 2):
                await line.slots.acquire()
        except TimeoutError:
            if line.is_stuck():
                self._replace(line)
            raise NothingLeft("no_slot") from None
        return line

    async def _exchange(
        self, line: _Line, method: str, url: str, headers: dict[str, str], content: bytes | None, left: float
    ) -> Answer | CallFailed:
        """Send and read. Errors are returned: their texts may quote headers, so none is kept as a cause."""
        give_up_at = monotonic() + left
        # Slices of the whole, so that the deadline cannot fall into a phase in which nothing has left yet;
        # connect is counted twice there (TCP, then TLS). Vipps wants >= 1 s to connect and >= 5 s to answer.
        phases = httpx.Timeout(connect=min(3.0, left / 3), pool=min(1.0, left / 4), write=left, read=left)
        try:
            request = line.client.build_request(method, url, headers=headers, content=content, timeout=phases)
        except Exception as error:  # a header or address that cannot be written
            return NothingLeft(type(error).__name__)
        try:
            response = await line.client.send(request, stream=True)
            line.pool_timeouts = 0
            async with aclosing(response):
                return await _read(response, give_up_at)
        except httpx.PoolTimeout:
            line.pool_timeouts += 1
            if line.pool_timeouts >= POOL_TIMEOUTS_BEFORE_REBUILD:
                self._replace(line)
            return NothingLeft("PoolTimeout")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            return NothingLeft(type(error).__name__)
        except Exception as error:  # anything else may have happened after the first byte left
            return NoAnswer(type(error).__name__)

    def _replace(self, line: _Line) -> None:
        """Leave a worn-out client to end its calls in peace and start the next call on a new one."""
        if self._line is line:
            self._line = None
            task = asyncio.create_task(line.close(STUCK_SECONDS))
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)


async def _read(response: httpx.Response, give_up_at: float) -> Answer | CallFailed:
    """Read an answer within size and time, counting what it unpacks to."""
    if 300 <= response.status_code < 400:
        return NoAnswer("redirect")  # an API that sends us elsewhere is misconfigured or is not that API
    if response.is_stream_consumed:  # a transport without a wire has read and unpacked it already
        body: bytes | None = response.content
    else:
        packed = bytearray()
        async with aclosing(cast(AsyncGenerator[bytes, None], response.aiter_raw())) as chunks:
            async for chunk in chunks:
                packed += chunk
                if len(packed) > BODY_CAP:
                    return NoAnswer("too_large")
                if monotonic() > give_up_at:
                    return NoAnswer("too_slow")  # a byte a second would keep every read timeout content
        body = _unpacked(bytes(packed), response.headers.get("Content-Encoding", "identity"))
    if body is None:
        return NoAnswer("unreadable")
    return (
        Answer(response.status_code, response.headers, body)
        if len(body) <= BODY_CAP
        else NoAnswer("too_large")
    )


def _unpacked(body: bytes, encoding: str) -> bytes | None:
    """Undo gzip that came although we asked for none, never unpacking more than a byte over the cap."""
    if (encoding := encoding.strip().lower()) in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return None
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        unpacked = unpacker.decompress(body, BODY_CAP + 1)
    except zlib.error:
        return None
    return unpacked if unpacker.eof or len(unpacked) > BODY_CAP else None
