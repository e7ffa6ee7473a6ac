"""An order: one attempt to pay. What a reading from Vipps makes of it, and the moves its status may make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

VippsApi = Literal["ecom", "epayment"]


class OrderStatus(StrEnum):
    """What an order is. The words are the ones its callers have always seen."""

    INITIATE = "INITIATE"
    RESERVED = "RESERVED"
    SALE = "SALE"
    CAPTURE = "CAPTURE"
    CANCEL = "CANCEL"
    VOID = "VOID"
    REFUND = "REFUND"


class StatusReason(StrEnum):
    """Why an attempt came to nothing."""

    CANCELLED_BY_MEMBER = "cancelled_by_member"
    TIMED_OUT = "timed_out"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    CANCELLED_BY_ORGANISER = "cancelled_by_organiser"
    NEVER_CREATED = "never_created"
    LATE = "late"


# Stale answers are common and only ever show the past, so a status moves forward or not at all.
# CANCEL leads on to money because an approval may cross a cancel on the wire: money that is there is never denied.
MOVES: Final[dict[OrderStatus, frozenset[OrderStatus]]] = {
    OrderStatus.INITIATE: frozenset(OrderStatus) - {OrderStatus.INITIATE},
    OrderStatus.CANCEL: frozenset(
        {OrderStatus.RESERVED, OrderStatus.SALE, OrderStatus.CAPTURE, OrderStatus.VOID, OrderStatus.REFUND}
    ),
    OrderStatus.RESERVED: frozenset(
        {OrderStatus.CAPTURE, OrderStatus.SALE, OrderStatus.VOID, OrderStatus.REFUND}
    ),
    OrderStatus.VOID: frozenset({OrderStatus.CAPTURE, OrderStatus.REFUND}),
    OrderStatus.SALE: frozenset({OrderStatus.REFUND}),
    OrderStatus.CAPTURE: frozenset({OrderStatus.REFUND}),
    OrderStatus.REFUND: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt to pay, one Vipps payment. Amounts in øre, instants aware UTC.

    `started_at` is when Vipps' answer to the start was read, or the call was given up; None while it is in flight.
    `is_closed`: Vipps will take no more money through it. `paid_at`: when we first learned of money in it.
    `unanswered_since`: Vipps has not usefully answered a read since then; `missing_since`: it says there is no such
    payment. `read_at` and `read_sha256`: its last usable answer. `pays_seat`: the one order that counts.
    `is_returning`: all its money is to go back, now and whenever more of it shows. `is_pushed`: Vipps asks the member
    on the phone, so there is no link. `is_start_repeatable`: nobody has its link, and starting it again, the same in
    every word, is how to get it. `is_imported`: the system before this one started it.
    """

    order_id: str
    registration_id: str | None
    event_id: str | None
    user_id: str | None
    vipps_api: VippsApi
    amount_ore: int
    status: OrderStatus
    created_at: datetime
    updated_at: datetime
    status_reason: StatusReason | None = None
    authorized_ore: int = 0
    captured_ore: int = 0
    refunded_ore: int = 0
    held_ore: int = 0
    payment_link: str | None = None
    started_at: datetime | None = None
    checkout_ends_at: datetime | None = None
    paid_at: datetime | None = None
    unanswered_since: datetime | None = None
    missing_since: datetime | None = None
    read_at: datetime | None = None
    read_sha256: str | None = None
    is_closed: bool = False
    is_frozen: bool = False
    is_declined: bool = False
    pays_seat: bool = False
    is_returning: bool = False
    is_pushed: bool = False
    is_start_repeatable: bool = False
    is_imported: bool = False

    @property
    def is_paid(self) -> bool:
        """Captured − refunded > 0, or a reservation that still holds the full amount. The one definition."""
        return self.captured_ore > self.refunded_ore or (
            self.status is OrderStatus.RESERVED and self.held_ore >= self.amount_ore
        )

    @property
    def was_answered(self) -> bool:
        """Vipps has said yes to its start: there is a link, or a push on its way. Only true of an open order."""
        return self.payment_link is not None or self.is_pushed

    @property
    def is_open(self) -> bool:
        """The member may still approve it, as far as we know."""
        return self.status is OrderStatus.INITIATE


def is_order_id(text: str) -> bool:
    """Tell whether this is an id of ours: a UUID in the one spelling that we hand out."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def may_move(before: OrderStatus, after: OrderStatus) -> bool:
    """Tell whether an order may go from one status to the other; staying is no move."""
    return after in MOVES[before]
