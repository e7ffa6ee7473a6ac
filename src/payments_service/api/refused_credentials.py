"""Refused credentials, counted one by one and said in the log now and then: a guesser must not fill the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import structlog

from payments_service.metrics import Metrics

log = structlog.get_logger(__name__)

#: Seconds between two lines about the same door.
QUIET_SECONDS: Final = 60.0
_DOORS: Final = {"/vipps/v2/payments": "callback", "/vipps/webhooks": "webhook"}


def door_of(route: str) -> str:
    """`api`, `callback` or `webhook`: who ought to have knocked there."""
    return next((door for path, door in _DOORS.items() if route.startswith(path)), "api")


class RefusedCredentials:
    """One for each process. Nothing of what was presented is kept."""

    def __init__(self, metrics: Metrics, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._said_at: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def note(self, route: str, reason: str) -> None:
        """The first one at a door is said at once, the next line says how many there were since."""
        door = door_of(route)
        self._metrics.credentials_refused(door, reason)
        self._unsaid[door] = self._unsaid.get(door, 0) + 1
        now = self._clock()
        if door in self._said_at and now - self._said_at[door] < QUIET_SECONDS:
            return
        log.warning("credentials_refused", door=door, reason=reason, count=self._unsaid.pop(door))
        self._said_at[door] = now
