"""Signed events: what is ours is read, and nothing else is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib
import importlib.util
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from payments_service_client import NoticeNotVerified, NoticeType, verify_notice

# The vector of the specification's own libraries.
SPEC_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SPEC_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SPEC_TIME = 1614265330
SPEC_BODY = b'{"test": 2432232314}'
SPEC_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of invented key").decode()
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
BODY = json.dumps(
    {
        "type": "order.paid",
        "timestamp": "2026-11-23T13:59:58Z",
        "data": {
            "event_id": "123",
            "user_id": "olanor",
            "registration_id": "77",
            "order_id": "5b0f1c9a-6f0e-4b52-9d1c-0d6c3b8f7a11",
            "status": "SALE",
            "amount": "250.00",
            "currency": "NOK",
        },
    }
).encode()


def signature(secret: str, notice_id: str, sent_at: str, body: bytes) -> str:
    """The specification's recipe, by hand."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = b".".join([notice_id.encode(), sent_at.encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(body: bytes = BODY, *, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    sent_at = str(int(at.timestamp()))
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": sent_at,
        "Webhook-Signature": signature(secret, "msg_1", sent_at, body),
    }


def test_the_specifications_own_vector_is_signed_right() -> None:
    """Its body is none of ours, so it gets as far as its shape."""
    sent = {
        "webhook-id": SPEC_ID,
        "webhook-timestamp": str(SPEC_TIME),
        "webhook-signature": SPEC_SIGNATURE,
    }
    with pytest.raises(NoticeNotVerified, match="shape"):
        verify_notice(SPEC_SECRET, sent, SPEC_BODY, now=datetime.fromtimestamp(SPEC_TIME, UTC))


def test_a_genuine_event_is_typed() -> None:
    notice = verify_notice(SECRET, headers(), BODY, now=NOW)
    assert (notice.notice_id, notice.type) == ("msg_1", NoticeType.ORDER_PAID)
    assert notice.timestamp == NOW - timedelta(seconds=2)
    assert (notice.data.amount, notice.data.registration_id) == (Decimal("250.00"), "77")


def test_one_of_several_signatures_is_enough() -> None:
    """While a secret is changed, an event is signed with both."""
    sent = headers()
    sent["Webhook-Signature"] = f"v1,AAAA v1a,BBBB {sent['Webhook-Signature']}"
    assert verify_notice(SECRET, sent, BODY, now=NOW).notice_id == "msg_1"


def test_a_type_that_is_newer_than_the_client_is_read() -> None:
    body = BODY.replace(b"order.paid", b"order.thought_over")
    assert verify_notice(SECRET, headers(body), body, now=NOW).type == "order.thought_over"


@pytest.mark.parametrize("seconds", [-301, 301, -(10**9), 10**9])
def test_what_was_signed_long_ago_or_in_the_future_is_refused(seconds: int) -> None:
    with pytest.raises(NoticeNotVerified, match="ago"):
        verify_notice(SECRET, headers(at=NOW + timedelta(seconds=seconds)), BODY, now=NOW)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_clocks_may_differ_by_five_minutes(seconds: int) -> None:
    assert verify_notice(SECRET, headers(at=NOW + timedelta(seconds=seconds)), BODY, now=NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Webhook-Id", "msg_2"),
        ("Webhook-Timestamp", str(int(NOW.timestamp()) + 1)),
        ("Webhook-Timestamp", "now"),
        ("Webhook-Timestamp", ""),
        ("Webhook-Timestamp", "9" * 30),
        ("Webhook-Signature", ""),
        ("Webhook-Signature", "v1,"),
        ("Webhook-Signature", "v1,æøå"),
        ("Webhook-Signature", "v2,AAAA"),
    ],
)
def test_a_changed_header_is_refused(name: str, value: str) -> None:
    with pytest.raises(NoticeNotVerified):
        verify_notice(SECRET, {**headers(), name: value}, BODY, now=NOW)


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_missing_header_is_refused(name: str) -> None:
    sent = headers()
    del sent[name]
    with pytest.raises(NoticeNotVerified):
        verify_notice(SECRET, sent, BODY, now=NOW)


def test_another_body_or_secret_is_refused() -> None:
    with pytest.raises(NoticeNotVerified, match="signature"):
        verify_notice(SECRET, headers(), BODY + b" ", now=NOW)
    with pytest.raises(NoticeNotVerified, match="signature"):
        verify_notice(SPEC_SECRET, headers(), BODY, now=NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"type": "order.paid"}'])
def test_what_is_signed_and_still_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(NoticeNotVerified, match="shape"):
        verify_notice(SECRET, headers(body), body, now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!"])
def test_a_secret_that_is_none_is_our_own_mistake(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        verify_notice(secret, headers(), BODY, now=NOW)


@pytest.mark.skipif(
    importlib.util.find_spec("standardwebhooks") is None, reason="the reference library is not installed"
)
def test_what_the_reference_library_signs_is_verified() -> None:
    webhook = importlib.import_module("standardwebhooks.webhooks").Webhook(SECRET)
    sent = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": webhook.sign("msg_1", NOW, BODY.decode()),
    }
    assert verify_notice(SECRET, sent, BODY, now=NOW).notice_id == "msg_1"
