"""What waits to be told: notices, in a line for each registration and payment."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from payments_service.simulator.webhook_letters import WebhookForgery
from payments_service.simulator.webhook_registry import Registration


@dataclass(slots=True)
class Notice:
    """One event for one registration. Its body is written once: every attempt carries the same bytes."""

    order_id: str
    name: str
    body: str
    born_at: datetime
    due_at: datetime
    forgery: WebhookForgery
    copies: int = 1
    attempts: int = 0
    date: str | None = None
    held_for: str | None = None
    """Leaves when this has happened: the payment is read or cancelled, or a newer one is told of."""


@dataclass(slots=True)
class Line:
    """What waits for one registration about one payment. Only the first may leave."""

    registration: Registration
    notices: deque[Notice] = field(default_factory=deque)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
