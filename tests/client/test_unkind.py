"""What the network, proxies and neighbours do to a call: repeated where that is safe, and only within the deadline."""

from __future__ import annotations

import asyncio
import logging
import traceback

import httpx
import pytest

from payments_service_client import (
    Conflict,
    InvalidRequest,
    NoAnswer,
    PaymentsClient,
    PaymentsError,
    Refused,
    ServiceFailed,
    TooManyRequests,
    Unavailable,
    UnreadableAnswer,
)
from tests.client.played import ADDRESS, KEY, ORDER, ORDER_ID, Played, ok, page, problem


async def start(played: Played) -> str:
    return (await played.client.orders.start(event_id=123, user_id="olanor")).order_id


async def test_a_refused_connection_is_tried_again_under_the_same_key() -> None:
    played = Played(httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), ok(status=201))
    assert await start(played) == ORDER_ID
    assert played.slept == [0.1, 0.2]
    assert len(played.keys) == 3
    assert len(set(played.keys)) == 1
    assert played.keys[0]


@pytest.mark.parametrize("cut", [httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError])
async def test_a_cut_line_is_made_good_by_the_key(cut: type[Exception]) -> None:
    played = Played(cut("cut"), ok())
    assert await start(played) == ORDER_ID
    assert len(set(played.keys)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        problem(503, "vipps_unavailable", retry_after=5),
        problem(503, "event_service_unavailable", retry_after=5),
        problem(429, "too_many_requests", retry_after=5),
        problem(409, "request_in_progress", retry_after=5),
        httpx.Response(503, text="<html>proxy</html>", headers={"Retry-After": "5"}),
    ],
)
async def test_later_is_obeyed_to_the_second(answer: httpx.Response) -> None:
    played = Played(answer, ok())
    assert await start(played) == ORDER_ID
    assert played.slept == [5]
    assert len(set(played.keys)) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(409, "already_paid"), Conflict),
        (problem(409, "payment_in_progress", retry_after=1), Conflict),
        (problem(422, "invalid_request"), InvalidRequest),
        (problem(500, "internal_error"), ServiceFailed),
        (problem(503, "unavailable"), Unavailable),
        (problem(418, "teapot"), Refused),
        (httpx.Response(502, text="<html>Bad gateway</html>"), UnreadableAnswer),
        (httpx.Response(302, headers={"Location": "https://elsewhere.test"}), UnreadableAnswer),
        (httpx.Response(200, text="<html>welcome</html>"), UnreadableAnswer),
        (ok({**ORDER, "amount": None}), UnreadableAnswer),
    ],
)
async def test_everything_else_is_said_at_once(answer: httpx.Response, kind: type[PaymentsError]) -> None:
    played = Played(answer)
    with pytest.raises(kind):
        await start(played)
    assert (len(played.requests), played.slept) == (1, [])


async def test_a_wait_beyond_the_deadline_is_the_callers_to_decide() -> None:
    played = Played(problem(429, "too_many_requests", retry_after=60))
    with pytest.raises(TooManyRequests) as caught:
        await start(played)
    assert (caught.value.retry_after, caught.value.request_id) == (60, "req-9")
    assert caught.value.idempotency_key == played.keys[0]
    assert played.slept == []


async def test_repeating_ends_with_the_deadline() -> None:
    played = Played(*[httpx.ConnectError("refused")] * 100, deadline=10)
    with pytest.raises(NoAnswer) as caught:
        await start(played)
    assert not caught.value.was_sent
    assert sum(played.slept) < 10
    assert max(played.slept) == 2


async def test_a_read_that_timed_out_is_not_repeated_and_can_be_gone_on_with() -> None:
    played = Played(httpx.ReadTimeout("slow"), ok())
    with pytest.raises(NoAnswer) as caught:
        await start(played)
    assert caught.value.was_sent
    key = caught.value.idempotency_key
    assert key
    await played.client.orders.start(event_id=123, user_id="olanor", idempotency_key=key)
    assert set(played.keys) == {key}


async def test_two_calls_have_two_keys_and_reads_have_none() -> None:
    played = Played(ok(), ok(), ok())
    await start(played)
    await start(played)
    await played.client.orders.get(ORDER_ID)
    first, second, third = played.keys
    assert first != second
    assert third is None


async def test_an_answer_after_the_deadline_is_dropped_and_its_call_is_not_cancelled() -> None:
    finish, ended = asyncio.Event(), asyncio.Event()

    async def slow(_: httpx.Request) -> httpx.Response:
        await finish.wait()
        ended.set()
        return ok()

    client = PaymentsClient(ADDRESS, token=KEY, deadline=0.01, transport=httpx.MockTransport(slow))
    with pytest.raises(NoAnswer) as caught:
        await client.orders.get(ORDER_ID)
    assert caught.value.reason == "deadline"
    finish.set()
    await ended.wait()
    await client.aclose()


async def test_a_caller_who_gives_up_cancels_no_call_under_way() -> None:
    begun, finish, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_: httpx.Request) -> httpx.Response:
        begun.set()
        await finish.wait()
        ended.set()
        return ok()

    async with PaymentsClient(ADDRESS, token=KEY, transport=httpx.MockTransport(slow)) as client:
        caller = asyncio.create_task(client.orders.get(ORDER_ID))
        await begun.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert not ended.is_set()
        finish.set()  # closing waits for what is on its way
    assert ended.is_set()


async def test_a_proxys_page_is_not_taken_for_a_deletion() -> None:
    played = Played(httpx.Response(200, text="<html>log in first</html>"))
    with pytest.raises(UnreadableAnswer):
        await played.client.registrations.delete(77)


async def test_a_proxys_page_is_not_taken_for_a_table() -> None:
    played = Played(
        httpx.Response(200, text="<html>log in first</html>", headers={"Content-Type": "text/html"})
    )
    with pytest.raises(UnreadableAnswer):
        await played.client.paid_events.orders_csv(123)


async def test_a_list_goes_on_from_the_cursor_and_ends() -> None:
    played = Played(page([ORDER], "abc"), page([], "def"), page([ORDER], None))
    assert [o.order_id async for o in played.client.orders.list(status=None)] == [ORDER_ID] * 2
    assert [request.url.params.get("cursor") for request in played.requests] == [None, "abc", "def"]


async def test_a_list_that_does_not_end_is_an_error() -> None:
    played = Played(page([ORDER], "abc"), page([ORDER], "abc"))
    with pytest.raises(UnreadableAnswer):
        assert [o async for o in played.client.orders.list()]


async def test_new_fields_and_words_are_no_trouble() -> None:
    played = Played(ok({**ORDER, "status": "PONDERED", "vipps_api": "v9", "colour": "blue"}))
    order = await played.client.orders.get(ORDER_ID)
    assert order.status == "PONDERED"
    assert not order.status.is_known
    assert order.vipps_api == "v9"


async def test_what_is_open_at_vipps_is_told_from_what_is_done() -> None:
    played = Played(ok(status=202, **{"Retry-After": "5"}), ok())
    waiting = await played.client.orders.refund(ORDER_ID, reason="syk")
    done = await played.client.orders.refund(ORDER_ID, reason="syk")
    assert (waiting.is_done, waiting.retry_after) == (False, 5)
    assert (done.is_done, done.retry_after) == (True, None)


@pytest.mark.parametrize(
    "says",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        problem(409, "already_paid"),
        httpx.Response(502, text="no"),
        httpx.Response(200, json={}),
    ],
)
async def test_neither_errors_nor_logs_show_the_key(
    says: httpx.Response | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    played = Played(says, deadline=0.05)
    with pytest.raises(PaymentsError) as caught:
        await start(played)
    told = "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    everything = told + repr(caught.value) + repr(vars(caught.value)) + repr(played.client) + caplog.text
    assert KEY not in everything
    assert KEY not in repr(played.client._options)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "nøkkel"])
def test_a_token_that_cannot_be_sent_is_refused_without_quoting_it(token: str) -> None:
    with pytest.raises(ValueError, match="a token is") as caught:
        PaymentsClient(ADDRESS, token=token)
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize("deadline", [0, -1, float("nan")])
def test_a_deadline_that_is_over_is_refused(deadline: float) -> None:
    with pytest.raises(ValueError, match="deadline"):
        PaymentsClient(ADDRESS, token=KEY, deadline=deadline)
    with pytest.raises(ValueError, match="deadline"):
        PaymentsClient(ADDRESS, token=KEY).using(deadline=deadline)


@pytest.mark.parametrize("address", ["", "payments.test", "ftp://payments.test", "https://a:b@payments.test"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        PaymentsClient(address, token=KEY)
