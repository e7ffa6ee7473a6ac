"""Which events cost money, how much, and what came in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal

from payments_service_client.calls import Calls
from payments_service_client.errors import UnreadableAnswer
from payments_service_client.models import EventExtension, Order, PaidEvent, Summary
from payments_service_client.values import (
    UNSET,
    Id,
    Unset,
    clock,
    given,
    identifier,
    instant,
    kroner,
    optional_identifier,
)
from payments_service_client.words import OrderStatus

_PATH = "/v1/paid-events"


class PaidEvents:
    """`/v1/paid-events`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def put(
        self,
        event_id: Id,
        *,
        price: Decimal,
        paytime: timedelta,
        title: str | Unset | None = UNSET,
        organizer: str | Unset | None = UNSET,
        starts_at: datetime | Unset | None = UNSET,
        url: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> PaidEvent:
        """Say that an event costs money, or change it: what is left out keeps its value, None clears it."""
        optional = {
            "title": title,
            "organizer": organizer,
            "starts_at": instant(starts_at) if isinstance(starts_at, datetime) else starts_at,
            "url": url,
        }
        body = {name: value for name, value in optional.items() if not isinstance(value, Unset)}
        body |= {"price": kroner(price), "paytime": clock(paytime)}
        return await self._calls.write(PaidEvent, "PUT", _at(event_id), body, key=idempotency_key)

    async def get(self, event_id: Id) -> PaidEvent:
        return await self._calls.read(PaidEvent, _at(event_id))

    def list(self, *, page_size: int = 100) -> AsyncIterator[PaidEvent]:
        """All of them, newest first."""
        return self._calls.pages(PaidEvent, _PATH, {}, page_size)

    async def delete(self, event_id: Id, *, idempotency_key: str | None = None) -> None:
        """Make the event free. Raises Conflict `event_has_payments` while anything is paid or in checkout."""
        await self._calls.forget(_at(event_id), key=idempotency_key)

    def orders(
        self,
        event_id: Id,
        *,
        user_id: Id | None = None,
        status: OrderStatus | None = None,
        search: str | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[Order]:
        """The event's orders, newest first; organisers may ask too."""
        query = given(user_id=optional_identifier(user_id), status=status, search=search)
        return self._calls.pages(Order, f"{_at(event_id)}/orders", query, page_size)

    async def orders_csv(self, event_id: Id) -> bytes:
        """The event's orders as a file for spreadsheets: UTF-8 with BOM, semicolons."""
        answer = await self._calls.send("GET", f"{_at(event_id)}/orders.csv")
        if not answer.headers.get("content-type", "").startswith("text/csv"):
            raise UnreadableAnswer("not an answer of payments-service", status=answer.status_code)
        return answer.content

    async def summary(self, event_id: Id) -> Summary:
        return await self._calls.read(Summary, f"{_at(event_id)}/summary")

    async def extend(
        self, event_id: Id, *, minutes: int, reason: str, idempotency_key: str | None = None
    ) -> EventExtension:
        """Give everybody who has not paid more time."""
        body = {"minutes": minutes, "reason": reason}
        path = f"{_at(event_id)}/extension"
        return await self._calls.write(EventExtension, "POST", path, body, key=idempotency_key)


def _at(event_id: Id) -> str:
    return f"{_PATH}/{identifier(event_id)}"
