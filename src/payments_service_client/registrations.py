"""Whose clock is running, until when, and what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from payments_service_client.calls import Calls
from payments_service_client.models import Happening, Histories, Registration
from payments_service_client.values import Id, given, identifier, instant, optional_identifier
from payments_service_client.words import ExemptionKind, RegistrationStatus

_PATH = "/v1/registrations"


class Registrations:
    """`/v1/registrations`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def put(
        self,
        registration_id: Id,
        *,
        event_id: Id,
        user_id: Id,
        from_waiting_list: bool = False,
        payment_expiredate: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Registration:
        """Somebody got a seat: the clock starts. Repeats change nothing, but for another `payment_expiredate`."""
        body = given(
            event_id=identifier(event_id),
            user_id=identifier(user_id),
            from_waiting_list=from_waiting_list,
            payment_expiredate=instant(payment_expiredate) if payment_expiredate else None,
        )
        return await self._calls.write(Registration, "PUT", _at(registration_id), body, key=idempotency_key)

    async def get(self, registration_id: Id) -> Registration:
        return await self._calls.read(Registration, _at(registration_id))

    def list(
        self,
        *,
        event_id: Id | None = None,
        user_id: Id | None = None,
        status: RegistrationStatus | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[Registration]:
        """All that fit, newest first; organisers name an event of theirs."""
        query = given(
            event_id=optional_identifier(event_id), user_id=optional_identifier(user_id), status=status
        )
        return self._calls.pages(Registration, _PATH, query, page_size)

    async def delete(
        self, registration_id: Id, *, refund: bool = False, idempotency_key: str | None = None
    ) -> None:
        """The member signed off. Raises Conflict `already_paid` unless the money is to go back."""
        query = {"refund": "true"} if refund else {}
        await self._calls.forget(_at(registration_id), query=query, key=idempotency_key)

    async def extend(
        self, registration_id: Id, *, minutes: int, reason: str, idempotency_key: str | None = None
    ) -> Registration:
        """More time to pay. Raises Conflict `registration_decided` when it is paid or over."""
        body = {"minutes": minutes, "reason": reason}
        path = f"{_at(registration_id)}/extension"
        return await self._calls.write(Registration, "POST", path, body, key=idempotency_key)

    async def exempt(
        self, registration_id: Id, *, kind: ExemptionKind, reason: str, idempotency_key: str | None = None
    ) -> Registration:
        """The seat pays nothing here. Raises Conflict `registration_decided` when it is paid or over."""
        body = {"kind": str(kind), "reason": reason}
        path = f"{_at(registration_id)}/exemption"
        return await self._calls.write(Registration, "POST", path, body, key=idempotency_key)

    async def history(self, registration_id: Id) -> tuple[Happening, ...]:
        """Every decision about it, with what it was made from."""
        return (await self._calls.read(Histories, f"{_at(registration_id)}/history")).items


def _at(registration_id: Id) -> str:
    return f"{_PATH}/{identifier(registration_id)}"
