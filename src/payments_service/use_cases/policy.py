"""The settings that use cases depend on, in domain terms, and the queues of follow-up work they may wake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from payments_service.domain.decisions import Rules
from payments_service.domain.orders import VippsApi


class Queue(StrEnum):
    """What has due work: orders to read, operations to carry out, registrations to decide, notices to send.

    `imported`: orders of the system before this one, which Vipps has not been asked about.
    """

    ORDERS = "orders"
    OPERATIONS = "operations"
    REGISTRATIONS = "registrations"
    NOTICES = "notices"
    IMPORTED = "imported"


Nudge = Callable[[Queue], None]
Learned = Callable[[str], None]


def nobody_counts(how: str) -> None:
    """For callers that keep no figures of how outcomes were first learned."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How the service behaves. `checkout`: how long after its start a member can still approve an order.

    `pushes_to_phones`: a payment with a phone number is pushed to the phone, where Vipps' API and sales unit allow.
    `tells_backend`: what happens is written down for the event backend, which has an address for it.
    """

    rules: Rules = field(default_factory=Rules)
    vipps_api: VippsApi = "ecom"
    pushes_to_phones: bool = False
    vipps_timeout: float = 10.0
    checkout: timedelta = timedelta(seconds=600)
    lease: timedelta = timedelta(seconds=60)
    waiting_list_paytime: timedelta = timedelta(hours=12)
    release: str = "unregister"
    return_url: str = "https://example.org/{event_id}"
    return_origins: tuple[str, ...] = ()
    orders_a_minute: int = 10
    tells_backend: bool = False
