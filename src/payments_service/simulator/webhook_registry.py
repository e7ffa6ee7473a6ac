"""Who wants to be told of what: the registrations of the Webhooks API, kept for each sales unit."""

import base64
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.payment_events import EVENT_NAMES


def full_name(event: str) -> str:
    """`AUTHORIZED` in a payload is `epayments.payment.authorized.v1` in a registration."""
    return f"epayments.payment.{event.lower()}.v1"


PAYMENT_EVENTS = tuple(full_name(event) for event in EVENT_NAMES)


def new_secret() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


@dataclass(slots=True)
class Registration:
    msn: str
    url: str
    events: tuple[str, ...]
    registered_at: datetime
    secret: str = field(default_factory=new_secret)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    failing_since: datetime | None = None
    """The first attempt without success since the last one with it."""


class Webhooks:
    """Vipps forgets a registration that has not answered well for two weeks."""

    def __init__(self, *, config: SimulatorConfig, clock: VirtualClock) -> None:
        self._config, self._clock = config, clock
        self.registrations: dict[str, Registration] = {}

    def register(
        self,
        *,
        url: str,
        events: Iterable[str] = PAYMENT_EVENTS,
        msn: str | None = None,
        secret: str | None = None,
    ) -> Registration:
        """Without a sales unit for the first one, without a secret under a new one. Judges nothing."""
        msn = msn or self._config.sales_units[0].merchant_serial_number
        registration = Registration(
            msn, url, tuple(dict.fromkeys(events)), self._clock.now(), secret or new_secret()
        )
        self.registrations[registration.id] = registration
        return registration

    def remove(self, registration_id: str) -> None:
        """KeyError when there is none. What was to be delivered to it never will be."""
        del self.registrations[registration_id]

    def of(self, msn: str) -> list[Registration]:
        return [r for r in self.registrations.values() if r.msn == msn]

    def subscribed(self, msn: str, event: str) -> list[Registration]:
        return [r for r in self.of(msn) if full_name(event) in r.events]

    def is_full(self, msn: str, event: str) -> bool:
        taken = sum(event in r.events for r in self.of(msn))
        return taken >= self._config.webhook_limit

    def note(self, registration: Registration, *, success: bool) -> None:
        registration.failing_since = None if success else registration.failing_since or self._clock.now()

    def forget_unresponsive(self) -> None:
        limit = self._clock.now() - timedelta(days=self._config.webhook_unresponsive_days)
        for registration in list(self.registrations.values()):
            if registration.failing_since is not None and registration.failing_since <= limit:
                self.remove(registration.id)
