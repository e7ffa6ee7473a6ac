"""The port: what the service asks of a Vipps payment API, whichever one it is.

An order stays with the API that it was started with: keys of one API mean nothing to the other, so that a capture
repeated there would be another capture. The one exception is the closing of eCom's checkouts, see `ecom`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from payments_service.domain.readings import NoSuchPayment, Reading


@dataclass(frozen=True, slots=True)
class NewPayment:
    """What a payment is started with. Amount in øre; `text` is shown to the member, at most 100 characters.

    `is_push`: ask the member on the phone rather than hand out a link. Where that is not possible there is a link.
    """

    order_id: str
    amount_ore: int
    text: str
    return_url: str
    phone_number: str | None = None
    is_push: bool = False


class PaymentApi(Protocol):
    """One of Vipps' payment APIs.

    Every call takes the whole time it may use, access token included, in seconds, and ends in one of four ways:
    it returns (yes), raises `NotSent` (nothing left us), raises `Rejected` or `TryAgain` (a clear no),
    or raises `OutcomeUnknown` (must be read back before anything else is done).
    """

    @property
    def can_repeat_start(self) -> bool:
        """Whether starting a payment again, the same in every word, gives the same payment and its link."""
        ...

    async def start(self, payment: NewPayment, *, timeout: float) -> str | None:
        """Start a payment and return the link the member opens; None when Vipps asks the member on the phone."""
        ...

    async def read(self, order_id: str, *, timeout: float) -> Reading | NoSuchPayment:
        """Ask what became of a payment."""
        ...

    async def capture(self, order_id: str, *, amount_ore: int, key: str, text: str, timeout: float) -> None:
        """Take reserved money. The same key never takes it twice."""
        ...

    async def cancel(
        self, order_id: str, *, key: str, text: str, timeout: float, only_unapproved: bool = False
    ) -> None:
        """Close an open payment, or let a reservation go.

        `only_unapproved`: leave a reservation alone, where the API can tell the two apart; the read afterwards decides.
        """
        ...

    async def refund(self, order_id: str, *, amount_ore: int, key: str, text: str, timeout: float) -> None:
        """Give captured money back. The same key never gives it back twice."""
        ...
