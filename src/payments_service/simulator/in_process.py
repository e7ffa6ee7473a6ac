"""A transport within one process that, unlike httpx's own for ASGI, keeps the client's read timeout."""

import asyncio

import httpx
from starlette.types import ASGIApp, Message, Scope


class InProcessTransport(httpx.AsyncBaseTransport):
    """A silent neighbour must look silent: the client gives up while the work goes on, as over a socket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(await request.aread())
        task = asyncio.create_task(self._run(request, exchange))
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        try:
            await asyncio.wait({task}, timeout=request.extensions.get("timeout", {}).get("read"))
        finally:
            if not task.done():
                exchange.gone.set()
        if not task.done():
            raise httpx.ReadTimeout("The simulator did not answer in time")
        task.result()
        return httpx.Response(exchange.status, headers=exchange.headers, content=exchange.body)

    def _forget(self, task: asyncio.Task[None]) -> None:
        """Whatever became of it, a caller who has given up never hears of it."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    async def _run(self, request: httpx.Request, exchange: "_Exchange") -> None:
        await self._app(_scope(request), exchange.receive, exchange.send)

    async def aclose(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Exchange:
    def __init__(self, body: bytes) -> None:
        self.gone = asyncio.Event()
        self.status, self.body = 500, b""
        self.headers: list[tuple[bytes, bytes]] = []
        self._request: bytes | None = body

    async def receive(self) -> Message:
        if self._request is not None:
            body, self._request = self._request, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", []))
        else:
            self.body += message.get("body", b"")


def _scope(request: httpx.Request) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "server": (request.url.host, request.url.port or 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
