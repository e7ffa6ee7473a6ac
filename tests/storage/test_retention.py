"""What has been kept long enough is forgotten, to the second; everything else stays as it is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from payments_service.observability import redact
from payments_service.storage.database import Database
from payments_service.storage.retention import RULES
from payments_service.storage.tables import (
    attention,
    deliveries,
    history,
    idempotency_keys,
    imported_orders,
    notices,
    operations,
    orders,
    registrations,
)
from payments_service.use_cases.forget_old import forget_old
from tests.storage.rows import (
    a_captured_order,
    a_delivery,
    a_registration,
    add,
    all_of,
    an_operation,
    an_order,
    only,
    order_id,
)

SECOND = timedelta(seconds=1)
#: The first second in Norway of 2032 and of 2027: what 2026 saw is kept until the former.
NEW_YEAR = datetime(2031, 12, 31, 23, tzinfo=UTC)
CUT = datetime(2026, 12, 31, 23, tzinfo=UTC)
LAST = CUT - SECOND


def over(at: datetime, **columns: Any) -> dict[str, Any]:
    return a_registration(
        status="ended", over_at=at, created_at=at, payment_expiredate=at + timedelta(hours=1), **columns
    )


# -- deliveries ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize(("days", "is_kept"), [(29, True), (30, False), (31, False)])
async def test_a_delivery_has_its_words_for_thirty_days(
    database: Database, days: int, is_kept: bool, settled: bool
) -> None:
    received = datetime(2026, 11, 1, 12, tzinfo=UTC)
    await add(
        database,
        deliveries,
        a_delivery(received_at=received, body=b"canary", settled_at=received if settled else None),
    )
    await forget_old(database=database, now=received + timedelta(days=days))
    row = await only(database, deliveries)
    assert (bytes(row.body), row.order_id, bytes(row.fingerprint)) == (
        b"canary" if is_kept else b"",
        order_id(1),
        b"f",
    )


async def test_a_second_before_they_are_there(database: Database) -> None:
    received = datetime(2026, 11, 1, 12, tzinfo=UTC)
    await add(database, deliveries, a_delivery(received_at=received, body=b"canary"))
    forgotten = await forget_old(database=database, now=received + timedelta(days=30) - SECOND)
    assert forgotten == {rule.what: 0 for rule in RULES}
    assert (await only(database, deliveries)).body == b"canary"


async def test_more_than_one_batch_goes_in_one_run_and_none_twice(database: Database) -> None:
    received = datetime(2026, 11, 1, 12, tzinfo=UTC)
    rows = [a_delivery(fingerprint=str(n).encode(), received_at=received) for n in range(450)]
    await add(database, deliveries, *rows)
    now = received + timedelta(days=31)
    assert (await forget_old(database=database, now=now))["delivery_bodies"] == 450
    assert (await forget_old(database=database, now=now))["delivery_bodies"] == 0


async def test_several_replicas_at_once_forget_everything_once(database: Database) -> None:
    received = datetime(2026, 11, 1, 12, tzinfo=UTC)
    await add(
        database,
        deliveries,
        *(a_delivery(fingerprint=str(n).encode(), received_at=received) for n in range(450)),
    )
    await add(database, orders, *(old_order(n) for n in range(1, 250)))
    runs = await asyncio.gather(*(forget_old(database=database, now=NEW_YEAR) for _ in range(4)))
    assert sum(run["delivery_bodies"] for run in runs) == 450
    assert sum(run["orders"] for run in runs) == 249
    again = await forget_old(database=database, now=NEW_YEAR)
    assert set(again.values()) == {0}


# -- answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "is_kept"), [(71, True), (73, False)])
async def test_an_answer_is_kept_for_seventy_two_hours(database: Database, hours: int, is_kept: bool) -> None:
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    slot = {"caller": "service:backend", "method": "POST", "path": "/v1/orders", "key": "k"}
    await add(database, idempotency_keys, {**slot, "fingerprint": b"f", "created_at": at})
    await forget_old(database=database, now=at + timedelta(hours=hours))
    assert len(await all_of(database, idempotency_keys)) == is_kept


# -- orders -------------------------------------------------------------------------------------------------------


def old_order(n: int = 1, **columns: Any) -> dict[str, Any]:
    return a_captured_order(n, **{"created_at": LAST, "paid_at": LAST, "registration_id": f"r{n}", **columns})


@pytest.mark.parametrize("at", [LAST, LAST - timedelta(days=364)])
async def test_an_order_has_its_name_for_five_years_after_the_years_last_second(
    database: Database, at: datetime
) -> None:
    await add(database, orders, old_order(created_at=at, paid_at=at))
    before = dict((await only(database, orders))._mapping)
    await forget_old(database=database, now=NEW_YEAR - SECOND)
    assert dict((await only(database, orders))._mapping) == before
    await forget_old(database=database, now=NEW_YEAR)
    assert dict((await only(database, orders))._mapping) == {**before, "user_id": None}


@pytest.mark.parametrize("late", ["created", "paid", "refunded"])
async def test_the_last_thing_that_money_did_counts(database: Database, late: str) -> None:
    """An order of the evening before New Year that is paid, or refunded, after midnight is the new year's."""
    await add(
        database,
        orders,
        old_order(created_at=CUT if late == "created" else LAST, paid_at=CUT if late == "paid" else LAST),
    )
    if late == "refunded":
        refund = an_operation(kind="refund", purpose="organiser", state="done", due_at=None, updated_at=CUT)
        await add(database, operations, refund)
    await forget_old(database=database, now=NEW_YEAR + timedelta(days=364))
    assert (await only(database, orders)).user_id == "olanor"
    await forget_old(database=database, now=NEW_YEAR + timedelta(days=367))
    assert (await only(database, orders)).user_id is None


async def test_an_attempt_that_came_to_nothing_is_kept_as_long(database: Database) -> None:
    await add(database, orders, an_order(status="CANCEL", created_at=LAST))
    await forget_old(database=database, now=NEW_YEAR - SECOND)
    assert (await only(database, orders)).user_id == "olanor"
    await forget_old(database=database, now=NEW_YEAR)
    assert (await only(database, orders)).user_id is None


async def test_a_checkout_that_was_never_closed_is_not_forgotten(database: Database) -> None:
    await add(database, orders, an_order(created_at=LAST))
    await forget_old(database=database, now=NEW_YEAR)
    assert (await only(database, orders)).user_id == "olanor"


async def test_a_rule_that_fails_keeps_none_of_the_others(database: Database) -> None:
    await add(database, orders, old_order())
    slot = {"caller": "service:backend", "method": "POST", "path": "/v1/orders", "key": "k"}
    await add(database, idempotency_keys, {**slot, "fingerprint": b"f", "created_at": LAST})
    async with database.begin() as connection:
        await connection.execute(text("LOCK TABLE idempotency_keys IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            await forget_old(database=database, now=NEW_YEAR)
    assert (await only(database, orders)).user_id is None
    assert (await forget_old(database=database, now=NEW_YEAR))["idempotency_answers"] == 1


async def test_no_name_is_left_of_an_old_order_not_even_an_organisers(database: Database) -> None:
    await add(database, orders, old_order(), old_order(2, created_at=CUT))
    for n in (1, 2):
        said = {"actor": "member:kari", "reason": "Ola is ill", "amount_ore": 100}
        await add(
            database,
            operations,
            an_operation(
                operation_key=f"k{n}",
                order_id=order_id(n),
                actor="member:kari",
                reason="Ola is ill",
                updated_at=LAST,
            ),
        )
        await add(database, history, {"what": "refund_intended", "order_id": order_id(n), "evidence": said})
    await forget_old(database=database, now=NEW_YEAR)
    found = {row.operation_key: (row.actor, row.reason) for row in await all_of(database, operations)}
    assert found == {"k1": ("erased", None), "k2": ("member:kari", "Ola is ill")}
    said_of = {row.order_id: row.evidence for row in await all_of(database, history)}
    assert said_of[order_id(1)] == {"actor": "erased", "reason": "erased", "amount_ore": 100}
    assert said_of[order_id(2)] == {"actor": "member:kari", "reason": "Ola is ill", "amount_ore": 100}


async def test_what_somebody_else_holds_is_passed_by_until_the_next_time(database: Database) -> None:
    await add(database, orders, old_order(), old_order(2))
    async with database.begin() as connection:
        query = text("SELECT 1 FROM orders WHERE order_id = CAST(:id AS uuid) FOR UPDATE")
        await connection.execute(query, {"id": order_id(1)})
        assert (await forget_old(database=database, now=NEW_YEAR))["orders"] == 1
    assert (await forget_old(database=database, now=NEW_YEAR))["orders"] == 1


# -- registrations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_kept"), [(364, True), (365, False)])
async def test_a_seat_that_was_lost_without_any_attempt_to_pay_is_forgotten_after_a_year(
    database: Database, days: int, is_kept: bool
) -> None:
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    await add(database, registrations, over(at))
    await forget_old(database=database, now=at + timedelta(days=days))
    row = await only(database, registrations)
    assert (row.user_id, row.status) == ("olanor" if is_kept else None, "ended")


@pytest.mark.parametrize("status", ["ended", "paid"])
async def test_a_seat_that_was_paid_for_is_forgotten_with_its_last_order(
    database: Database, status: str
) -> None:
    times = {"created_at": LAST, "payment_expiredate": LAST}
    seat = over(LAST) if status == "ended" else a_registration(status=status, **times)
    await add(database, registrations, {**seat, **times})
    await add(
        database, orders, old_order(registration_id="77"), old_order(2, registration_id="77", paid_at=CUT)
    )
    forgotten = await forget_old(database=database, now=NEW_YEAR)
    assert (forgotten["orders"], forgotten["registrations"]) == (1, 0)
    forgotten = await forget_old(database=database, now=NEW_YEAR + timedelta(days=367))
    assert (forgotten["orders"], forgotten["registrations"]) == (1, 1)
    row = await only(database, registrations)
    assert (row.user_id, row.status) == (None, status)


async def test_a_seat_of_this_year_waits_for_its_clock_with_its_name(database: Database) -> None:
    await add(database, registrations, a_registration(due_at=NEW_YEAR, created_at=CUT))
    await forget_old(database=database, now=NEW_YEAR)
    assert (await only(database, registrations)).user_id == "olanor"


# -- cases --------------------------------------------------------------------------------------------------------


async def test_a_closed_case_goes_with_the_accounts_and_an_open_one_stays(database: Database) -> None:
    case = {"code": "paid_twice", "opened_at": LAST}
    await add(
        database,
        attention,
        {**case, "registration_id": "1", "closed_at": LAST},
        {**case, "registration_id": "2", "closed_at": CUT},
        {**case, "registration_id": "3"},
    )
    assert (await forget_old(database=database, now=NEW_YEAR - SECOND))["closed_cases"] == 0
    assert (await forget_old(database=database, now=NEW_YEAR))["closed_cases"] == 1
    assert sorted(row.registration_id for row in await all_of(database, attention)) == ["2", "3"]


# -- orders of the system before ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "now", "is_kept"),
    [
        ({"created_at": LAST, "updated_at": LAST}, NEW_YEAR - SECOND, True),
        ({"created_at": LAST, "updated_at": LAST}, NEW_YEAR, False),
        ({"created_at": LAST, "updated_at": CUT}, NEW_YEAR, True),
        ({"updated_at": LAST}, NEW_YEAR, False),
        # nobody tells when it was: its name goes by the day on which it came here, never at once
        ({"imported_at": CUT}, NEW_YEAR, True),
        ({"imported_at": LAST}, NEW_YEAR, False),
    ],
)
async def test_an_imported_name_is_kept_for_five_years(
    database: Database, dates: dict[str, datetime], now: datetime, is_kept: bool
) -> None:
    raw = {"user_id": "olanor", "status": "SALE"}
    values = {"order_id": order_id(1), "word": "SALE", "user_id": "olanor", "raw": raw, "imported_at": LAST}
    await add(database, imported_orders, {**values, **dates})
    forgotten = await forget_old(database=database, now=now)
    row = await only(database, imported_orders)
    assert (row.user_id, "user_id" in row.raw) == (("olanor", True) if is_kept else (None, False))
    assert (row.raw["status"], forgotten["imported_orders"]) == ("SALE", 0 if is_kept else 1)


async def test_an_imported_name_goes_with_the_order_that_it_has_become(database: Database) -> None:
    await add(database, orders, an_order(status="CANCEL", is_imported=True, created_at=CUT, user_id="olanor"))
    imported = {"order_id": order_id(1), "word": "SALE", "user_id": "olanor", "raw": {}, "created_at": LAST}
    await add(database, imported_orders, imported)
    assert (await forget_old(database=database, now=NEW_YEAR))["imported_orders"] == 0
    await forget_old(database=database, now=NEW_YEAR.replace(year=2032))
    assert (await only(database, imported_orders)).user_id is None


# -- notices ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "days", "is_kept"),
    [
        ("delivered", 29, True),
        ("delivered", 30, False),
        ("given_up", 29, True),
        ("given_up", 30, False),
        ("waiting", 400, True),
    ],
)
async def test_a_notice_is_kept_for_thirty_days_and_until_it_is_told(
    database: Database, state: str, days: int, is_kept: bool
) -> None:
    written = datetime(2026, 11, 1, 12, tzinfo=UTC)
    notice = {
        "notice_id": "msg_1",
        "lane": "77",
        "type": "order.paid",
        "status": "CAPTURE",
        "amount_ore": 7,
        "state": state,
        "created_at": written,
        "delivered_at": written if state == "delivered" else None,
    }
    await add(database, notices, notice)
    await forget_old(database=database, now=written + timedelta(days=days))
    assert len(await all_of(database, notices)) == is_kept


def test_the_log_says_how_much_of_each_was_forgotten() -> None:
    """A word like `name` in a key would have the log hide the number beside it."""
    counts = {rule.what: 7 for rule in RULES}
    assert redact(None, "info", {"event": "retention_ran", **counts}) == {"event": "retention_ran", **counts}


async def test_by_the_databases_clock_nothing_of_today_is_forgotten(database: Database) -> None:
    await add(database, registrations, a_registration())
    await add(database, orders, a_captured_order())
    await add(database, deliveries, a_delivery())
    assert await forget_old(database=database) == {rule.what: 0 for rule in RULES}
