"""A Webhooks API on a socket of this machine, which remembers what is registered and says no when it is told to."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from uuid import uuid4


class PlayedWebhooks:
    """`answers` maps a method to the (status, body) that it gets instead; the deed is done all the same.

    A body of None hangs up without an answer; `seconds` is how long each method's answer takes.
    """

    def __init__(self) -> None:
        self.webhooks: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.answers: dict[str, tuple[int, bytes | None]] = {}
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, url: str, events: list[str]) -> str:
        """Register by hand. Returns the id."""
        made = str(uuid4())
        self.webhooks.append({"id": made, "url": url, "events": events})
        return made

    def do(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if path == "/accesstoken/get":
            return 200, {"token_type": "Bearer", "expires_in": "3600", "access_token": "a-token"}
        self.calls.append(f"{method} {path}")
        if method == "GET":
            return 200, {"webhooks": self.webhooks}
        if method == "POST":
            self.sent.append(body)
            return 201, {
                "id": self.add(body["url"], body["events"]),
                "secret": f"secret+of/{len(self.sent)}==",
            }
        kept = [webhook for webhook in self.webhooks if not path.endswith(webhook["id"])]
        is_known, self.webhooks = len(kept) < len(self.webhooks), kept
        return (204, None) if is_known else (400, {"title": "Bad Request", "status": 400})


def _handler_of(played: PlayedWebhooks) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = played.do(self.command, self.path, json.loads(raw) if raw else None)
            body = b"" if said is None else json.dumps(said).encode()
            if self.path != "/accesstoken/get":
                time.sleep(played.seconds.get(self.command, 0))
                status, other = played.answers.get(self.command, (status, body))
                if other is None:
                    self.close_connection = True
                    return
                body = other
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the standard library's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nobody reads it."""

    return Handler
