"""Cases for a person, what goes away at the backend, and signed events that are to be sent again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from payments_service_client.calls import Calls
from payments_service_client.models import Case, Export, SentNotice
from payments_service_client.values import Id, given, identifier, optional_identifier
from payments_service_client.words import NoticeStatus


class AttentionCases:
    """`/v1/attention`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, *, event_id: Id | None = None, page_size: int = 100) -> AsyncIterator[Case]:
        """Open cases, newest first; organisers name an event of theirs."""
        query = given(event_id=optional_identifier(event_id))
        return self._calls.pages(Case, "/v1/attention", query, page_size)


class Events:
    """`/v1/events`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def delete(self, event_id: Id, *, idempotency_key: str | None = None) -> None:
        """The event is gone at the backend. Fine when unknown."""
        await self._calls.forget(f"/v1/events/{identifier(event_id)}", key=idempotency_key)


class Users:
    """`/v1/users`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def delete(self, user_id: Id, *, idempotency_key: str | None = None) -> None:
        """Forget a member. Fine when unknown; raises Conflict `payment_in_progress` while a payment is open."""
        await self._calls.forget(f"/v1/users/{identifier(user_id)}", key=idempotency_key)

    async def export(self, user_id: Id) -> dict[str, Any]:
        """Everything that is kept about a member. Raises NotFound when nothing is."""
        return (await self._calls.read(Export, f"/v1/users/{identifier(user_id)}/export")).root


class Notices:
    """`/v1/notices`: our signed events, and how their delivery goes"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        status: NoticeStatus | None = None,
        event_id: Id | None = None,
        registration_id: Id | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[SentNotice]:
        """All that fit, newest first."""
        query = given(
            status=status,
            event_id=optional_identifier(event_id),
            registration_id=optional_identifier(registration_id),
        )
        return self._calls.pages(SentNotice, "/v1/notices", query, page_size)

    async def repeat(self, notice_id: str, *, idempotency_key: str | None = None) -> SentNotice:
        """Send it once more, under the same `webhook-id`. Raises NotFound."""
        path = f"/v1/notices/{identifier(notice_id)}/repeat"
        return await self._calls.write(SentNotice, "POST", path, key=idempotency_key)
