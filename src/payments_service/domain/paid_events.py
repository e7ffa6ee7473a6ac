"""A paid event: an event that costs money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class PaidEvent:
    """Price in øre; `paytime` is how long a member has to pay; ids are the event backend's."""

    event_id: str
    price_ore: int
    paytime: timedelta
    created_at: datetime
    title: str | None = None
    organizer: str | None = None
    starts_at: datetime | None = None
    url: str | None = None
