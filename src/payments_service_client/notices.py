"""Signed events from payments-service (Standard Webhooks): is it from there, is it fresh, what does it say."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from pydantic import AwareDatetime, ValidationError

from payments_service_client.errors import NoticeNotVerified
from payments_service_client.models import Model
from payments_service_client.words import NoticeType

#: How far its time and ours may lie apart, as the specification has it; an older copy is somebody's replay.
TOLERANCE: Final = timedelta(minutes=5)


class NoticeData(Model):
    """What it is about. `order_id` is null when it is not about one order."""

    event_id: str | None = None
    user_id: str | None = None
    registration_id: str | None = None
    order_id: str | None = None
    status: str | None = None
    amount: Decimal | None = None
    currency: str | None = None


class Notice(Model):
    """One event. It comes at least once: remember `notice_id`, and do nothing the second time."""

    notice_id: str
    type: NoticeType
    timestamp: AwareDatetime
    data: NoticeData


def verify_notice(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None
) -> Notice:
    """Return what was signed with this secret (`whsec_…`). Raises NoticeNotVerified: answer 400 and do nothing.

    `body` is what came, to the byte. While a secret is being changed, try the other one as well.
    """
    named = {name.lower(): value for name, value in headers.items()}
    try:
        notice_id, sent_at = named["webhook-id"], named["webhook-timestamp"]
        signatures = named["webhook-signature"].split(" ")
        age = (now or datetime.now(UTC)) - datetime.fromtimestamp(int(sent_at), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        raise NoticeNotVerified("a header is missing or unreadable") from None
    expected = b"v1," + _signature(secret, notice_id, sent_at, body)
    if not any(hmac.compare_digest(expected, sent.encode()) for sent in signatures):
        raise NoticeNotVerified("the signature is another one")
    if abs(age) > TOLERANCE:
        raise NoticeNotVerified("it was signed too long ago, or in the future")
    return _read(notice_id, body)


def _signature(secret: str, notice_id: str, sent_at: str, body: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("the secret is whsec_ and base64") from None
    if not key:
        raise ValueError("the secret is empty")
    signed = f"{notice_id}.{sent_at}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())


class _Body(Model):
    type: NoticeType
    timestamp: AwareDatetime
    data: NoticeData


def _read(notice_id: str, body: bytes) -> Notice:
    try:
        said = _Body.model_validate_json(body)
    except ValidationError:
        raise NoticeNotVerified("signed, and yet not of a shape that is known") from None
    return Notice(notice_id=notice_id, type=said.type, timestamp=said.timestamp, data=said.data)
