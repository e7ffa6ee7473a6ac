"""What is turned away before any route sees it: doubtful headers and addresses, large and slow bodies."""

from __future__ import annotations

import asyncio
from collections import Counter
from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payments_service.api.problems import HttpProblem, problem_response

MOST_BODY_BYTES = 64 * 1024
BODY_SECONDS = 15.0
MOST_ADDRESS_BYTES = 8 * 1024
MOST_HEADER_BYTES = 32 * 1024
#: Two of one of these and two readers (a proxy and us) may each believe another one. Two `Authorization` headers are
#: bad credentials, which is 401 and said where credentials are looked at.
_ONCE = frozenset(
    {
        b"host",
        b"content-length",
        b"content-type",
        b"idempotency-key",
        b"transfer-encoding",
        b"x-ms-date",
        b"x-ms-content-sha256",
    }
)


class Guards:
    """Answers with a problem, or hands the request on with its whole body already here."""

    def __init__(
        self, app: ASGIApp, *, most_body_bytes: int = MOST_BODY_BYTES, body_seconds: float = BODY_SECONDS
    ) -> None:
        self._app = app
        self._most_body_bytes = most_body_bytes
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            check_headers(scope)
            check_address(scope)
            body = await self._whole_body(scope, receive)
        except HttpProblem as problem:
            answer = problem_response(
                scope, problem.code, status=problem.status, errors=problem.errors, headers=problem.headers
            )
            await answer(scope, receive, send)
            return
        if body is not None:  # None: the caller went away half-way and there is nobody to answer
            await self._app(scope, _replay(body, receive), send)

    async def _whole_body(self, scope: Scope, receive: Receive) -> bytes | None:
        announced = _announced_length(scope)
        if announced is not None and announced > self._most_body_bytes:
            raise HttpProblem("body_too_large")
        try:
            async with asyncio.timeout(self._body_seconds):
                return await self._collect(receive)
        except TimeoutError:
            raise HttpProblem("request_timeout", headers={"Connection": "close"}) from None

    async def _collect(self, receive: Receive) -> bytes | None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._most_body_bytes:
                raise HttpProblem("body_too_large")
            if not message.get("more_body", False):
                return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body in one piece, then whatever the server says next (that the caller went away)."""
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == wanted), None)


def _announced_length(scope: Scope) -> int | None:
    value = _header(scope, b"content-length")
    if value is None:
        return None
    if not value.isdigit() or len(value) > 18:
        raise HttpProblem("invalid_request", status=400)
    return int(value)


def check_headers(scope: Scope) -> None:
    """Raises HttpProblem with 400, or 431 when there is simply too much."""
    counts = Counter(name for name, _ in scope["headers"])
    twice = sorted(name.decode() for name in _ONCE if counts[name] > 1)
    if counts[b"content-length"] and counts[b"transfer-encoding"]:
        twice.append("content-length")
    if twice:
        errors = [{"field": f"header.{name}", "message": "may be sent only once"} for name in twice]
        raise HttpProblem("invalid_request", status=400, errors=errors)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADER_BYTES:
        raise HttpProblem("invalid_request", status=431)


def check_address(scope: Scope) -> None:
    """Path and query, decoded, are text without control characters. Raises HttpProblem: 404, 414 or 422."""
    raw_path, query = scope.get("raw_path") or b"", scope["query_string"]
    if len(raw_path) + len(query) > MOST_ADDRESS_BYTES:
        raise HttpProblem("invalid_request", status=414)
    if not _is_text(unquote_to_bytes(raw_path) or scope["path"].encode("utf-8", "surrogatepass")):
        raise HttpProblem("not_found")  # nothing of ours is called so
    if not _is_text(unquote_to_bytes(query.replace(b"+", b" "))):
        raise HttpProblem(
            "invalid_request",
            errors=[{"field": "query", "message": "contains a character that is not allowed"}],
        )
    names = Counter(name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    if any(count > 1 for count in names.values()):
        raise HttpProblem(
            "invalid_request", errors=[{"field": "query", "message": "names a parameter twice"}]
        )


def _is_text(raw: bytes) -> bool:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(character < " " or character == "\x7f" for character in text)
