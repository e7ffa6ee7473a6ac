"""A seat as the event backend describes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Seat:
    """One sign-up at the event backend. `payment_expiredate` is aware UTC, or None when the backend set none."""

    registration_id: str
    event_id: str
    user_id: str
    is_on_wait: bool
    payment_expiredate: datetime | None


@dataclass(frozen=True, slots=True)
class SeatPage:
    """One page of an event's sign-ups; `next_page` is None on the last."""

    seats: tuple[Seat, ...]
    next_page: int | None
