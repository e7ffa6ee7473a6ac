"""The event backend's client: against the simulated backend, and against answers made by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from payments_service.domain.seats import Seat
from payments_service.event_service.client import EVENT_TURNED_AWAY, EventServiceClient
from payments_service.event_service.errors import EventServiceError, Refused, Unanswered
from payments_service.simulator.in_process import InProcessTransport
from payments_service.simulator.simulator import Simulator
from tests.event_service.played import OPERATIONS, TOKEN, Backend, Release


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    simulator = Simulator()
    yield simulator
    await simulator.close()


def _client(sim: Simulator, release: Release = "unregister") -> EventServiceClient:
    return EventServiceClient(
        base_url="http://simulator.test/backend",
        token=sim.config.backend_token,
        token_header=sim.config.backend_token_header,
        release=release,
        timeout=2,
        transport=InProcessTransport(sim.app),
    )


async def test_a_seat_is_found_released_and_gone(sim: Simulator) -> None:
    sim.backend.create_event("123", 1, paytime_seconds=3600)
    signed_up = sim.backend.sign_up("123", "olanor")
    client = _client(sim)
    seat = await client.find_seat("123", "olanor")
    assert seat is not None
    assert (seat.registration_id, seat.is_on_wait) == (str(signed_up.registration_id), False)
    assert seat.payment_expiredate is not None
    assert signed_up.payment_expiredate is not None
    assert abs(seat.payment_expiredate - signed_up.payment_expiredate) < timedelta(milliseconds=1)
    for _ in range(2):  # the second time there is nothing left to release, which is as good
        await client.release("123", "olanor", seat.registration_id)
    assert await client.find_seat("123", "olanor") is None
    assert {call.idempotency_key for call in sim.journal.backend_calls if call.operation == "release"} == {
        f"release-{seat.registration_id}"
    }


async def test_a_release_to_the_waiting_list_keeps_the_registration(sim: Simulator) -> None:
    sim.backend.create_event("123", 1)
    sim.backend.sign_up("123", "olanor")
    client = _client(sim, "waiting_list")
    await client.release("123", "olanor", "77")
    seat = await client.find_seat("123", "olanor")
    assert seat is not None
    assert seat.is_on_wait


async def test_a_walk_sees_everybody_once(sim: Simulator) -> None:
    sim.backend.create_event("123", 100)
    for number in range(60):
        sim.backend.sign_up("123", f"user{number}")
    client, found, page = _client(sim), list[Seat](), 1
    while True:
        seats = await client.list_seats("123", page)
        found += seats.seats
        if seats.next_page is None:
            break
        page = seats.next_page
    assert [seat.user_id for seat in found] == [f"user{number}" for number in range(60)]


async def test_an_unknown_event_is_refused_with_404(sim: Simulator) -> None:
    with pytest.raises(Refused) as caught:
        await _client(sim).list_seats("999", 1)
    assert caught.value.status == 404


async def test_a_silent_backend_is_unanswered(sim: Simulator) -> None:
    for mode in ("refuse", "500"):
        sim.take_down("backend", mode)
        with pytest.raises(Unanswered):
            await _client(sim).find_seat("123", "olanor")


async def test_instants_are_utc_and_ids_are_text() -> None:
    seat = await Backend().do("find_seat")
    assert seat == Seat("77", "123", "olanor", False, datetime(2026, 11, 23, 15, tzinfo=UTC))


@pytest.mark.parametrize(
    ("header", "value"),
    [("Authorization", f"Bearer {TOKEN}"), ("authorization", f"Bearer {TOKEN}"), ("X-CSRF-Token", TOKEN)],
)
async def test_the_token_goes_where_the_backend_looks(header: str, value: str) -> None:
    backend = Backend(header)
    await backend.do("find_seat")
    assert backend.requests[0].headers[header] == value


async def test_a_release_is_one_call_with_its_own_key() -> None:
    backend = Backend()
    await backend.do("release")
    [request] = backend.requests
    assert (request.method, request.content) == ("DELETE", b"")
    assert str(request.url) == "https://backend.test/api/events/123/registrations/olanor/"
    assert request.headers["Idempotency-Key"] == "release-77"
    backend = Backend(release="waiting_list")
    await backend.do("release")
    [request] = backend.requests
    assert (request.method, json.loads(request.content)) == ("PUT", {"is_on_wait": True})
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Idempotency-Key"] == "release-77"


async def test_a_request_id_is_taken_along_or_made() -> None:
    backend = Backend()
    with structlog.contextvars.bound_contextvars(request_id="from-the-caller"):
        await backend.do("release")
    await backend.do("release")
    with structlog.contextvars.bound_contextvars(request_id="a\r\nb"):
        await backend.do("release")
    taken, made, replaced = (request.headers["X-Request-Id"] for request in backend.requests)
    assert taken == "from-the-caller"
    assert len(made) == len(replaced) == 32
    assert made != replaced


@pytest.mark.parametrize(("event_id", "path"), [("a@b:c", b"a%40b%3Ac"), ("..a", b"..a")])
async def test_ids_are_quoted(event_id: str, path: bytes) -> None:
    backend = Backend()
    await backend.client.find_seat(event_id, "olanor")
    assert backend.requests[0].url.raw_path == b"/api/events/" + path + b"/registrations/olanor/"


@pytest.mark.parametrize("event_id", ["", ".", "..", "a/b", "a?b", "a%2Fb", "å", "a" * 65])
async def test_an_id_that_leads_elsewhere_is_not_asked_for(event_id: str) -> None:
    backend = Backend()
    with pytest.raises(Unanswered):
        await backend.client.release(event_id, "olanor", "77")
    assert not backend.requests


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Refused), (401, Refused), (403, Refused), (409, Refused), (422, Refused),
        (408, Unanswered), (425, Unanswered), (429, Unanswered),
        (301, Unanswered), (307, Unanswered), (500, Unanswered), (502, Unanswered), (503, Unanswered),
    ],
)  # fmt: skip
async def test_a_status_is_refused_or_unanswered(
    operation: str, status: int, error: type[EventServiceError]
) -> None:
    backend = Backend()
    backend.status = status
    with capture_logs() as logs, pytest.raises(error) as caught:
        await backend.do(operation)
    assert len(backend.requests) == 1
    assert backend.observed == [(operation, error.__name__.lower())]
    assert getattr(caught.value, "status", status) == status
    assert (EVENT_TURNED_AWAY in [entry["event"] for entry in logs]) == (status in (401, 403))


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("x"),
        httpx.ReadTimeout("x"),
        httpx.ReadError("x"),
        httpx.RemoteProtocolError("x"),
        OSError("x"),
    ],
)
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_no_answer_is_unanswered_and_never_repeated(operation: str, error: Exception) -> None:
    backend = Backend()
    backend.error = error
    with pytest.raises(Unanswered):
        await backend.do(operation)
    assert len(backend.requests) == 1


@pytest.mark.parametrize("status", [200, 202, 204, 404])
async def test_a_release_is_done_with_any_yes_and_when_there_is_nothing_left(status: int) -> None:
    backend = Backend()
    backend.status, backend.body = status, b"<html>"
    await backend.do("release")
    assert backend.observed == [("release", "ok")]
