"""Writes with an `Idempotency-Key`: the first answer is kept, a repeat gets it again. Pure ASGI, inside the guards."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payments_service.api.authentication import Authenticator, Unauthorized, caller_of
from payments_service.api.problems import HttpProblem, problem_response
from payments_service.storage import idempotency
from payments_service.storage.database import Database
from payments_service.storage.idempotency import Kept, Reused, Running, Slot, Taken

_WRITES: Final = frozenset({"PUT", "POST", "PATCH", "DELETE"})
_HEADERS_KEPT: Final = frozenset(
    {"content-type", "content-language", "retry-after", "location", "allow", "vary"}
)
_LONGEST_KEY: Final = 255
_MEMBERS: Final = "/v1/users/"


class IdempotentWrites:
    """Answers repeats from what was kept.

    Kept are 2xx and 4xx, except a 4xx that itself asks to come back later; after a 5xx the same key goes on.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        database: Database,
        authenticator: Authenticator,
        lease: timedelta,
        unavailable: Sequence[type[Exception]],
    ) -> None:
        self._app = app
        self._database = database
        self._authenticator = authenticator
        self._lease = lease
        self._unavailable = tuple(unavailable)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _header(scope, b"idempotency-key") if scope["type"] == "http" else None
        if key is None or scope["method"] not in _WRITES or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        try:
            slot = self._slot(scope, key)
        except HttpProblem as problem:
            await problem_response(scope, problem.code, errors=problem.errors)(scope, receive, send)
            return
        except Unauthorized:
            await self._app(scope, receive, send)  # refused further in, in the usual words
            return
        try:
            await self._answer(slot, scope, receive, send)
        except self._unavailable:
            await problem_response(scope, "unavailable", headers={"Retry-After": "2"})(scope, receive, send)

    def _slot(self, scope: Scope, key: bytes) -> Slot:
        """Who calls is answered before how the key is written. Raises Unauthorized, HttpProblem."""
        caller = caller_of(scope, self._authenticator)
        if not 1 <= len(key) <= _LONGEST_KEY or any(not 32 <= byte <= 126 for byte in key):
            errors = [
                {"field": "header.idempotency-key", "message": "must be 1-255 printable ASCII characters"}
            ]
            raise HttpProblem("invalid_request", errors=errors)
        return Slot(caller.identity, scope["method"], _path(scope["path"]), kept_key(key))

    async def _answer(self, slot: Slot, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body = message.get("body", b"")
        fingerprint = hashlib.sha256(scope["query_string"] + b"\n" + body).digest()
        async with self._database.autocommit() as connection:
            found = await idempotency.take(connection, slot, fingerprint=fingerprint, lease=self._lease)
        match found:
            case Kept():
                headers = {**found.headers, "Idempotent-Replayed": "true"}
                await Response(found.body, status_code=found.status, headers=headers)(scope, receive, send)
            case Running():
                answer = problem_response(scope, "request_in_progress", headers={"Retry-After": "2"})
                await answer(scope, receive, send)
            case Reused():
                await problem_response(scope, "idempotency_key_reused")(scope, receive, send)
            case Taken():
                await self._carry_out(slot, found, message, scope, receive, send)

    async def _carry_out(
        self, slot: Slot, taken: Taken, request: Message, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """The answer is kept before it is sent: who has it in hand may rely on the repeat."""
        answer = _Caught()
        try:
            await self._app(scope, _again(request, receive), answer.catch)
        except BaseException:
            await self._settle(slot, taken, None)
            raise
        await self._settle(slot, taken, answer)
        for message in answer.messages:
            await send(message)

    async def _settle(self, slot: Slot, taken: Taken, answer: _Caught | None) -> None:
        async with self._database.autocommit() as connection:
            if answer is None or not answer.is_worth_keeping:
                await idempotency.let_go(connection, slot, taken)
                return
            await idempotency.keep(
                connection, slot, taken, status=answer.status, headers=answer.headers, body=answer.body
            )


def kept_key(key: bytes) -> str:
    """What is kept of a key: enough to know it again. A caller may have put anything into it, names too."""
    return hashlib.sha256(key).hexdigest()


def _path(path: str) -> str:
    """A path that names a member is kept so as well: it is the member's erasure that is to be remembered."""
    return _MEMBERS + hashlib.sha256(path.encode()).hexdigest() if path.startswith(_MEMBERS) else path


class _Caught:
    """An answer held back until it has been kept."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def catch(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"]) if self.messages else 500

    @property
    def headers(self) -> dict[str, str]:
        sent = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in self.messages[0]["headers"]
        }
        return {name: value for name, value in sent.items() if name in _HEADERS_KEPT}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    @property
    def is_worth_keeping(self) -> bool:
        is_passing = 400 <= self.status < 500 and "retry-after" in self.headers
        return self.status < 500 and not is_passing


def _again(request: Message, receive: Receive) -> Receive:
    """The body that was read for its fingerprint, then whatever the server says next."""
    waiting = [request]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == wanted), None)
