"""Ends a connection without an answer: for real over a socket, as an exception inside one process."""

import asyncio
from typing import Any

import httpx
from starlette.types import Receive, Send


async def hang_up(send: Send, *, refused: bool = False) -> None:
    """Raising alone will not do on a socket: the server would send a 500, which is an answer.

    So the transport under the send function is cut. Where there is none (an ASGI transport in the caller's
    process) the exception goes to the caller's client, which would have made the same of a dead socket.
    """
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        if refused:
            raise httpx.ConnectError("All connection attempts failed")
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    transport.abort()
    # The server has to notice before we return, or it complains about an application that never answered.
    await asyncio.sleep(0.01)


async def hold(receive: Receive, stopping: asyncio.Event, seconds: float | None) -> None:
    """Waits until the caller has gone, the simulator stops, or the time is up, whichever comes first."""
    waits = {asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(stopping.wait())}
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
