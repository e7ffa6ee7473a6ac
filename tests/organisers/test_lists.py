"""Every list: each row once whatever is written meanwhile, filters that mean what they say, cursors that do no harm."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import count, product
from typing import Any

import pytest

from payments_service.storage.tables import attention
from tests.organisers.office import EVENT, Office
from tests.storage.rows import NOW, order_id

ROWS = 14
ORDERS, REGISTRATIONS = "/v1/orders", "/v1/registrations"
ATTENTION, EVENTS = "/v1/attention", "/v1/paid-events"
OF_EVENT = f"{EVENTS}/{EVENT}/orders"
#: Each list with what a row is known by; two rows share each instant, so that the id decides between them.
LISTS = {
    ORDERS: "order_id",
    OF_EVENT: "order_id",
    REGISTRATIONS: "registration_id",
    f"{REGISTRATIONS}?event_id={EVENT}": "registration_id",
    ATTENTION: "registration_id",
    f"{ATTENTION}?event_id={EVENT}": "registration_id",
    EVENTS: "event_id",
}
FOREIGN = {
    "a long number": ["2026-01-01T00:00:00+00:00", "9" * 100],
    "a number of 32 bits and more": ["2026-01-01T00:00:00+00:00", "3000000000"],
    "a number of 64 bits and more": ["2026-01-01T00:00:00+00:00", str(2**63)],
    "before every calendar": ["0001-01-01T00:00:00+14:00", "1"],
    "after every calendar": ["9999-12-31T23:59:59-14:00", "1"],
    "the first instant": ["0001-01-01T00:00:00+00:00", "1"],
    "the last instant": ["9999-12-31T23:59:59.999999+00:00", "1"],
    "quotes": ["2026-01-01T00:00:00+00:00", "' OR true --"],
    "an empty id": ["2026-01-01T00:00:00+00:00", ""],
    "other digits": ["2026-01-01T00:00:00+00:00", "\u0661"],
    "no list": {"2026-01-01T00:00:00+00:00": "1"},
    "one too many": ["2026-01-01T00:00:00+00:00", "1", "2"],
    "without an offset": ["2026-01-01T00:00:00", "1"],
}


def at(n: int) -> Any:
    return NOW - timedelta(seconds=100 - n // 2)


async def an_entry(office: Office, n: int) -> None:
    """An order, a registration, a case and an event, of one instant."""
    await office.order(n, created_at=at(n))
    await office.seat(f"r{n:02}", user_id=f"u{n}", created_at=at(n))
    case = {"code": "paid_twice", "event_id": EVENT, "registration_id": f"r{n:02}", "opened_at": at(n)}
    await office.add(attention, case)
    await office.event(event_id=f"e{n:02}", created_at=at(n))


def cursor_of(position: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def split(path: str) -> tuple[str, dict[str, str]]:
    bare, _, query = path.partition("?")
    return bare, dict([query.split("=")]) if query else {}


@pytest.fixture
async def books(office: Office) -> Office:
    await office.event(created_at=at(-2))
    for n in range(ROWS):
        await an_entry(office, n)
    return office


async def write(office: Office, round_: int) -> None:
    """What happens while somebody turns pages: new rows come, and every old one changes in some other way."""
    await an_entry(office, 100 + round_)
    await office.sql.execute(
        "UPDATE orders SET status = 'VOID', status_reason = 'late', updated_at = clock_timestamp()"
    )
    await office.sql.execute(
        "UPDATE registrations SET status = 'exempt', payment_expiredate = payment_expiredate + interval '1 day'"
    )
    await office.sql.execute("UPDATE paid_events SET title = 'new', updated_at = clock_timestamp()")


@pytest.mark.parametrize("path", LISTS)
async def test_turning_pages_shows_each_row_once_while_rows_come_and_change(books: Office, path: str) -> None:
    bare, query = split(path)
    rounds = count()
    for limit in (1, 3, 4, 100):
        expected = [row[LISTS[path]] for row in (await books.get(bare, **query, limit=100))["items"]]
        seen: list[str] = []
        async for page in books.pages(bare, **query, limit=limit):
            assert len(page) <= limit
            seen += [row[LISTS[path]] for row in page]
            await write(books, next(rounds))
        assert len(expected) >= ROWS
        assert seen == expected, f"{limit} at a time"


async def test_an_events_orders_are_the_same_as_in_the_list_of_all(books: Office) -> None:
    await books.order(50, event_id="elsewhere")
    queries: list[dict[str, Any]] = [
        {},
        {"user_id": "u3"},
        {"status": "CANCEL", "limit": 2},
        {"search": "u1"},
    ]
    for query in queries:
        of_event = await books.get(OF_EVENT, **query)
        of_all = await books.get(ORDERS, event_id=EVENT, **query)
        for page in (of_event, of_all):
            for row in page["items"]:
                del row["server_time"]
        assert of_event == of_all
    assert order_id(50) not in str(await books.get(OF_EVENT, limit=100))


async def test_a_search_within_an_event_is_by_prefix_as_written_and_stays_within(books: Office) -> None:
    users = ["ola", "olanor", "Ola", "a_b", "aXb", "%"]
    for n, user in enumerate(users, start=60):
        await books.order(n, user_id=user)
    await books.order(70, user_id="olanor", event_id="elsewhere")

    async def found(search: str) -> set[str]:
        items = (await books.get(OF_EVENT, search=search, limit=100))["items"]
        return {row["user_id"] for row in items}

    assert await found("ola") == {"ola", "olanor"}
    assert await found("Ola") == {"Ola"}
    assert await found("lan") == set()
    assert await found("a_") == {"a_b"}
    assert await found("%") == {"%"}
    assert await found("\\") == set()
    assert await found(order_id(60)) == {"ola"}
    assert await found(EVENT) >= {"ola", "olanor", "Ola"}


BAD_QUERIES = [
    "limit=0",
    "limit=101",
    "limit=ten",
    "limit=",
    "cursor=",
    "cursor=nonsense",
    "status=PAID",
    "status=sale",
    "search=",
    "search=%00",
    f"search={'x' * 65}",
    "user_id=a%20b",
    "event_id=123",
    "nobody=knows",
    "limit=5&limit=6",
]


async def test_a_bad_query_of_an_events_orders_is_refused(office: Office) -> None:
    await office.event()
    for query in BAD_QUERIES:
        answer = await office.backend.get(f"{OF_EVENT}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), query


async def harmless(office: Office, path: str, cursor: str, what: str) -> None:
    """Refused as what it is, or a place in the list like any other: its rows are rows of the list."""
    bare, query = split(path)
    answer = await office.backend.get(bare, params={**query, "cursor": cursor, "limit": "100"})
    if answer.status_code == 422:
        assert answer.json()["errors"][0]["field"] == "query.cursor", what
        return
    assert answer.status_code == 200, f"{what}: {answer.text}"
    whole = {row[LISTS[path]] for row in (await office.get(bare, **query, limit=100))["items"]}
    assert {row[LISTS[path]] for row in answer.json()["items"]} <= whole, what


async def test_a_cursor_of_another_list_or_filter_does_no_harm(books: Office) -> None:
    cursors = []
    for path in LISTS:
        bare, query = split(path)
        cursors.append((await books.get(bare, **query, limit=3))["next_cursor"])
    cursors.append((await books.get(ORDERS, status="CANCEL", limit=3))["next_cursor"])
    for path in LISTS:
        for cursor in cursors:
            await harmless(books, path, cursor, f"{cursor} in {path}")


async def test_a_cursor_that_somebody_made_up_does_no_harm(books: Office) -> None:
    for kind, path in product(FOREIGN, LISTS):
        await harmless(books, path, cursor_of(FOREIGN[kind]), f"{kind} in {path}")


async def test_lists_and_books_ask_no_neighbour(books: Office) -> None:
    """The office's neighbours cannot be reached, and its fixture sees to it that nobody tried."""
    await books.seat("open")
    await books.order(90, status="INITIATE", registration_id="open", payment_link="https://pay.test/")
    reads: list[Callable[[], Awaitable[Any]]] = [
        *(lambda path=path: books.backend.get(path) for path in LISTS),
        lambda: books.backend.get(f"{ORDERS}/{order_id(90)}"),
        lambda: books.backend.get(f"{REGISTRATIONS}/open"),
        lambda: books.backend.get(f"{EVENTS}/{EVENT}/summary"),
        lambda: books.backend.get(f"{EVENTS}/{EVENT}/orders.csv"),
    ]
    assert [(await read()).status_code for read in reads] == [200] * len(reads)
