"""Who sees an event's books, and who gives its members time: everybody of the access table, at every route."""

from __future__ import annotations

import httpx
import pytest

from tests.organisers.office import CALLERS, EVENT, Office

READING = ("orders", "orders.csv", "summary")
SEES = {"service", "admin", "admin with finance", "organiser", "organiser with finance"}
SEES_ALL_EVENTS = {"service", "admin", "admin with finance"}
GRANTS = {"service", "admin with finance", "organiser with finance"}
EVERYBODY = ("service", *CALLERS)
MORE_TIME = {"minutes": 60, "reason": "the bus was late"}


def said(answer: httpx.Response) -> tuple[int, str | None]:
    is_refused = answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"] if is_refused else None


@pytest.mark.parametrize("who", EVERYBODY)
async def test_an_events_books_are_its_organisers_to_read(office: Office, who: str) -> None:
    await office.event()
    await office.seat("77", user_id="olanor")
    await office.order(1, registration_id="77", user_id="olanor")
    for what in READING:
        answer = await office.caller(who).get(f"/v1/paid-events/{EVENT}/{what}")
        assert said(answer) == ((200, None) if who in SEES else (403, "forbidden")), what
    answer = await office.caller(who).get("/v1/attention", params={"event_id": EVENT})
    assert said(answer) == ((200, None) if who in SEES else (403, "forbidden"))


@pytest.mark.parametrize("who", EVERYBODY)
async def test_whether_an_event_exists_is_told_to_those_who_see_all_of_them(office: Office, who: str) -> None:
    unknown = (404, "paid_event_not_found") if who in SEES_ALL_EVENTS else (403, "forbidden")
    for what in READING:
        assert said(await office.caller(who).get(f"/v1/paid-events/nowhere/{what}")) == unknown, what
    assert said(await office.caller(who).get("/v1/attention?event_id=nowhere")) == unknown


@pytest.mark.parametrize("who", EVERYBODY)
async def test_an_event_that_nobody_organises_has_no_organisers(office: Office, who: str) -> None:
    await office.event(organizer=None)
    for what in READING:
        answer = await office.caller(who).get(f"/v1/paid-events/{EVENT}/{what}")
        assert said(answer) == ((200, None) if who in SEES_ALL_EVENTS else (403, "forbidden")), what


@pytest.mark.parametrize("who", EVERYBODY)
async def test_giving_everybody_time_takes_finance_or_a_service_key(office: Office, who: str) -> None:
    await office.event()
    path = f"/v1/paid-events/{EVENT}/extension"
    answer = await office.caller(who).post(path, json=MORE_TIME)
    assert said(answer) == ((200, None) if who in GRANTS else (403, "forbidden"))


@pytest.mark.parametrize("who", EVERYBODY)
async def test_an_unknown_event_gives_nobody_time(office: Office, who: str) -> None:
    answer = await office.caller(who).post("/v1/paid-events/nowhere/extension", json=MORE_TIME)
    is_trusted = who in GRANTS & SEES_ALL_EVENTS
    assert said(answer) == ((404, "paid_event_not_found") if is_trusted else (403, "forbidden"))


async def test_who_may_not_ask_is_told_so_before_what_is_wrong_with_the_question(office: Office) -> None:
    await office.event()
    stranger = office.caller("a stranger")
    for query in ("limit=0", "cursor=nonsense", "nobody=knows"):
        assert (await stranger.get(f"/v1/paid-events/{EVENT}/orders?{query}")).status_code == 403
    assert (await stranger.post(f"/v1/paid-events/{EVENT}/extension", content=b"{")).status_code == 403
