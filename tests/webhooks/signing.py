"""Webhooks as Vipps would send them, signed by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, Final

from tests.api.conftest import WEBHOOK_SECRETS

PATH: Final = "/vipps/webhooks"
HOST: Final = "127.0.0.1:8000"  # of PUBLIC_URL; requests arrive under another one
DATE: Final = "Mon, 23 Nov 2026 12:00:01 GMT"
SIGNED: Final = "x-ms-date;host;x-ms-content-sha256"

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Webhook:
    """One request."""

    body: bytes
    headers: Headers
    method: str = "POST"
    path: str = PATH


def event(reference: object, name: str = "AUTHORIZED", **fields: Any) -> bytes:
    """What a webhook says of a payment."""
    return json.dumps(
        {
            "msn": "654321",
            "reference": reference,
            "pspReference": "5f3a1c1e-6f6b-4b5f-8d0e-0d3f5d4c9a10",
            "name": name,
            "amount": {"currency": "NOK", "value": 25000},
            "timestamp": "2026-11-23T12:00:00.123Z",
            "idempotencyKey": None,
            "success": True,
            **fields,
        }
    ).encode()


def hash_of(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def signature_of(
    body: bytes,
    *,
    secret: bytes = WEBHOOK_SECRETS[0].encode(),
    method: str = "POST",
    path: str = PATH,
    date: str = DATE,
    host: str = HOST,
    separator: str = "\n",
) -> str:
    message = separator.join((method, path, f"{date};{host};{hash_of(body)}")).encode()
    return base64.b64encode(hmac.new(secret, message, hashlib.sha256).digest()).decode()


def headers(
    body: bytes,
    *,
    date: str | bytes | None = DATE,
    content_hash: str | None = "",
    authorization: str | None = "",
) -> Headers:
    """The three headers; an empty one is the right one, None leaves it out."""
    right = f"HMAC-SHA256 SignedHeaders={SIGNED}&Signature={signature_of(body)}"
    found: list[tuple[bytes, str | bytes | None]] = [
        (b"x-ms-date", date),
        (b"x-ms-content-sha256", hash_of(body) if content_hash == "" else content_hash),
        (b"authorization", right if authorization == "" else authorization),
        (b"content-type", "application/json"),
    ]
    return [
        (name, value.encode() if isinstance(value, str) else value)
        for name, value in found
        if value is not None
    ]


def authorized(signature: str, *, scheme: str = "HMAC-SHA256", names: str = SIGNED) -> str:
    return f"{scheme} SignedHeaders={names}&Signature={signature}"


def genuine(body: bytes) -> Webhook:
    return Webhook(body, headers(body))
