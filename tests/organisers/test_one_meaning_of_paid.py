"""Paid means one thing: in Python, in SQL, and in everything that is told to anybody."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any, Final

from payments_service.domain.orders import OrderStatus
from payments_service.storage import views
from payments_service.storage.tables import orders
from payments_service.storage.views import Filter
from tests.organisers.office import EVENT, Office
from tests.storage.rows import PRICE, add, an_order, order_id

SOURCE: Final = Path(__file__).parents[2] / "src/payments_service"
SAID_IN: Final = {"domain/orders.py", "storage/tables/money.py"}
AMOUNTS: Final = (0, 1, PRICE - 1, PRICE)


def possible() -> list[dict[str, Any]]:
    """Every status with every amount at the edges that the table allows."""
    found: list[dict[str, Any]] = []
    for status, captured, refunded, held in product(OrderStatus, AMOUNTS, AMOUNTS, AMOUNTS):
        if refunded <= captured and captured + held <= PRICE:
            n = len(found) + 1
            amounts = {"captured_ore": captured, "refunded_ore": refunded, "held_ore": held}
            found.append(
                an_order(
                    n, status=str(status), registration_id=f"r{n}", authorized_ore=captured + held, **amounts
                )
            )
    return found


async def test_the_database_the_code_and_the_lists_agree_on_every_order_there_can_be(office: Office) -> None:
    rows = possible()
    await office.event()
    for row in rows:
        await office.seat(row["registration_id"], user_id=row["registration_id"])
    await add(office.database, orders, *rows)
    by_sql = {row["order_id"]: row["is_paid"] for row in await office.sql.fetch("SELECT * FROM orders")}
    by_sql = {str(key): value for key, value in by_sql.items()}
    async with office.database.autocommit() as connection:
        shown = await views.page_of_orders(connection, Filter(limit=len(rows) + 1))
    assert len(shown) == len(rows)
    assert {view.order.order_id: view.order.is_paid for view in shown} == by_sql
    assert {True, False} == set(by_sql.values())
    csv = (await office.backend.get(f"/v1/paid-events/{EVENT}/orders.csv")).text.splitlines()[1:]
    assert {line.split(";")[0]: line.split(";")[5] == "ja" for line in csv} == by_sql
    debts = (await office.get(f"/v1/paid-events/{EVENT}/summary"))["unpaid"]
    assert {debt["registration_id"] for debt in debts} == {
        row["registration_id"] for row in rows if not by_sql[row["order_id"]]
    }
    assert by_sql[order_id(1)] is False


def test_the_sentence_is_written_down_twice_and_nowhere_else() -> None:
    """Once in Python and once in SQL; whoever needs it elsewhere asks for `is_paid`."""
    sentence = re.compile(r"captured_ore\s*>\s*\S*refunded_ore|refunded_ore\s*<\s*\S*captured_ore")
    found = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if "simulator" not in path.parts and sentence.search(path.read_text(encoding="utf-8"))
    }
    assert found == SAID_IN
