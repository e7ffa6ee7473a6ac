"""Answers of another shape: silence, never a seat without a deadline and never "no seat"."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from payments_service.event_service.client import EVENT_SHAPE
from payments_service.event_service.errors import Unanswered
from tests.event_service.played import ROW, TOKEN, Backend


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ROW.items() if key != name}


ODD_IDS: list[Any] = [None, "", True, 7.0, "a b", "...", "x" * 65, 10**70, []]
ODD_INSTANTS: list[Any] = ["", 1, "soon", "2026-11-23T16:00:00", "2026-11-23", "0001-01-01T00:00:00+23:00"]
ODD_USERS: list[Any] = [None, {}, [], {"user_id": None}, {"user_id": "kari nor"}]
ODD_ROWS: list[Any] = [
    b"",
    b"<html>",
    b"[" * 50_000,
    b"NaN",
    None,
    [],
    {},
    *[_without(name) for name in ("registration_id", "is_on_wait", "payment_expiredate", "user_info")],
    *[{**ROW, "registration_id": bad} for bad in ODD_IDS],
    *[{**ROW, "is_on_wait": bad} for bad in (None, 0, "false")],
    *[{**ROW, "payment_expiredate": bad} for bad in ODD_INSTANTS],
    *[{**ROW, "user_info": bad} for bad in ODD_USERS],
]


@pytest.mark.parametrize("row", ODD_ROWS, ids=range(len(ODD_ROWS)))
async def test_a_changed_shape_is_unanswered_and_never_no_seat(row: Any) -> None:
    backend = Backend()
    for operation, body in (("find_seat", row), ("list_seats", {"next": None, "results": [ROW, row]})):
        if isinstance(row, bytes) and operation == "list_seats":
            continue
        backend.body = body
        with capture_logs() as logs, pytest.raises(Unanswered):
            await backend.do(operation)
        assert EVENT_SHAPE in [entry["event"] for entry in logs]
        assert not any(word in repr(logs) for word in ("olanor", "Ola", "kari", TOKEN))


async def test_somebody_elses_seat_is_no_answer() -> None:
    backend = Backend()
    backend.body = {**ROW, "user_info": {"user_id": "karinor"}}
    with pytest.raises(Unanswered, match="another member"):
        await backend.do("find_seat")


async def test_no_date_is_no_date() -> None:
    backend = Backend()
    backend.body = {**ROW, "payment_expiredate": None, "registration_id": "a-1"}
    seat = await backend.do("find_seat")
    assert (seat.payment_expiredate, seat.registration_id) == (None, "a-1")


@pytest.mark.parametrize(
    ("said", "page"),
    [(None, None), (2, 2), ("2", 2), ("https://b.test/events/1/registrations/?page=3&x=1", 3)],
)
async def test_the_next_page_is_a_number_or_an_address(said: Any, page: int | None) -> None:
    backend = Backend()
    backend.body = {"count": 1, "next": said, "previous": None, "results": [ROW]}
    assert (await backend.do("list_seats")).next_page == page
    assert backend.requests[0].url.raw_path == b"/api/events/123/registrations/?page=1"


@pytest.mark.parametrize("said", [0, 1, -1, True, 2.0, "", "two", "https://b.test/", []])
async def test_a_walk_never_goes_round_in_circles(said: Any) -> None:
    backend = Backend()
    backend.body = {"next": said, "results": []}
    with pytest.raises(Unanswered):
        await backend.do("list_seats")


@pytest.mark.parametrize("body", [{"results": []}, {"next": None}, {"next": None, "results": None}])
async def test_a_page_without_its_parts_is_unanswered(body: Any) -> None:
    backend = Backend()
    backend.body = body
    with pytest.raises(Unanswered):
        await backend.do("list_seats")
