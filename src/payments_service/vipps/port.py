"""The port: what the service asks of a Vipps payment API, whichever one it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from payments_service.domain.readings import NoSuchPayment, Reading


@dataclass(frozen=True, slots=True)
class NewPayment:
    """What a payment is started with. Amount in øre; `text` is shown to the member, at most 100 characters."""

    order_id: str
    amount_ore: int
    text: str
    return_url: str
    phone_number: str | None = None


class PaymentApi(Protocol):
    """One of Vipps' payment APIs.

    Every call takes the whole time it may use, access token included, in seconds, and ends in one of four ways:
    it returns (yes), raises `NotSent` (nothing left us), raises `Rejected` or `TryAgain` (a clear no),
    or raises `OutcomeUnknown` (must be read back before anything else is done).
    """

    async def start(self, payment: NewPayment, *, timeout: float) -> str:
        """Start a payment and return the link the member opens."""
        ...

    async def read(self, order_id: str, *, timeout: float) -> Reading | NoSuchPayment:
        """Ask what became of a payment."""
        ...

    async def capture(self, order_id: str, *, amount_ore: int, key: str, text: str, timeout: float) -> None:
        """Take reserved money. The same key never takes it twice."""
        ...

    async def cancel(self, order_id: str, *, key: str, text: str, timeout: float) -> None:
        """Close an open payment, or let a reservation go."""
        ...

    async def refund(self, order_id: str, *, amount_ore: int, key: str, text: str, timeout: float) -> None:
        """Give captured money back. The same key never gives it back twice."""
        ...
