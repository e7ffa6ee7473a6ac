"""Who sees an event's books, and who gives its members time: everybody of the access table, at every route."""

from __future__ import annotations

from itertools import product

import httpx

from tests.organisers.office import CALLERS, EVENT, Office

SEES = {"service", "admin", "admin with finance", "organiser", "organiser with finance"}
SEES_ALL_EVENTS = {"service", "admin", "admin with finance"}
GRANTS = {"service", "admin with finance", "organiser with finance"}
EVERYBODY = ("service", *CALLERS)
MORE_TIME = {"minutes": 60, "reason": "the bus was late"}


def paths(event_id: str) -> list[tuple[str, dict[str, str]]]:
    """Everything there is to read about an event's money."""
    books = (f"/v1/paid-events/{event_id}/{what}" for what in ("orders", "orders.csv", "summary"))
    return [*((path, {}) for path in books), ("/v1/attention", {"event_id": event_id})]


def said(answer: httpx.Response) -> tuple[int, str | None]:
    is_refused = answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"] if is_refused else None


async def test_an_events_books_are_its_organisers_to_read(office: Office) -> None:
    await office.event()
    await office.seat("77", user_id="olanor")
    await office.order(1, registration_id="77", user_id="olanor")
    for who, (path, query) in product(EVERYBODY, paths(EVENT)):
        answer = await office.caller(who).get(path, params=query)
        assert said(answer) == ((200, None) if who in SEES else (403, "forbidden")), f"{who}: {path}"


async def test_whether_an_event_exists_is_told_to_those_who_see_all_of_them(office: Office) -> None:
    for who, (path, query) in product(EVERYBODY, paths("nowhere")):
        answer = await office.caller(who).get(path, params=query)
        unknown = (404, "paid_event_not_found") if who in SEES_ALL_EVENTS else (403, "forbidden")
        assert said(answer) == unknown, f"{who}: {path}"


async def test_an_event_that_nobody_organises_has_no_organisers(office: Office) -> None:
    await office.event(organizer=None)
    for who, (path, query) in product(EVERYBODY, paths(EVENT)):
        answer = await office.caller(who).get(path, params=query)
        assert said(answer) == ((200, None) if who in SEES_ALL_EVENTS else (403, "forbidden")), (
            f"{who}: {path}"
        )


async def test_giving_everybody_time_takes_finance_or_a_service_key(office: Office) -> None:
    await office.event()
    for who in EVERYBODY:
        answer = await office.caller(who).post(f"/v1/paid-events/{EVENT}/extension", json=MORE_TIME)
        assert said(answer) == ((200, None) if who in GRANTS else (403, "forbidden")), who


async def test_an_unknown_event_gives_nobody_time(office: Office) -> None:
    for who in EVERYBODY:
        answer = await office.caller(who).post("/v1/paid-events/nowhere/extension", json=MORE_TIME)
        is_trusted = who in GRANTS & SEES_ALL_EVENTS
        assert said(answer) == ((404, "paid_event_not_found") if is_trusted else (403, "forbidden")), who


async def test_who_may_not_ask_is_told_so_before_what_is_wrong_with_the_question(office: Office) -> None:
    await office.event()
    stranger = office.caller("a stranger")
    for query in ("limit=0", "cursor=nonsense", "nobody=knows"):
        assert (await stranger.get(f"/v1/paid-events/{EVENT}/orders?{query}")).status_code == 403
    assert (await stranger.post(f"/v1/paid-events/{EVENT}/extension", content=b"{")).status_code == 403
