"""The access token: fetched once for everybody, renewed before it dies, never fetched per call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import structlog

from payments_service.outgoing import Answer, CallFailed, Outgoing
from payments_service.vipps.errors import NotSent
from payments_service.vipps.messages import AccessToken, Unreadable, parse

PATH: Final = "/accesstoken/get"
FETCH_SECONDS: Final = 8.0  # connect 3 s and answer 5 s, whatever the waiting calls still have left
RENEW_AT: Final = 0.9  # of the life: 24 h in production, 1 h in the test environment
MARGIN_SECONDS: Final = 60.0  # a token must outlive the longest call it is used for
PAUSE_SECONDS: Final = 15.0  # between early renewals that fail: the cached token is good for a while

EVENT_REFUSED: Final = "vipps_access_token_refused"  # our keys are wrong: only a person can help
EVENT_FAILED: Final = "vipps_access_token_failed"  # the endpoint is down or talks nonsense: it will pass

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Held:
    """A token with its age on our own monotonic clock; `expires_on` of the answer is not trusted."""

    value: str = field(repr=False)
    renew_after: float
    dies_at: float


class AccessTokens:
    """Single flight: whoever needs a token waits for the one fetch under way, which no waiter can cancel."""

    def __init__(
        self, *, outgoing: Outgoing, headers: Mapping[str, str], now: Callable[[], float] = monotonic
    ) -> None:
        self._outgoing = outgoing
        self._headers = headers
        self._now = now
        self._held: _Held | None = None
        self._fetch: asyncio.Task[str | NotSent] | None = None
        self._paused_until = 0.0

    async def get(self, *, timeout: float) -> str:
        """Return a token that lives. Raises `NotSent` when none is to be had within `timeout` seconds."""
        held, now = self._held, self._now()
        if held is not None and now < held.dies_at:
            if now >= held.renew_after and now >= self._paused_until:
                _ = self._fetch_once()  # in the background: this call need not wait for it
            return held.value
        task = self._fetch_once()
        done, _ = await asyncio.wait({task}, timeout=timeout)
        if not done or task.cancelled():
            raise NotSent("no access token in time")
        result = task.result()
        if isinstance(result, NotSent):
            raise NotSent(str(result), retry_after_seconds=result.retry_after_seconds)
        return result

    def forget(self, token: str) -> None:
        """Vipps refused this token: do not use it again. A newer one is left alone."""
        if self._held is not None and self._held.value == token:
            self._held = None

    def _fetch_once(self) -> asyncio.Task[str | NotSent]:
        """Join the fetch under way or start one. No await between look and start, so no lock is needed."""
        if self._fetch is None or self._fetch.done():
            self._fetch = asyncio.create_task(self._fetch_token())
        return self._fetch

    async def _fetch_token(self) -> str | NotSent:
        """Ask for a token and keep it. The failure is returned, for several callers raise it."""
        asked_at = (
            self._now()
        )  # before the call, so that a slow answer makes the token look older, not younger
        try:
            answer = await self._outgoing.send(
                "POST", PATH, headers=self._headers, content=b"", timeout=FETCH_SECONDS
            )
        except CallFailed as error:
            return self._failed(EVENT_FAILED, reason=error.reason)
        token = _token_in(answer)
        if token is None:
            refused = answer.status in (400, 401, 403)
            return self._failed(EVENT_REFUSED if refused else EVENT_FAILED, reason=f"http/{answer.status}")
        life = token.life_seconds
        renew_after = asked_at + min(life * RENEW_AT, max(life - MARGIN_SECONDS, life / 2))
        self._held = _Held(token.value, renew_after, asked_at + life)
        return token.value

    def _failed(self, event: str, *, reason: str) -> NotSent:
        """Only the access token endpoint was talked to: nothing of the payment left us."""
        self._paused_until = self._now() + PAUSE_SECONDS
        log.error(event, reason=reason)
        return NotSent(f"no access token ({reason})")


def _token_in(answer: Answer) -> AccessToken | None:
    if answer.status != 200:
        return None
    try:
        return parse(AccessToken, answer.body)
    except Unreadable:
        return None
