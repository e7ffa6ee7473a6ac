"""One request over HTTP: within a total deadline, under one key, repeated only where a repeat can do no harm.

A call is never cancelled once it is under way: httpx can lose connections of its pool for good when it is. So each is a
task of its own that the caller only waits for, and httpx's own timeouts end it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from pydantic import BaseModel, ValidationError

from payments_service_client.errors import (
    FieldError,
    NoAnswer,
    PaymentsError,
    Refused,
    UnreadableAnswer,
    kind_of,
)

#: Nothing has left: no connection was made, or none was free.
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
#: The line was cut, so that the answer is lost. A read changes nothing, and a write has a key that says it is the same.
_CUT: Final = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
_CONNECT_SECONDS: Final = 5.0
_FIRST_WAIT: Final = 0.1  # seconds, doubled each time a connection fails
_LONGEST_WAIT: Final = 2.0
_CLOSE_SECONDS: Final = 2.0

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """On whose behalf, how long, and in which words."""

    token: str = field(repr=False)
    deadline: float
    language: str | None = None
    request_id: str | None = None

    def headers(self, call: Call) -> dict[str, str]:
        found = {
            "Authorization": f"Bearer {self.token}",
            "Accept-Language": self.language,
            "X-Request-Id": self.request_id,
            "Idempotency-Key": call.idempotency_key,
        }
        return {name: value for name, value in found.items() if value is not None}


class Problem(BaseModel):
    """RFC 9457, as the service writes it."""

    code: str
    detail: str = ""
    request_id: str | None = None
    errors: tuple[FieldError, ...] | None = None


class Wire:
    """The way to one payments-service, with a pool of connections that all callers share."""

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.AsyncBaseTransport | None,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "payments-service-client"},
        )
        self._sleep = sleep
        self._clock = clock
        self._running: set[asyncio.Task[httpx.Response | NoAnswer]] = set()

    async def aclose(self) -> None:
        """Give calls on their way a moment, then hang up."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=_CLOSE_SECONDS)
        await self._http.aclose()

    async def send(self, call: Call, options: Options) -> httpx.Response:
        """Return a good answer. Raises PaymentsError, with the key under which the same call may be made again."""
        ends_at = self._clock() + options.deadline
        attempt = 0
        while True:
            outcome = await self._once(call, options, ends_at - self._clock())
            error = outcome if isinstance(outcome, NoAnswer) else problem_in(outcome)
            if error is None:
                assert isinstance(outcome, httpx.Response)
                return outcome
            wait = _wait_before_repeating(error, attempt)
            if wait is None or self._clock() + wait >= ends_at:
                error.idempotency_key = call.idempotency_key
                raise error
            await self._sleep(wait)
            attempt += 1

    async def _once(self, call: Call, options: Options, left: float) -> httpx.Response | NoAnswer:
        request = self._http.build_request(
            call.method,
            self.base_url + call.path,
            params=dict(call.query),
            json=call.body,
            headers=options.headers(call),
            timeout=httpx.Timeout(left, connect=min(_CONNECT_SECONDS, left)),
        )
        task = asyncio.create_task(self._exchange(request))
        self._running.add(task)
        task.add_done_callback(self._ended)
        done, _ = await asyncio.wait({task}, timeout=left)
        return task.result() if done else NoAnswer("deadline", was_sent=True)

    def _ended(self, task: asyncio.Task[httpx.Response | NoAnswer]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not complain of one that nobody waited for

    async def _exchange(self, request: httpx.Request) -> httpx.Response | NoAnswer:
        """Errors are returned, not raised on: httpx's own hold the request, and with it the key to everything."""
        try:
            return await self._http.send(request)
        except _NOT_SENT as error:
            return NoAnswer(type(error).__name__, was_sent=False, may_repeat=True)
        except _CUT as error:
            return NoAnswer(type(error).__name__, was_sent=True, may_repeat=True)
        except httpx.HTTPError as error:
            return NoAnswer(type(error).__name__, was_sent=True)


def problem_in(answer: httpx.Response) -> PaymentsError | None:
    """What an answer that is no yes says; None for a yes."""
    if answer.is_success:
        return None
    retry_after = seconds_of(answer)
    try:
        said = Problem.model_validate_json(answer.content)
    except ValidationError:
        unreadable: PaymentsError = UnreadableAnswer(
            "not an answer of payments-service", status=answer.status_code
        )
        unreadable.retry_after = retry_after
        unreadable.request_id = answer.headers.get("x-request-id")
        return unreadable
    return kind_of(answer.status_code)(
        code=said.code,
        status=answer.status_code,
        detail=said.detail,
        request_id=said.request_id or answer.headers.get("x-request-id"),
        retry_after=retry_after,
        errors=said.errors or (),
    )


def seconds_of(answer: httpx.Response) -> int | None:
    """`Retry-After` in whole seconds, as the service sends it."""
    text = answer.headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _wait_before_repeating(error: PaymentsError, attempt: int) -> float | None:
    """Seconds, or None when the call is not to be made again."""
    if isinstance(error, NoAnswer):
        return min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt) if error.may_repeat else None
    comes_back = error.status in (429, 503) or (
        isinstance(error, Refused) and error.code == "request_in_progress"
    )
    return error.retry_after if comes_back else None
