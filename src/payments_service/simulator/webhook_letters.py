"""What a webhook says and how it is signed, and all the ways in which it can be forged."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
from pydantic import BaseModel, Field

from payments_service.simulator.faults import Fault
from payments_service.simulator.ledger import LogEntry, Payment
from payments_service.simulator.payment_events import as_event, money

SIGNED_HEADERS = "x-ms-date;host;x-ms-content-sha256"


class WebhookForgery(BaseModel, frozen=True):
    """How a webhook differs from the true one; all None is the true one. It is signed as it stands."""

    name: str | None = None
    """The event; for one made by hand the last that happened."""
    secret: str | None = None
    signature: str | None = None
    without_signature: bool = False
    amount: int | None = None
    msn: str | None = None
    reference: str | None = None
    raw: str | None = None
    date: str | None = None
    host: str | None = None
    """In place of the registered host, in the signature only; `path` likewise."""
    path: str | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
    skew_seconds: float = 0
    """How far the clock behind x-ms-date is ahead; the signature is right all the same."""
    keeps_date: bool = False
    """Retries show the first attempt's date, even where they are signed anew."""

    @classmethod
    def from_fault(cls, fault: Fault | None) -> "WebhookForgery":
        if fault is None:
            return cls()
        forgeries = {
            "wrong_token": cls(secret=fault.value or "somebody-else's-secret"),
            "missing_token": cls(without_signature=True),
            "wrong_amount": cls(amount=1 if fault.amount is None else fault.amount),
            "wrong_msn": cls(msn="999999"),
            "wrong_order_id": cls(reference="another-order"),
            "malformed": cls(raw='{"reference": "half a'),
            "unknown_status": cls(name=fault.value or "CHARGED_BACK"),
            "clock_skew": cls(skew_seconds=fault.seconds or 0),
            "old_date": cls(keeps_date=True),
            "unknown_fields": cls(extra={"surprise": {"nested": [1, 2, 3]}}),
        }
        return forgeries.get(fault.kind, cls())


def write_body(payment: Payment, entry: LogEntry, forgery: WebhookForgery) -> str:
    if forgery.raw is not None:
        return forgery.raw
    body = {"msn": forgery.msn or payment.msn, **as_event(payment, entry, forgery.name)}
    if forgery.reference is not None:
        body["reference"] = forgery.reference
    if forgery.amount is not None:
        body["amount"] = money(forgery.amount)
    return json.dumps(body | forgery.extra)


def signing_date(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC), usegmt=True)


def sign(*, secret: str, path_and_query: str, host: str, date: str, body: bytes) -> tuple[str, str]:
    """(content hash, signature). The secret is text: it is not decoded, though it looks like base64."""
    content = base64.b64encode(hashlib.sha256(body).digest()).decode()
    message = f"POST\n{path_and_query}\n{date};{host};{content}"
    digest = hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()
    return content, base64.b64encode(digest).decode()


def signed_headers(
    url: str, body: str, *, secret: str, date: str, registration_id: str, forgery: WebhookForgery
) -> dict[str, str]:
    address = httpx.URL(url)  # writes the host as it will be sent: lower case, no port where it is the usual
    date = forgery.date or date
    content, signature = sign(
        secret=forgery.secret or secret,
        path_and_query=forgery.path or address.raw_path.decode("ascii"),
        host=forgery.host or address.netloc.decode("ascii"),
        date=date,
        body=body.encode(),
    )
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "x-ms-date": date,
        "x-ms-content-sha256": content,
        "Webhook-Id": registration_id,
    }
    if not forgery.without_signature:
        shown = forgery.signature or signature
        headers["Authorization"] = f"HMAC-SHA256 SignedHeaders={SIGNED_HEADERS}&Signature={shown}"
    return headers
