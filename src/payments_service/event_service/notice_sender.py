"""Posts notices to the address that the event backend has for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from time import monotonic
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx

from payments_service.domain.notices import Notice
from payments_service.event_service.notice_messages import body_of, signed_headers
from payments_service.outgoing import Answer, CallFailed, Outgoing

OPERATION: Final = "notice"
_GONE: Final = 410


class Reception(StrEnum):
    """How a notice was received. `gone`: the receiver wants no notices any more, and says so with 410."""

    TAKEN = "taken"
    GONE = "gone"
    NOT_TAKEN = "not_taken"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came back. `answer` is a word or a status, never a body."""

    reception: Reception
    answer: str
    retry_after_seconds: float | None = None


class NoticePost(Protocol):
    """The port: one try to deliver a notice, which raises nothing."""

    async def send(self, notice: Notice, *, at: datetime) -> Receipt:
        """Sign the notice as of now and send it once."""
        ...


class NoticeSender:
    """One address, one or several secrets. A try takes at most `timeout` seconds; redirects are not followed."""

    def __init__(
        self,
        *,
        url: str,
        secrets: Sequence[str],
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
        observe: Callable[[str, str, float], None] | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._outgoing = Outgoing(base_url=f"{parts.scheme}://{parts.netloc}", transport=transport)
        self._path = parts.path or "/"
        self._secrets = tuple(secrets)
        self._timeout = timeout
        self._observe = observe

    async def aclose(self) -> None:
        await self._outgoing.aclose()

    async def send(self, notice: Notice, *, at: datetime) -> Receipt:
        began = monotonic()
        receipt = await self._post(notice, at)
        if self._observe is not None:
            self._observe(OPERATION, receipt.reception, monotonic() - began)
        return receipt

    async def _post(self, notice: Notice, at: datetime) -> Receipt:
        body = body_of(notice)
        headers = signed_headers(notice.notice_id, body, secrets=self._secrets, at=at)
        try:
            answer = await self._outgoing.send(
                "POST", self._path, headers=headers, content=body.encode(), timeout=self._timeout
            )
        except CallFailed as error:
            return Receipt(Reception.NOT_TAKEN, f"no answer ({error.reason})")
        return _receipt(answer)


def _receipt(answer: Answer) -> Receipt:
    word = f"http/{answer.status}"
    if 200 <= answer.status < 300:
        return Receipt(Reception.TAKEN, word)
    if answer.status == _GONE:
        return Receipt(Reception.GONE, word)
    wish = answer.headers.get("Retry-After", "")
    return Receipt(Reception.NOT_TAKEN, word, float(wish) if wish.isascii() and wish.isdigit() else None)
