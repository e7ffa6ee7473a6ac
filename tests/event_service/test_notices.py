"""Notices on the wire: signed as the specification has it, sent once a try, never led elsewhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from payments_service.domain.notices import News, Notice, NoticeState, NoticeType
from payments_service.event_service.notice_messages import body_of, content_of, signed_headers
from payments_service.event_service.notice_sender import NoticeSender, Receipt, Reception

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OLD_SECRET = "whsec_" + base64.b64encode(bytes(range(100, 124))).decode()
MADE = datetime(2026, 11, 23, 15, 0, 0, 250_000, tzinfo=UTC)
NOTICE = Notice(
    "msg_1",
    News(
        NoticeType.ORDER_PAID,
        status="CAPTURE",
        amount_ore=25_000,
        event_id="123",
        user_id="olanor",
        registration_id="77",
        order_id="5b0f6f1e-0000-4000-8000-000000000000",
    ),
    NoticeState.WAITING,
    MADE,
)
BODY = {
    "type": "order.paid",
    "timestamp": "2026-11-23T15:00:00.250000Z",
    "data": {
        "event_id": "123",
        "user_id": "olanor",
        "registration_id": "77",
        "order_id": "5b0f6f1e-0000-4000-8000-000000000000",
        "status": "CAPTURE",
        "amount": "250.00",
        "currency": "NOK",
    },
}


class Backend:
    """Answers as told, and keeps what it was sent."""

    def __init__(
        self, *secrets: str, url: str = "https://backend.test/hooks/payments/", timeout: float = 2
    ) -> None:
        self.requests: list[httpx.Request] = []
        self.answer: Any = httpx.Response(204)
        self.observed: list[tuple[str, str]] = []
        self.sender = NoticeSender(
            url=url,
            secrets=secrets or (SECRET,),
            timeout=timeout,
            transport=httpx.MockTransport(self._answer),
            observe=lambda operation, outcome, _: self.observed.append((operation, outcome)),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        assert isinstance(self.answer, httpx.Response)
        return self.answer

    async def receives(self, *, at: datetime | None = None) -> Receipt:
        return await self.sender.send(NOTICE, at=at or datetime.now(UTC))


def test_a_notice_says_exactly_this() -> None:
    assert content_of(NOTICE) == BODY
    assert json.loads(body_of(NOTICE)) == BODY
    assert body_of(NOTICE) == body_of(NOTICE)


def test_the_signature_is_the_specifications_own() -> None:
    """The vector of the specification's reference libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', secrets=[secret], at=at)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


def test_the_signature_is_an_hmac_over_id_second_and_body_whatever_zone_the_clock_is_in() -> None:
    at = MADE + timedelta(hours=5, milliseconds=700)
    by_hand = hmac.new(bytes(range(32)), f"msg_1.{int(at.timestamp())}.{{}}".encode(), hashlib.sha256)
    expected = "v1," + base64.b64encode(by_hand.digest()).decode()
    for clock in (at, at.astimezone()):
        assert signed_headers("msg_1", "{}", secrets=[SECRET], at=clock)["webhook-signature"] == expected


async def test_a_receiver_verifies_it_with_the_library() -> None:
    backend = Backend()
    receipt = await backend.receives()
    assert receipt == Receipt(Reception.TAKEN, "http/204")
    (request,) = backend.requests
    assert (request.method, str(request.url)) == ("POST", "https://backend.test/hooks/payments/")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["webhook-id"] == "msg_1"
    assert Webhook(SECRET).verify(request.content, dict(request.headers)) == BODY
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(request.content.replace(b"250.00", b"1.00"), dict(request.headers))


async def test_while_secrets_are_rotated_a_receiver_may_know_either() -> None:
    backend = Backend(SECRET, OLD_SECRET)
    await backend.receives()
    (request,) = backend.requests
    assert len(request.headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, OLD_SECRET):
        assert Webhook(secret).verify(request.content, dict(request.headers)) == BODY


async def test_every_try_has_the_same_id_and_body_and_its_own_second() -> None:
    backend = Backend()
    for at in (MADE, MADE + timedelta(seconds=90)):
        await backend.receives(at=at)
    first, second = backend.requests
    assert first.content == second.content
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 90
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        (httpx.Response(200, content=b"thanks"), Receipt(Reception.TAKEN, "http/200")),
        (httpx.Response(299), Receipt(Reception.TAKEN, "http/299")),
        (httpx.Response(410), Receipt(Reception.GONE, "http/410")),
        (httpx.Response(400), Receipt(Reception.NOT_TAKEN, "http/400")),
        (httpx.Response(404), Receipt(Reception.NOT_TAKEN, "http/404")),
        (httpx.Response(500), Receipt(Reception.NOT_TAKEN, "http/500")),
        (
            httpx.Response(429, headers={"Retry-After": "30"}),
            Receipt(Reception.NOT_TAKEN, "http/429", retry_after_seconds=30),
        ),
        (
            httpx.Response(503, headers={"Retry-After": "Mon, 23 Nov 2026 15:00:00 GMT"}),
            Receipt(Reception.NOT_TAKEN, "http/503"),
        ),
        (
            httpx.Response(302, headers={"Location": "https://elsewhere.test/"}),
            Receipt(Reception.NOT_TAKEN, "no answer (redirect)"),
        ),
        (httpx.ConnectError("refused"), Receipt(Reception.NOT_TAKEN, "no answer (ConnectError)")),
        (httpx.ReadTimeout("slow"), Receipt(Reception.NOT_TAKEN, "no answer (ReadTimeout)")),
        (
            httpx.Response(200, content=b"x" * 1024 * 1025),
            Receipt(Reception.NOT_TAKEN, "no answer (too_large)"),
        ),
    ],
    ids=lambda value: value.answer if isinstance(value, Receipt) else "",
)
async def test_only_a_2xx_is_delivered_and_only_410_is_the_end(answer: Any, receipt: Receipt) -> None:
    backend = Backend()
    backend.answer = answer
    assert await backend.receives() == receipt
    assert len(backend.requests) == 1
    assert backend.observed == [("notice", str(receipt.reception))]


async def test_an_address_without_a_path_is_posted_to_its_root() -> None:
    backend = Backend(url="https://backend.test")
    await backend.receives()
    assert str(backend.requests[0].url) == "https://backend.test/"
