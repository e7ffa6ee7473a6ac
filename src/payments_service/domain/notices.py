"""A notice: what we tell the event backend of our own accord, and how long we go on trying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

SOON: Final = timedelta(minutes=10)
LONGEST_PAUSE: Final = timedelta(hours=2)
GIVE_UP_AFTER: Final = timedelta(days=3)
#: A receiver that asks for more patience than this is asked again all the same.
MOST_PATIENCE: Final = timedelta(hours=1)


class NoticeType(StrEnum):
    """What has happened; the word that the receiver sees."""

    ORDER_PAID = "order.paid"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_REFUNDED = "order.refunded"
    REGISTRATION_EXPIRED = "registration.expired"
    REGISTRATION_HELD = "registration.held"
    ATTENTION_OPENED = "attention.opened"


class NoticeState(StrEnum):
    """What has become of a notice."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class News:
    """What a notice says. `status` and `amount_ore` mean what its type makes of them: see `docs/notices.md`."""

    type: NoticeType
    status: str
    amount_ore: int
    event_id: str | None = None
    user_id: str | None = None
    registration_id: str | None = None
    order_id: str | None = None

    @property
    def lane(self) -> str:
        """Notices of one lane are delivered in the order in which they were written."""
        if self.registration_id is not None:
            return f"registration {self.registration_id}"
        return f"order {self.order_id}"


@dataclass(frozen=True, slots=True)
class Notice:
    """Some news, written down with its cause, and how far it has come. `first_tried_at`: since when it is tried."""

    notice_id: str
    news: News
    state: NoticeState
    created_at: datetime
    attempts: int = 0
    last_answer: str | None = None
    first_tried_at: datetime | None = None
    due_at: datetime | None = None
    delivered_at: datetime | None = None


def next_try(*, now: datetime, first_tried_at: datetime, retry_after: float | None = None) -> datetime | None:
    """Return when to try again what was not taken just now; None when it has been tried for long enough.

    After a second first, doubling to 15 s for ten minutes; then after a tenth of the time it has been tried for, at
    most two hours. A receiver that says how long to wait gets its wish.
    """
    give_up_at = first_tried_at + GIVE_UP_AFTER
    if now >= give_up_at:
        return None
    tried_for = max(timedelta(seconds=1), now - first_tried_at)
    pause = min(tried_for, timedelta(seconds=15)) if tried_for < SOON else min(tried_for / 10, LONGEST_PAUSE)
    asked_for = min(timedelta(seconds=retry_after or 0.0), MOST_PATIENCE)
    return min(now + max(pause, asked_for), give_up_at)
