"""What must never be false is refused by the database itself, whatever the code above it does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError, IntegrityError

from payments_service.storage.database import Database
from payments_service.storage.tables import (
    attention,
    deliveries,
    operations,
    orders,
    paid_events,
    registrations,
)
from tests.storage.rows import (
    AGO,
    NOW,
    ORDINARY,
    PRICE,
    a_captured_order,
    a_registration,
    add,
    all_of,
    an_order,
    order_id,
)

REFUSED: list[tuple[Table, str, dict[str, Any]]] = [
    (paid_events, "price", {"price_ore": 99}),
    (paid_events, "price", {"price_ore": 1_000_000}),
    (paid_events, "price", {"price_ore": -100}),
    (paid_events, "paytime", {"paytime_seconds": 0}),
    (paid_events, "paytime", {"paytime_seconds": 86_400}),
    (paid_events, "title", {"title": "x" * 201}),
    (registrations, "status", {"status": "perhaps"}),
    (registrations, "over", {"status": "ended"}),
    (registrations, "over", {"over_at": NOW}),
    (registrations, "held", {"status": "held"}),
    (registrations, "held", {"held_since": NOW}),
    (registrations, "released", {"status": "expired", "over_at": NOW}),
    (registrations, "released_by", {"released_by": "chance"}),
    (registrations, "payment_expiredate", {"payment_expiredate": None}),
    (orders, "status", {"status": "PAID"}),
    (orders, "status_reason", {"status_reason": "because"}),
    (orders, "vipps_api", {"vipps_api": "checkout"}),
    (orders, "amount", {"amount_ore": 0}),
    (orders, "amount", {"amount_ore": 1_000_000}),
    (orders, "amounts", {"captured_ore": -1}),
    (orders, "amounts", {"held_ore": -1}),
    (orders, "amounts", {"refunded_ore": -1}),
    (orders, "amounts", {"authorized_ore": PRICE, "captured_ore": 100, "refunded_ore": 101}),
    (orders, "amounts", {"authorized_ore": PRICE + 1}),
    (orders, "amounts", {"authorized_ore": 100, "captured_ore": 101}),
    (orders, "amounts", {"authorized_ore": PRICE, "captured_ore": PRICE, "held_ore": 1}),
    (orders, "started", {"started_at": NOW}),
    (orders, "started", {"checkout_ends_at": NOW}),
    (orders, "pays_seat", {"pays_seat": True}),
    (orders, "returning", {"pays_seat": True, "is_returning": True, "paid_at": NOW}),
    (orders, "payment_link", {"status": "CANCEL", "payment_link": "https://pay.test/"}),
    (operations, "kind", {"kind": "void"}),
    (operations, "state", {"state": "lost", "due_at": None}),
    (operations, "amount", {"amount_ore": 0}),
    (operations, "amount", {"amount_ore": -1}),
    (operations, "key", {"operation_key": "k" * 41}),
    (operations, "pending", {"due_at": None}),
    (operations, "pending", {"state": "done"}),
    (operations, "order_id", {"order_id": order_id(2)}),
    (deliveries, "channel", {"channel": "post"}),
]


@pytest.fixture
async def filled(database: Database) -> Database:
    """One ordinary row in every table, which shows that an ordinary row is not refused."""
    for table, row in ORDINARY.items():
        await add(database, table, row)
    return database


async def test_no_row_breaks_its_tables_rules(database: Database) -> None:
    """All of them in one database: each is refused, by the constraint that is named."""
    await add(database, orders, an_order())  # for the operations to refer to
    wrong = []
    for table, rule, columns in REFUSED:
        row = {**ORDINARY[table], **columns}
        if table is orders:
            row["order_id"] = order_id(9)
            row["registration_id"] = "78"
        try:
            await add(database, table, row)
        except IntegrityError as error:
            if rule not in (_constraint(error) or _column(error)):
                wrong.append((table.name, columns, _constraint(error)))
        else:
            wrong.append((table.name, columns, "taken"))
    assert wrong == []


def _constraint(error: DBAPIError) -> str:
    return getattr(getattr(error.orig, "__cause__", None), "constraint_name", None) or ""


def _column(error: DBAPIError) -> str:
    return getattr(getattr(error.orig, "__cause__", None), "column_name", None) or ""


@pytest.mark.parametrize(
    ("table", "row", "index"),
    [
        (registrations, a_registration(registration_id="78"), "uq_registrations_current"),
        (registrations, a_registration(), "pk_registrations"),
        (orders, an_order(2), "uq_orders_open"),
        (orders, an_order(1, registration_id="78"), "pk_orders"),
        (deliveries, ORDINARY[deliveries], "uq_deliveries_fingerprint"),
        (operations, ORDINARY[operations], "pk_operations"),
    ],
    ids=["a seat", "a registration", "an open order", "an order", "a delivery", "an operation"],
)
async def test_there_is_never_a_second(
    filled: Database, table: Table, row: dict[str, Any], index: str
) -> None:
    with pytest.raises(IntegrityError) as refused:
        await add(filled, table, row)
    assert _constraint(refused.value) == index


async def test_one_order_pays_a_seat(filled: Database) -> None:
    await add(filled, orders, a_captured_order(2, pays_seat=True), a_captured_order(3))
    with pytest.raises(IntegrityError) as refused:
        await add(filled, orders, a_captured_order(4, pays_seat=True))
    assert _constraint(refused.value) == "uq_orders_pays_seat"


async def test_what_is_over_stands_in_nobodys_way(filled: Database) -> None:
    over = {"status": "ended", "over_at": AGO}
    for n in range(3):
        await add(filled, registrations, a_registration(registration_id=f"old-{n}", **over))
        await add(filled, orders, an_order(10 + n, status="CANCEL"))
    assert len(await all_of(filled, registrations)) == len(await all_of(filled, orders)) == 4


@pytest.mark.parametrize("same", ["code", "with an order"])
async def test_one_case_is_open_for_a_cause(filled: Database, same: str) -> None:
    case = {"code": "paid_twice", "registration_id": "77"}
    case |= {"order_id": order_id(1)} if same == "with an order" else {}
    await add(filled, attention, case, {**case, "closed_at": NOW}, {**case, "registration_id": "78"})
    with pytest.raises(IntegrityError) as refused:
        await add(filled, attention, case)
    assert _constraint(refused.value) == "uq_attention_open"
