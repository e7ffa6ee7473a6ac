"""Before a round's story: an operator chooses the API for new payments, and starts the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx

from payments_service.demo.actors import JWT_KEY
from payments_service.demo.apis import EPAYMENT
from payments_service.demo.cast import Cast

#: A story of seconds instead of hours. The simulated checkout ends before the service counts on its end.
CHECKOUT_SECONDS: Final = 6.0
HURRIED: Final[Mapping[str, str]] = {
    "VIPPS_CHECKOUT_SECONDS": "8",
    "VIPPS_TIMEOUT_SECONDS": "2",
    "EVENT_SERVICE_TIMEOUT_SECONDS": "2",
    "LEASE_SECONDS": "10",
    "SWEEP_SECONDS": "1",
    "WAITING_LIST_PAYTIME": "00:00:04",
    "JWT_KEY": JWT_KEY,
}
#: The service looks at its registration when it starts, and every ten minutes.
LOOKED_SECONDS: Final = 5.0


def set_up(cast: Cast) -> None:
    """Callbacks come by themselves, webhooks only to those who have registered."""
    telling, is_epayment = cast.telling, cast.api is EPAYMENT
    cast.vipps.offer_epayment(is_offered=is_epayment)
    if is_epayment:
        telling.say("Vipps", "offers ePayment to our sales unit")
        telling.say(
            "operator", "payments-service webhooks register; its secret goes into VIPPS_WEBHOOK_SECRETS"
        )
        cast.stage.operator.register_webhook()
    else:
        telling.say("Vipps", "offers nothing but eCom to our sales unit")
    cast.start_service(cast.api, HURRIED)
    if is_epayment:
        _check_webhook(cast)
    else:
        telling.check("service", "is ready", expected="ok", seen=_readiness(cast)["status"])


def _check_webhook(cast: Cast) -> None:
    cast.telling.wait(
        "what /health/ready says of the webhook",
        lambda: _readiness(cast)["details"]["vipps_webhook"] != "unknown",
        until=True,
        seconds=LOOKED_SECONDS,
    )
    said = _readiness(cast)
    cast.telling.check(
        "service",
        "is ready, and sees its webhook registered at Vipps",
        expected=("ok", "registered"),
        seen=(said["status"], said["details"]["vipps_webhook"]),
    )


def _readiness(cast: Cast) -> Any:
    return httpx.get(f"{cast.stage.stack.service_url}/health/ready", trust_env=False).json()


opening: Final = [("An operator sets the service up for {title}", set_up)]
