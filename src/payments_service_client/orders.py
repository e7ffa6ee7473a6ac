"""Paying: starting it, finding out what became of it, moving the money."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Literal

from payments_service_client.calls import Calls, parsed
from payments_service_client.models import Happening, Histories, Movement, Order
from payments_service_client.values import Id, given, identifier, kroner, optional_identifier
from payments_service_client.wire import seconds_of
from payments_service_client.words import OrderStatus

_PATH = "/v1/orders"


class Orders:
    """`/v1/orders`. Nobody changes or deletes an order."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def start(
        self,
        *,
        event_id: Id,
        user_id: Id,
        payer_name: str | None = None,
        return_url: str | None = None,
        phone_number: str | None = None,
        idempotency_key: str | None = None,
    ) -> Order:
        """Return the order to pay: a new one, or the open one that can still be used. Send the member to its link.

        Raises Conflict (`already_paid`, `payment_time_expired`, `on_waiting_list`, …), VippsRejected, Unavailable.
        """
        body = given(
            event_id=identifier(event_id),
            user_id=identifier(user_id),
            payer_name=payer_name,
            return_url=return_url,
            phone_number=phone_number,
        )
        return await self._calls.write(Order, "POST", _PATH, body, key=idempotency_key)

    async def get(self, order_id: str) -> Order:
        """As the service knows it; Vipps is not asked."""
        return await self._calls.read(Order, _at(order_id))

    def list(
        self,
        *,
        event_id: Id | None = None,
        user_id: Id | None = None,
        status: OrderStatus | None = None,
        search: str | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[Order]:
        """All that fit, newest first. `search` is the beginning of an order's, member's or event's id."""
        query = given(
            event_id=optional_identifier(event_id),
            user_id=optional_identifier(user_id),
            status=status,
            search=search,
        )
        return self._calls.pages(Order, _PATH, query, page_size)

    async def history(self, order_id: str) -> tuple[Happening, ...]:
        return (await self._calls.read(Histories, f"{_at(order_id)}/history")).items

    async def sync(self, order_id: str, *, idempotency_key: str | None = None) -> Order:
        """Let the service ask Vipps now: for the page that a member returns to. Raises Unavailable."""
        return await self._calls.write(Order, "POST", f"{_at(order_id)}/sync", key=idempotency_key)

    async def capture(
        self, order_id: str, *, reason: str, amount: Decimal | None = None, idempotency_key: str | None = None
    ) -> Movement:
        """Take reserved money; all of it without an amount."""
        return await self._move("capture", order_id, reason, amount, idempotency_key)

    async def cancel(
        self, order_id: str, *, reason: str, amount: Decimal | None = None, idempotency_key: str | None = None
    ) -> Movement:
        """Let a reservation go, or close an open checkout."""
        return await self._move("cancel", order_id, reason, amount, idempotency_key)

    async def refund(
        self, order_id: str, *, reason: str, amount: Decimal | None = None, idempotency_key: str | None = None
    ) -> Movement:
        """Give money back; all that is left without an amount. The seat stays."""
        return await self._move("refund", order_id, reason, amount, idempotency_key)

    async def _move(
        self,
        what: Literal["capture", "cancel", "refund"],
        order_id: str,
        reason: str,
        amount: Decimal | None,
        key: str | None,
    ) -> Movement:
        body = given(reason=reason, amount=None if amount is None else kroner(amount))
        answer = await self._calls.send("POST", f"{_at(order_id)}/{what}", body=body, key=key)
        return Movement(
            order=parsed(Order, answer), is_done=answer.status_code != 202, retry_after=seconds_of(answer)
        )


def _at(order_id: str) -> str:
    return f"{_PATH}/{identifier(order_id)}"
