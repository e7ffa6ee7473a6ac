"""A notice as the receiver sees it: the body, always the same for the same notice, and the headers that prove it ours.

Standard Webhooks, https://www.standardwebhooks.com: the signature covers the id, the second of this try and the body.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from payments_service.domain.money import CURRENCY, kroner
from payments_service.domain.notices import Notice


def content_of(notice: Notice) -> dict[str, Any]:
    """Return what a notice says. Made of its columns alone, so a repeat says the same."""
    news = notice.news
    return {
        "type": str(news.type),
        "timestamp": notice.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {
            "event_id": news.event_id,
            "user_id": news.user_id,
            "registration_id": news.registration_id,
            "order_id": news.order_id,
            "status": news.status,
            "amount": kroner(news.amount_ore),
            "currency": CURRENCY,
        },
    }


def body_of(notice: Notice) -> str:
    """Return the body, character by character as it is signed and sent."""
    return json.dumps(content_of(notice), separators=(",", ":"))


def signed_headers(notice_id: str, body: str, *, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """Sign a body with every secret there is: while they are rotated the receiver knows one of them."""
    signatures = (Webhook(secret).sign(notice_id, at.astimezone(UTC), body) for secret in secrets)
    return {
        "Content-Type": "application/json",
        "webhook-id": notice_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
