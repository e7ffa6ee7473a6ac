"""Vipps' Webhooks API: which of our addresses hears of what. Registering is a person's deed, never a start's."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from payments_service.outgoing import Answer
from payments_service.vipps.answers import readable
from payments_service.vipps.error_bodies import error_codes
from payments_service.vipps.errors import OutcomeUnknown, Rejected, TryAgain, VippsError
from payments_service.vipps.messages import AnyReply, Reply, Unreadable, read_json
from payments_service.vipps.remedies import name_of, retry_after_seconds
from payments_service.vipps.transport import VippsTransport
from payments_service.vipps.watching import Observe, watched

WEBHOOKS: Final = "/webhooks/v1/webhooks"

Operation = Literal["webhooks_register", "webhooks_list", "webhooks_delete"]
#: A UUID; it goes into a path and onto a screen.
RegistrationId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
_TURNED_AWAY: Final = frozenset({401, 423, 425, 429})  # nothing was done; 401: with these keys, for now


class Registered(Reply):
    """Answer to a register: the only time that the secret is told."""

    id: RegistrationId
    secret: str = Field(min_length=1, max_length=1024, repr=False)


class Registration(Reply):
    """One of the sales unit's registrations, ours or another service's."""

    id: RegistrationId
    url: str = Field(max_length=4096)
    events: list[str] = Field(max_length=1000)


class _Registrations(Reply):
    webhooks: list[Registration] = Field(max_length=1000)


class WebhooksApi:
    """The three calls there are. `observe(operation, outcome, seconds)` hears of each however it ends."""

    def __init__(self, *, transport: VippsTransport, observe: Observe | None = None) -> None:
        self._transport = transport
        self._observe = observe

    async def register(self, url: str, events: tuple[str, ...], *, timeout: float) -> Registered:
        """Register. Not idempotent at Vipps: after `OutcomeUnknown` list, and delete what has no known secret."""
        body = {"url": url, "events": list(events)}
        return await self._ask("webhooks_register", "POST", WEBHOOKS, Registered, body=body, timeout=timeout)

    async def registrations(self, *, timeout: float) -> list[Registration]:
        """List what is registered for the sales unit, without secrets."""
        found = await self._ask("webhooks_list", "GET", WEBHOOKS, _Registrations, timeout=timeout)
        return found.webhooks

    async def delete(self, registration_id: str, *, timeout: float) -> None:
        """Delete a registration, and with it the retries of what it has not delivered. Raises ValueError for no id."""
        if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", registration_id):
            raise ValueError("a registration's id is a UUID")
        with watched("webhooks_delete", observe=self._observe):
            answer = await self._transport.call("DELETE", f"{WEBHOOKS}/{registration_id}", timeout=timeout)
            if not 200 <= answer.status < 300:
                raise failure("webhooks_delete", answer)

    async def _ask(
        self,
        operation: Operation,
        method: str,
        path: str,
        shape: type[AnyReply],
        *,
        body: dict[str, Any] | None = None,
        timeout: float,
    ) -> AnyReply:
        with watched(operation, observe=self._observe):
            answer = await self._transport.call(method, path, body=body, timeout=timeout)
            if answer.status not in (200, 201):
                raise failure(operation, answer)
            return readable(shape, answer)


def failure(operation: Operation, answer: Answer) -> VippsError:
    """Turn a no into the error named after its remedy. Here the status alone tells: no code is documented."""
    name = name_of(answer.status, error_codes(answer.body))
    message = f"{operation}: {name} (http {answer.status})"
    pause = retry_after_seconds(answer.headers.get("Retry-After"))
    if answer.status in _TURNED_AWAY:
        return TryAgain(message, retry_after_seconds=pause)
    if 400 <= answer.status < 500 and answer.status != 408:
        reasons = _reasons(answer.body)
        return Rejected(f"{message} {reasons}" if reasons else message, code=name)
    return OutcomeUnknown(message, retry_after_seconds=pause)


def _reasons(body: bytes) -> str:
    """Vipps' own words on what was wrong, for the person who registers: this API is told of no member."""
    try:
        found = read_json(body)
    except Unreadable:
        return ""
    details = found.get("extraDetails") if isinstance(found, dict) else None
    pairs = [
        f"{detail.get('name')}: {detail.get('reason')}"
        for detail in (details if isinstance(details, list) else ())
        if isinstance(detail, dict)
    ]
    return re.sub(r"[^ -~]", "?", "; ".join(pairs))[:300]
