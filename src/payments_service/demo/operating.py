"""What an operator does: registers our webhook, keeps its secret, restarts the service with other variables."""

from __future__ import annotations

import json
from collections.abc import Mapping

from payments_service.demo.apis import EPAYMENT, Api
from payments_service.demo.children import StackFailed
from payments_service.demo.stack import Stack


class Operator:
    """Chooses the API for new payments. The secret stays set, so webhooks are taken after a change back too."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._webhook_secret: str | None = None

    def register_webhook(self) -> None:
        """Register with the product's own command, which tells the secret this once."""
        printed = self._stack.command("webhooks", "register").splitlines()
        answer = next((line for line in printed if line.startswith("{")), "{}")
        secret = json.loads(answer).get("secret")
        if not isinstance(secret, str):
            raise StackFailed("payments-service webhooks register told no secret")
        self._webhook_secret = secret

    def start(self, api: Api, settings: Mapping[str, str], *, is_shown: bool = False) -> None:
        """Start the service in place of the one that runs, with one API for new payments; return when it is ready."""
        if api is EPAYMENT and self._webhook_secret is None:
            self.register_webhook()
        secrets = {} if self._webhook_secret is None else {"VIPPS_WEBHOOK_SECRETS": self._webhook_secret}
        self._stack.start({**settings, **secrets, "VIPPS_API": api.name}, is_shown=is_shown)
