"""Is our webhook still registered? Vipps deletes what has not answered for two weeks, and a person may by mistake."""

from __future__ import annotations

import time
from typing import Final, Protocol

import structlog

from payments_service.vipps.errors import VippsError
from payments_service.vipps.webhook_registrations import Listening, listening
from payments_service.vipps.webhooks_api import WebhooksApi

EVENT_LOST: Final = "vipps_webhook_lost"
EVENT_FOUND: Final = "vipps_webhook_registered_again"

log = structlog.get_logger()


class Answered(Protocol):
    """Hears what every answered look has shown."""

    def __call__(self, *, is_registered: bool, unix_time: float) -> None: ...


class WebhookCheck:
    """Remembers what the last look showed. It only looks: registering anew would bring a secret nobody keeps."""

    def __init__(self, *, api: WebhooksApi, url: str, timeout: float, answered: Answered) -> None:
        self._api = api
        self._url = url
        self._timeout = timeout
        self._answered = answered
        self._is_lost = False
        self.listening = Listening.UNKNOWN

    async def look(self) -> None:
        """Ask Vipps once. Without an answer nothing is known, which ends no episode and begins none."""
        try:
            found = listening(await self._api.registrations(timeout=self._timeout), self._url)
        except VippsError:  # logged where it was called
            self.listening = Listening.UNKNOWN
            return
        self.listening = found
        is_registered = found is Listening.REGISTERED
        self._answered(is_registered=is_registered, unix_time=time.time())
        if self._is_lost == is_registered:  # an episode begins or ends: said once, not every ten minutes
            self._is_lost = not is_registered
            if self._is_lost:
                log.error(EVENT_LOST, listening=str(found), url=self._url)
            else:
                log.info(EVENT_FOUND, url=self._url)
