"""Lists: every row once while rows come in, and a search that finds what is written and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from payments_service.storage import views
from payments_service.storage.database import Database
from payments_service.storage.tables import orders, paid_events, registrations
from payments_service.storage.views import Filter, Position
from tests.storage.rows import AGO, NOW, a_paid_event, a_registration, add, an_order, order_id

SAME = NOW - timedelta(minutes=5)  # several rows of one instant: the id decides between them


def dead(n: int, **columns: Any) -> dict[str, Any]:
    return an_order(n, **{"status": "CANCEL", "created_at": SAME + timedelta(seconds=n // 4), **columns})


async def found(database: Database, **wanted: Any) -> list[str]:
    async with database.autocommit() as connection:
        return [v.order.order_id for v in await views.page_of_orders(connection, Filter(**wanted))]


@pytest.mark.parametrize("size", [1, 3, 7, 100])
async def test_walking_orders_shows_every_row_once_while_others_come_in(
    database: Database, size: int
) -> None:
    await add(database, orders, *(dead(n) for n in range(20)))
    seen: list[str] = []
    after: Position | None = None
    for round_ in range(50):
        async with database.autocommit() as connection:
            page = await views.page_of_orders(connection, Filter(after=after, limit=size))
        if not page:
            break
        seen += [view.order.order_id for view in page]
        last = page[-1].order
        after = (last.created_at, last.order_id)
        await add(
            database, orders, dead(1000 + round_, created_at=NOW)
        )  # newest: before the walk's first page
    assert seen == [order_id(n) for n in sorted(range(20), key=lambda n: (n // 4, n), reverse=True)]


async def test_walking_registrations_shows_every_row_once(database: Database) -> None:
    rows = [a_registration(registration_id=f"r{n}", user_id=f"u{n}", created_at=SAME) for n in range(10)]
    await add(database, registrations, *rows)
    seen: list[str] = []
    after: Position | None = None
    while True:
        async with database.autocommit() as connection:
            page = await views.page_of_registrations(connection, Filter(after=after, limit=3))
        if not page:
            break
        seen += [view.registration.registration_id for view in page]
        after = (page[-1].registration.created_at, seen[-1])
    assert seen == [f"r{n}" for n in reversed(range(10))]


@pytest.mark.parametrize(
    ("search", "hits"),
    [
        ("ola", {1, 2}),
        ("olan", {1}),
        ("Ola", {3}),  # case matters
        ("lan", set()),  # by prefix only
        ("%", {4}),
        ("_", set()),
        ("a_", {6}),
        ("a%", set()),
        ("\\", {7}),
        ("12", {1, 2, 3, 4, 5, 6, 7}),
        ("ål", {5}),
        (order_id(3)[:36], {3}),
        ("' OR true --", set()),
    ],
)
async def test_a_search_is_by_prefix_case_sensitive_and_literal(
    database: Database, search: str, hits: set[int]
) -> None:
    users = ["olanor", "ola", "Olanor", "%", "ålesund", "a_b", "\\x"]
    await add(database, orders, *(dead(n, user_id=user) for n, user in enumerate(users, start=1)))
    assert set(await found(database, search=search)) == {order_id(n) for n in hits}


@pytest.mark.parametrize(
    ("wanted", "hits"),
    [
        ({"event_id": "123"}, {1, 2}),
        ({"event_id": "12"}, set()),
        ({"user_id": "karin"}, {2, 3}),
        ({"status": "INITIATE"}, {3}),
        ({"event_id": "123", "user_id": "karin"}, {2}),
    ],
)
async def test_filters_are_exact_and_add_up(
    database: Database, wanted: dict[str, str], hits: set[int]
) -> None:
    await add(
        database,
        orders,
        dead(1),
        dead(2, user_id="karin"),
        dead(3, event_id="9", user_id="karin", status="INITIATE"),
    )
    assert set(await found(database, **wanted)) == {order_id(n) for n in hits}


async def test_a_registration_is_shown_with_its_orders_newest_first_and_todays_price(
    database: Database,
) -> None:
    await add(database, paid_events, a_paid_event(price_ore=30_000, organizer="sosialen"))
    await add(database, registrations, a_registration())
    await add(
        database, orders, dead(1, created_at=AGO), dead(2, created_at=NOW), dead(3, registration_id="78")
    )
    async with database.autocommit() as connection:
        view = await views.find_registration(connection, "77")
        missing = await views.find_registration(connection, "78")
    assert missing is None
    assert view is not None
    assert [o.order.order_id for o in view.orders] == [order_id(2), order_id(1)]
    assert (view.price_ore, view.organizer) == (30_000, "sosialen")
    assert view.orders[0].payment_expiredate == view.registration.payment_expiredate


async def test_an_order_without_event_or_registration_is_still_shown(database: Database) -> None:
    await add(database, orders, dead(1, event_id=None, registration_id=None, user_id=None))
    async with database.autocommit() as connection:
        view = await views.find_order(connection, order_id(1))
    assert view is not None
    assert (view.payment_expiredate, view.organizer) == (None, None)
    assert await found(database) == [order_id(1)]
