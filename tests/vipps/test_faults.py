"""Vipps at its worst: whatever comes back ends in an error named by its remedy, and tells nobody anything."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from structlog.testing import capture_logs

from payments_service.domain.readings import Reading
from payments_service.vipps.errors import NotSent, OutcomeUnknown, Rejected, TryAgain, VippsError
from tests.vipps.played import CALLBACK_SECRET, KEYS, OPERATIONS, Played, details, payment, refusal

pytestmark = pytest.mark.parametrize("played", ["ecom", "epayment"], indirect=True)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(
    "body",
    [
        b'[{"errorGroup":"Payment","errorCode":"61","errorMessage":"m"}]',
        b'{"statusCode":500,"message":"Internal server error"}',
        b'{"responseInfo":{"responseCode":500,"responseMessage":"x"},"result":{"message":"m"}}',
        b'{"responseInfo":{"responseCode":"1000","responseMessage":"x"}}',
        b'{"title":"t","status":500,"extraDetails":[{"name":"ErrorCode","reason":"3010"}]}',
        b'["a","b"]',
        b"<html><h1>502 Bad Gateway</h1></html>",
        b"",
    ],
)
async def test_no_5xx_is_ever_a_clear_no(played: Played, operation: str, status: int, body: bytes) -> None:
    played.says(body, status, {"Retry-After": "3"})
    with pytest.raises(OutcomeUnknown) as caught:
        await played.do(operation)
    assert caught.value.retry_after_seconds == 3


async def test_a_clear_no_carries_its_code(played: Played) -> None:
    played.say = lambda _: refusal("Payment", "71", 402)
    with pytest.raises(Rejected) as caught:
        await played.do("refund")
    assert caught.value.code == "Payment/71"
    played.says({"statusCode": 403, "message": "Forbidden"}, 403)
    with pytest.raises(Rejected) as caught:
        await played.do("refund")
    assert caught.value.code == "http/403"


@pytest.mark.parametrize(("said", "pause"), [({}, None), ({"Retry-After": "20"}, 20)])
async def test_too_many_calls_wait_as_long_as_vipps_asks(
    played: Played, said: dict[str, str], pause: float | None
) -> None:
    played.says({"statusCode": 429, "message": "Rate limit is exceeded."}, 429, said)
    with pytest.raises(TryAgain) as caught:
        await played.do("capture")
    assert caught.value.retry_after_seconds == pause


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_redirect_is_not_followed(played: Played, operation: str, status: int) -> None:
    played.says({}, status, {"Location": "https://vipps.test/elsewhere"})
    with pytest.raises(OutcomeUnknown, match="redirect"):
        await played.do(operation)
    assert len(played.requests) == 1


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (httpx.ConnectError("Bearer token-1"), NotSent),
        (httpx.ConnectTimeout("Bearer token-1"), NotSent),
        (httpx.PoolTimeout("Bearer token-1"), NotSent),
        (httpx.WriteTimeout("Bearer token-1"), OutcomeUnknown),
        (httpx.ReadTimeout("Bearer token-1"), OutcomeUnknown),
        (httpx.WriteError("Bearer token-1"), OutcomeUnknown),
        (httpx.ReadError("Bearer token-1"), OutcomeUnknown),
        (httpx.CloseError("Bearer token-1"), OutcomeUnknown),
        (httpx.RemoteProtocolError("Bearer token-1"), OutcomeUnknown),
        (httpx.LocalProtocolError("Bearer token-1"), OutcomeUnknown),
        (httpx.DecodingError("Bearer token-1"), OutcomeUnknown),
        (RuntimeError("Bearer token-1"), OutcomeUnknown),
    ],
)
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_each_way_a_connection_fails_is_named_by_remedy(
    played: Played, operation: str, error: Exception, remedy: type[VippsError]
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    played.say = fail
    with pytest.raises(remedy) as caught:
        await played.do(operation)
    assert "token-1" not in repr(caught.value)
    assert caught.value.__context__ is None
    assert len(played.requests) == 1


async def test_an_answer_without_end_stops_at_the_cap(played: Played) -> None:
    given: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(800):
            given.append(65_536)
            yield b" " * 65_536

    played.say = lambda _: httpx.Response(200, content=endless())
    with pytest.raises(OutcomeUnknown, match="too_large"):
        await played.do("read")
    assert sum(given) < 2 * 1024 * 1024  # of the 50 MB on offer


async def test_a_gzip_bomb_is_not_unpacked(played: Played) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    played.says(bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(OutcomeUnknown, match="too_large"):
        await played.do("read")


async def test_gzip_nobody_asked_for_is_read_all_the_same(played: Played) -> None:
    packed = gzip.compress(json.dumps({"ecom": details(), "epayment": payment()}[played.kind]).encode())
    played.says(packed, headers={"Content-Encoding": "gzip"})
    assert isinstance(await played.do("read"), Reading)
    for encoding, body in (("gzip", packed[:-9]), ("gzip", b"{}"), ("br", packed)):
        played.says(body, headers={"Content-Encoding": encoding})
        with pytest.raises(OutcomeUnknown, match="unreadable"):
            await played.do("read")


PRIVATE = b'[{"errorGroup":"Payment","errorCode":"61","errorMessage":"Ola 91234567 ola@test"}]'
TALK: list[tuple[bytes, int]] = [
    *[(PRIVATE, status) for status in (400, 401, 402, 403, 404, 429, 500)],
    (b'{"responseInfo":{"responseMessage":"Ola 91234567"}}', 403),
    (b'{"orderId":"Ola 91234567","url":"https://ola.test","transactionLogHistory":[]}', 200),
    (b'{"orderId":7,"url":"Ola","transactionLogHistory":[{"operation":"Ola","amount":"Ola"}]}', 200),
    (b'{"reference":"Ola 91234567","state":"Ola","redirectUrl":"https://ola.test"}', 200),
    (b'{"title":"Ola","status":400,"detail":"91234567","extraDetails":[{"name":"Ola","reason":"Ola"}]}', 400),
    (b"Ola 91234567 token-1", 200),
    (b"Ola 91234567 token-1", 401),
]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_no_secret_and_nobodys_name_gets_into_errors_or_logs(played: Played, operation: str) -> None:
    told: list[object] = []
    with capture_logs() as logs:
        for body, status in TALK:
            played.says(body, status)
            with pytest.raises(VippsError) as caught:
                await played.do(operation)
            told += [repr(caught.value), caught.value.__cause__]
    text = repr(told) + repr(logs)
    assert [
        private
        for private in (*KEYS.values(), CALLBACK_SECRET, "token-", "9123", "Ola", "ola")
        if private in text
    ] == []
