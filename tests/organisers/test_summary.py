"""An event in figures: what came in, what went back, how many of each, and who still owes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from payments_service.domain.orders import OrderStatus
from payments_service.domain.registrations import OWING, RegistrationStatus
from payments_service.settings_values import asyncpg_dsn
from payments_service.storage import event_books
from payments_service.storage.database import Database
from payments_service.storage.tables import orders
from tests.organisers.office import EVENT, Office
from tests.storage.rows import AGO, AHEAD, NOW, PRICE, a_captured_order, an_order

PATH = f"/v1/paid-events/{EVENT}/summary"
#: What a registration needs beside its status.
ROWS: dict[RegistrationStatus, dict[str, Any]] = {
    RegistrationStatus.HELD: {"held_since": AGO},
    RegistrationStatus.EXPIRED: {"over_at": AGO, "released_by": "unregister"},
    RegistrationStatus.ENDED: {"over_at": AGO},
}


async def test_an_event_without_anything_names_every_status_with_nothing(office: Office) -> None:
    await office.event()
    assert await office.get(PATH) == {
        "event_id": EVENT,
        "currency": "NOK",
        "captured": "0.00",
        "refunded": "0.00",
        "net": "0.00",
        "orders": {str(status): 0 for status in OrderStatus},
        "registrations": {str(status): 0 for status in RegistrationStatus},
        "unpaid": [],
    }


async def test_net_is_what_was_captured_less_what_went_back(office: Office) -> None:
    """Whole øre all the way: no amount here is one that a float can hold."""
    await office.event()
    rows = [
        a_captured_order(n, registration_id=f"r{n}", captured_ore=PRICE - 1, refunded_ore=refunded)
        for n, refunded in enumerate([0, 10, PRICE - 1], start=1)
    ]
    rows.append(a_captured_order(7, registration_id="r7", event_id="elsewhere"))
    rows.append(an_order(8, registration_id="r8", status="RESERVED", authorized_ore=PRICE, held_ore=PRICE))
    await office.add(orders, *rows)
    found = await office.get(PATH)
    assert (found["captured"], found["refunded"], found["net"]) == ("749.97", "250.09", "499.88")


async def test_sums_may_be_larger_than_any_price(office: Office) -> None:
    await office.event()
    await office.sql.execute(
        """INSERT INTO orders (order_id, registration_id, event_id, user_id, vipps_api, amount_ore, status,
                               authorized_ore, captured_ore, paid_at)
           SELECT gen_random_uuid(), 'r' || n, $1, 'u' || n, 'ecom', 999999, 'CAPTURE', 999999, 999999, now()
           FROM generate_series(1, 3000) AS n""",
        EVENT,
    )
    found = await office.get(PATH)
    assert (found["captured"], found["net"]) == ("29999970.00", "29999970.00")
    assert found["orders"]["CAPTURE"] == 3000


async def test_every_status_is_counted(office: Office) -> None:
    await office.event()
    for n, status in enumerate(OrderStatus, start=1):
        for copy in range(n):
            await office.order(100 * n + copy, status=str(status), registration_id=f"r{n}-{copy}")
    for n, registration_status in enumerate(RegistrationStatus, start=1):
        for copy in range(n):
            more = ROWS.get(registration_status, {})
            await office.seat(f"s{n}-{copy}", status=str(registration_status), **more)
    await office.seat("elsewhere", event_id="elsewhere")
    found = await office.get(PATH)
    assert found["orders"] == {str(status): n for n, status in enumerate(OrderStatus, start=1)}
    assert found["registrations"] == {str(status): n for n, status in enumerate(RegistrationStatus, start=1)}


async def test_who_owes_is_named_the_earliest_deadline_first(office: Office) -> None:
    await office.event()
    deadlines = {"c": AGO, "a": AHEAD, "b": AHEAD, "d": NOW}
    statuses = {"c": "held", "d": "expiring"}
    for name, deadline in deadlines.items():
        status = statuses.get(name, "awaiting_payment")
        more = ROWS.get(RegistrationStatus(status), {})
        await office.seat(name, status=status, payment_expiredate=deadline, **more)
    for n, status in enumerate(sorted(set(RegistrationStatus) - OWING)):
        await office.seat(f"owes-nothing-{n}", status=str(status), **ROWS.get(status, {}))
    found = (await office.get(PATH))["unpaid"]
    assert [debt["registration_id"] for debt in found] == ["c", "d", "a", "b"]
    assert set(found[0]) == {"registration_id", "user_id", "payment_expiredate"}
    assert found[0]["user_id"] == "member-c"
    assert found[0]["payment_expiredate"].endswith("Z")


@pytest.mark.parametrize(
    ("what", "is_named"),
    [
        ({"status": "CAPTURE", "authorized_ore": PRICE, "captured_ore": PRICE, "is_frozen": True}, False),
        ({"status": "RESERVED", "authorized_ore": PRICE, "held_ore": PRICE, "is_frozen": True}, False),
        ({"status": "RESERVED", "authorized_ore": PRICE - 1, "held_ore": PRICE - 1}, True),
        ({"status": "REFUND", "authorized_ore": PRICE, "captured_ore": PRICE, "refunded_ore": PRICE}, True),
        ({"status": "INITIATE"}, True),
        ({"status": "CANCEL"}, True),
    ],
)
async def test_nobody_is_said_to_owe_whose_money_is_here(
    office: Office, what: dict[str, Any], is_named: bool
) -> None:
    """`unpaid` and `has_paid` never say the same of one registration."""
    await office.event()
    await office.seat("77")
    await office.add(orders, an_order(1, **what))
    unpaid = [debt["registration_id"] for debt in (await office.get(PATH))["unpaid"]]
    assert (unpaid == ["77"]) is is_named
    assert (await office.get("/v1/registrations/77"))["has_paid"] is not is_named


async def test_the_list_of_who_owes_ends_somewhere_and_the_counts_do_not(office: Office) -> None:
    await office.event()
    await office.sql.execute(
        """INSERT INTO registrations (registration_id, event_id, user_id, status, payment_expiredate)
           SELECT 'r' || n, $1, 'u' || n, 'awaiting_payment', now() + n * interval '1 second'
           FROM generate_series(1, 1010) AS n""",
        EVENT,
    )
    found = await office.get(PATH)
    assert found["registrations"]["awaiting_payment"] == 1010
    assert [debt["registration_id"] for debt in found["unpaid"]] == [
        f"r{n}" for n in range(1, event_books.MOST_UNPAID + 1)
    ]


async def test_its_parts_are_of_one_instant(office: Office) -> None:
    """What is written between its statements is in none of them."""
    await office.event()
    await office.seat("77")
    async with office.database.snapshot() as connection:
        before = await event_books.of_event(connection, EVENT)
        await office.seat("78", payment_expiredate=NOW - timedelta(days=1))
        await office.add(orders, a_captured_order(1))
        assert await event_books.of_event(connection, EVENT) == before
    async with office.database.snapshot() as connection:
        assert await event_books.of_event(connection, EVENT) != before


async def test_a_snapshot_only_reads_and_leaves_the_connection_as_it_was(
    shared_url: str, office: Office
) -> None:
    """One connection serves all: what was set for reading must not stop the next one from writing."""
    database = Database(asyncpg_dsn(shared_url), pool_size=1)
    write = text("INSERT INTO paid_events (event_id, price_ore, paytime_seconds) VALUES (:id, 100, 60)")
    level = text(
        "SELECT current_setting('transaction_isolation') || ' ' || current_setting('transaction_read_only')"
    )
    for event_id in ("a", "b"):
        async with database.snapshot() as connection:
            assert (await connection.execute(level)).scalar_one() == "repeatable read on"
        with pytest.raises(DBAPIError, match="read-only"):
            async with database.snapshot() as connection:
                await connection.execute(write, {"id": event_id})
        async with database.begin() as connection:
            assert (await connection.execute(level)).scalar_one() == "read committed off"
            await connection.execute(write, {"id": event_id})
        async with database.autocommit() as connection:
            assert (await connection.execute(level)).scalar_one() == "read committed off"
    await database.aclose()
