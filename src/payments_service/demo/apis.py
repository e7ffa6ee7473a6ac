"""What differs between Vipps' two APIs in the story: words, ways on the wire, a forger's means, and a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import uuid4

import httpx

from payments_service.simulator.config import SalesUnit
from payments_service.simulator.webhook_letters import WebhookForgery, signed_headers, signing_date

Choice = Literal["ecom", "epayment", "both"]
_GUESS: Final = "a guess"
_MSN: Final = SalesUnit().merchant_serial_number


@dataclass(frozen=True, slots=True)
class Api:
    """One of Vipps' APIs. `forge(service_url, order_id)` claims that an order is paid, without the key to say so."""

    name: Literal["ecom", "epayment"]
    title: str
    path: str
    """Under which all its calls go."""
    delivery: str
    """How Vipps tells us."""
    forged: str
    forge: Callable[[str, str], httpx.Response]
    no_cancel: Mapping[str, Any]
    """How Vipps says that it will not cancel what a member is approving, ..."""
    after_no: str
    """... and what that makes of the attempt: eCom has refused it, ePayment may yet do it."""


def _forge_callback(service_url: str, order_id: str) -> httpx.Response:
    said = {
        "orderId": order_id,
        "merchantSerialNumber": _MSN,
        "transactionInfo": {"amount": 25000, "status": "RESERVED", "transactionId": "1"},
    }
    url = f"{service_url}/vipps/v2/payments/{order_id}"
    return httpx.post(url, json=said, headers={"Authorization": _GUESS}, trust_env=False)


def _forge_webhook(service_url: str, order_id: str) -> httpx.Response:
    url, now = f"{service_url}/vipps/webhooks", datetime.now(UTC)
    said = {
        "msn": _MSN,
        "reference": order_id,
        "pspReference": str(uuid4()),
        "name": "AUTHORIZED",
        "amount": {"currency": "NOK", "value": 25000},
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "success": True,
    }
    headers = signed_headers(
        url,
        json.dumps(said),
        secret=_GUESS,
        date=signing_date(now),
        registration_id=str(uuid4()),
        forgery=WebhookForgery(),
    )
    return httpx.post(url, content=json.dumps(said), headers=headers, trust_env=False)


ECOM: Final = Api(
    name="ecom",
    title="eCom v2",
    path="/ecomm/v2",
    delivery="callback",
    forged="with a made-up token",
    forge=_forge_callback,
    # the close of a checkout is tried at ePayment first, which has to pass for the no to be eCom's own
    no_cancel={"shape": "ecom", "group": "Payment", "code": "52", "skip": 1},
    after_no="cancel_refused",
)
EPAYMENT: Final = Api(
    name="epayment",
    title="ePayment v1",
    path="/epayment/v1",
    delivery="webhook",
    forged="signed with a made-up secret",
    forge=_forge_webhook,
    no_cancel={"shape": "epayment", "code": "6250"},
    after_no="cancel_postponed",
)
CHOSEN: Final[Mapping[Choice, tuple[Api, ...]]] = {
    "ecom": (ECOM,),
    "epayment": (EPAYMENT,),
    "both": (ECOM, EPAYMENT),
}
