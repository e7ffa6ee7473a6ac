"""Asks the event backend who has a seat until when, and tells it to take a seat back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final, Literal
from urllib.parse import quote
from uuid import uuid4

import httpx
import structlog

from payments_service.domain.seats import Seat, SeatPage
from payments_service.event_service.errors import EventServiceError, Refused, Unanswered
from payments_service.event_service.messages import (
    ID,
    Registration,
    RegistrationPage,
    Reply,
    Unreadable,
    parse,
)
from payments_service.outgoing import Answer, CallFailed, Outgoing

EVENT_FAILED: Final = "event_service_call_failed"
EVENT_SHAPE: Final = "event_service_wrong_shape"  # the backend changed: a person must look
EVENT_TURNED_AWAY: Final = "event_service_turned_away"  # 401 or 403: our token is wrong or has no rights
NOT_NOW: Final = frozenset({408, 425, 429})  # 4xx that say "later", not "no"

log = structlog.get_logger()


class EventServiceClient:
    """The event backend's API. Every call takes at most `timeout` seconds and is made exactly once.

    Raises `Refused` for a 4xx other than 404 and `Unanswered` for everything that is no usable answer, a changed
    shape included. `observe(operation, outcome, seconds)` hears of every call however it ends.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        token_header: str,
        release: Literal["unregister", "waiting_list"],
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
        observe: Callable[[str, str, float], None] | None = None,
    ) -> None:
        self._outgoing = Outgoing(base_url=base_url, transport=transport)
        is_bearer = token_header.lower() == "authorization"
        self._headers = {token_header: f"Bearer {token}" if is_bearer else token}
        self._release = release
        self._timeout = timeout
        self._observe = observe

    async def aclose(self) -> None:
        await self._outgoing.aclose()

    async def find_seat(self, event_id: str, user_id: str) -> Seat | None:
        """Return the sign-up of this member to this event, or None when the backend says 404."""
        with self._watched("find_seat", event_id):
            answer = await self._call("GET", _path(event_id, user_id))
            if answer.status == 404:
                return None
            seat = _body(Registration, answer).seat(event_id)
            if seat.user_id != user_id:
                raise Unanswered("the answer is about another member")
            return seat

    async def release(self, event_id: str, user_id: str, registration_id: str) -> None:
        """Take the seat back. Done when the backend says 2xx or 404. After `Unanswered` read before repeating."""
        method, body = "DELETE", None
        if self._release == "waiting_list":
            method, body = "PUT", b'{"is_on_wait":true}'
        with self._watched("release", event_id, registration_id=registration_id):
            key = {"Idempotency-Key": f"release-{registration_id}"}
            answer = await self._call(method, _path(event_id, user_id), content=body, headers=key)
            if answer.status != 404:
                _require_yes(answer)

    async def list_seats(self, event_id: str, page: int) -> SeatPage:
        """Return one page, from 1. Raises `Refused` with status 404 when the event is unknown."""
        with self._watched("list_seats", event_id):
            found = _body(RegistrationPage, await self._call("GET", f"{_path(event_id)}?page={page:d}"))
            if found.next is not None and found.next <= page:
                raise Unanswered("the next page is not a later one")  # else the walk never ends
            return SeatPage(tuple(item.seat(event_id) for item in found.results), found.next)

    async def _call(
        self, method: str, path: str, *, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        sent = {**(headers or {}), **self._headers, "X-Request-Id": _request_id()}
        if content is not None:
            sent["Content-Type"] = "application/json"
        try:
            return await self._outgoing.send(
                method, path, headers=sent, content=content, timeout=self._timeout
            )
        except CallFailed as error:
            failure = Unanswered(f"no answer ({error.reason})")
        raise failure

    @contextmanager
    def _watched(self, operation: str, event_id: str, **fields: Any) -> Iterator[None]:
        """Measure a call and log how it failed. Member ids stay out of the log."""
        began, outcome = monotonic(), "given_up"
        try:
            yield
            outcome = "ok"
        except EventServiceError as error:
            outcome = "refused" if isinstance(error, Refused) else "unanswered"
            log.warning(EVENT_FAILED, operation=operation, event_id=event_id, reason=str(error), **fields)
            raise
        finally:
            if self._observe is not None:
                self._observe(operation, outcome, monotonic() - began)


def _require_yes(answer: Answer) -> None:
    if 200 <= answer.status < 300:
        return
    if answer.status in (401, 403):
        log.error(EVENT_TURNED_AWAY, status=answer.status)
    if 400 <= answer.status < 500 and answer.status not in NOT_NOW:
        raise Refused(f"http/{answer.status}", status=answer.status)
    raise Unanswered(f"http/{answer.status}")


def _body(shape: type[Reply], answer: Answer) -> Reply:
    """Read a good answer; one of another shape is no answer, and certainly not "no seat"."""
    _require_yes(answer)
    try:
        return parse(shape, answer.body)
    except Unreadable as error:
        problem = str(error)
    log.error(EVENT_SHAPE, shape=shape.__name__, problem=problem, status=answer.status)
    raise Unanswered(f"unreadable answer ({problem})")


def _path(event_id: str, user_id: str | None = None) -> str:
    """The backend's routes end with a slash; without it Django redirects and the call is lost."""
    tail = f"{_segment(user_id)}/" if user_id is not None else ""
    return f"/events/{_segment(event_id)}/registrations/{tail}"


def _segment(identifier: str) -> str:
    """Quote an id for a path. `.` and `..` would climb, and no id of the backend looks like that."""
    if ID.fullmatch(identifier) is None:
        raise Unanswered("an id that cannot be asked for")
    return quote(identifier, safe="")


def _request_id() -> str:
    """The id of the request or tick on whose behalf we call, so that both sides' logs meet; else a new one."""
    bound = structlog.contextvars.get_contextvars().get("request_id")
    if isinstance(bound, str) and re.fullmatch(r"[!-~]{1,200}", bound):
        return bound
    return uuid4().hex
