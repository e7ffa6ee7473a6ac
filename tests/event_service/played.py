"""An event backend played by hand: says exactly what a test wants."""

from __future__ import annotations

import json
from typing import Any, Literal

import httpx

from payments_service.event_service.client import EventServiceClient

TOKEN = "the-event-token"
ROW: dict[str, Any] = {
    "registration_id": 77,
    "is_on_wait": False,
    "payment_expiredate": "2026-11-23T16:00:00+01:00",
    "user_info": {"user_id": "olanor", "first_name": "Ola"},
    "created_at": "2026-11-23T14:00:00Z",
}
Release = Literal["unregister", "waiting_list"]


class Backend:
    """An event backend played by hand."""

    def __init__(self, header: str = "Authorization", release: Release = "unregister") -> None:
        self.requests: list[httpx.Request] = []
        self.body: Any = ROW
        self.status = 200
        self.error: Exception | None = None
        self.observed: list[tuple[str, str]] = []
        self.client = EventServiceClient(
            base_url="https://backend.test/api/",
            token=TOKEN,
            token_header=header,
            release=release,
            timeout=2,
            transport=httpx.MockTransport(self._answer),
            observe=lambda operation, outcome, _: self.observed.append((operation, outcome)),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        raw = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return httpx.Response(self.status, stream=httpx.ByteStream(raw))

    async def do(self, operation: str) -> Any:
        if operation == "find_seat":
            return await self.client.find_seat("123", "olanor")
        if operation == "release":
            return await self.client.release("123", "olanor", "77")
        return await self.client.list_seats("123", 1)


OPERATIONS = ("find_seat", "release", "list_seats")
