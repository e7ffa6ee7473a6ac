"""One token for everybody, renewed in time, and used while it lives."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from payments_service.outgoing import Outgoing
from payments_service.vipps.access_token import EVENT_FAILED, EVENT_REFUSED, AccessTokens
from payments_service.vipps.errors import NotSent, TryAgain
from payments_service.vipps.transport import EVENT_KEYS_REFUSED
from tests.vipps.played import Played, answer, details, token


class Desk:
    """A token endpoint with a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.asked = 0
        self.says: dict[str, Any] = {}
        self.status = 200
        self.seconds = 0.0
        outgoing = Outgoing(base_url="https://vipps.test", transport=httpx.MockTransport(self._answer))
        self.tokens = AccessTokens(outgoing=outgoing, headers={}, now=lambda: self.now)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path, request.content) == ("POST", "/accesstoken/get", b"")
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.status != 200:
            return answer({"error": "invalid_client", "error_description": "the-client-secret"}, self.status)
        return token(self.asked, **self.says)

    async def get(self, timeout: float = 1.0) -> str:
        got = await self.tokens.get(timeout=timeout)
        for _ in range(10):  # let a renewal in the background come through
            await asyncio.sleep(0)
        return got


async def test_many_callers_make_one_fetch() -> None:
    desk = Desk()
    desk.seconds = 0.01
    assert set(await asyncio.gather(*(desk.get() for _ in range(50)))) == {"token-1"}
    assert desk.asked == 1


async def test_a_caller_who_leaves_does_not_take_the_fetch_with_him() -> None:
    desk = Desk()
    desk.seconds = 0.05
    first = asyncio.create_task(desk.get())
    await asyncio.sleep(0.01)
    first.cancel()
    assert await desk.get() == "token-1"
    assert desk.asked == 1


@pytest.mark.parametrize(
    ("life", "renewed_after", "dead_after"),
    [("3600", 3240, 3600), (86398, 77758.2, 86398), ("300", 240, 300), (60, 30, 60), (1e9, 77760, 86400)],
)
async def test_a_token_is_renewed_early_and_never_used_dead(
    life: object, renewed_after: float, dead_after: float
) -> None:
    desk = Desk()
    desk.says = {"expires_in": life}
    await desk.get()
    desk.now = 1000 + renewed_after - 1
    assert (await desk.get(), desk.asked) == ("token-1", 1)
    desk.now = 1000 + renewed_after + 0.1
    assert (await desk.get(), desk.asked) == ("token-1", 2)  # nobody waits for the renewal
    assert await desk.get() == "token-2"
    desk.status, desk.now = 500, desk.now + dead_after
    with pytest.raises(NotSent):
        await desk.get()


@pytest.mark.parametrize("life", [None, "", "soon", "nan", "inf", -5, 0, True, [], {}, "9" * 50])
async def test_a_life_that_cannot_be_read_is_a_short_one(life: object) -> None:
    desk = Desk()
    desk.says = {"expires_in": life}
    await desk.get()
    desk.now += 239
    assert (await desk.get(), desk.asked) == ("token-1", 1)
    desk.now += 62
    assert await desk.get() == "token-2"


async def test_a_living_token_is_used_while_the_endpoint_is_down() -> None:
    desk = Desk()
    await desk.get()
    desk.status, desk.now = 503, desk.now + 3300
    with capture_logs() as logs:
        assert [await desk.get() for _ in range(20)] == ["token-1"] * 20
    assert desk.asked == 2  # and the endpoint is not hammered
    assert [entry["event"] for entry in logs] == [EVENT_FAILED]
    desk.status, desk.now = 200, desk.now + 16
    assert (await desk.get(), await desk.get()) == ("token-1", "token-3")


@pytest.mark.parametrize(
    ("status", "event"), [(400, EVENT_REFUSED), (401, EVENT_REFUSED), (500, EVENT_FAILED)]
)
async def test_a_refusal_is_told_from_an_outage(status: int, event: str) -> None:
    desk = Desk()
    desk.status = status
    with capture_logs() as logs, pytest.raises(NotSent):
        await desk.get()
    assert [entry["event"] for entry in logs] == [event]
    assert "the-client-secret" not in repr(logs)


@pytest.mark.parametrize(
    "fields",
    [{"access_token": bad} for bad in (None, "", 7, "a b", "a\r\nb", "å", "x" * 20_000)],
    ids=range(7),
)
async def test_what_is_no_token_is_not_used(fields: dict[str, Any]) -> None:
    desk = Desk()
    desk.says = fields
    with pytest.raises(NotSent):
        await desk.get()


async def test_a_slow_endpoint_costs_a_caller_no_more_than_his_time() -> None:
    desk = Desk()
    desk.seconds = 0.2
    with pytest.raises(NotSent):
        await desk.get(timeout=0.02)
    assert await desk.get() == "token-1"
    assert desk.asked == 1


async def test_a_401_is_followed_by_one_new_token_and_one_repetition(played: Played) -> None:
    played.say = lambda request: answer(
        details(), 401 if "token-1" in request.headers["Authorization"] else 200
    )
    await played.do("read")
    assert (len(played.requests), len(played.token_requests)) == (2, 2)


async def test_a_second_401_is_tried_again_later_by_somebody_else(played: Played) -> None:
    played.say = lambda _: answer({"statusCode": 401, "message": "x"}, 401)
    with capture_logs() as logs, pytest.raises(TryAgain):
        await played.do("capture")
    assert (len(played.requests), len(played.token_requests)) == (2, 2)
    assert EVENT_KEYS_REFUSED in [entry["event"] for entry in logs]


async def test_the_tokens_time_is_part_of_the_calls_time(played: Played) -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.17)
        return token()

    played.say_token = slow
    with pytest.raises(NotSent):
        await played.do("capture", timeout=0.2)
    assert not played.requests
