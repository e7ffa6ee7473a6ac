"""Everything kept about a member is shown to them, and nothing of it names them any more once they are erased.

A marked word lies in every column that can hold text, of every table there is: what a new column holds, and what
becomes of it, has to be decided here.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from payments_service.storage import personal
from payments_service.storage.database import Database
from payments_service.storage.tables import (
    attention,
    deliveries,
    history,
    idempotency_keys,
    imported_orders,
    metadata,
    notices,
    operations,
    orders,
    paid_events,
    registrations,
    removals,
)
from tests.storage.rows import (
    ORDINARY,
    a_captured_order,
    a_registration,
    add,
    all_of,
    an_operation,
    an_order,
    order_id,
)

MEMBER, OTHER = "canary-member", "somebody-else"
#: Tables that hold nothing of any member's.
NOBODYS = {paid_events, removals}
ROWS: dict[Table, dict[str, Any]] = {
    registrations: a_registration(status="ended", over_at=ORDINARY[registrations]["payment_expiredate"]),
    orders: an_order(status="CANCEL"),
    operations: an_operation(state="refused", due_at=None, actor=f"member:{MEMBER}"),
    history: {"order_id": order_id(1)},
    deliveries: {"order_id": order_id(1), "channel": "webhooks"},
    attention: {"code": "paid_without_seat", "order_id": order_id(1)},
    imported_orders: {
        "order_id": order_id(1),
        "word": "canary word",
        "status": "SALE",
        "raw": {"user_id": MEMBER, "payment_link": f"canary of {MEMBER}", "status": "SALE"},
    },
    notices: {
        "type": "order.paid",
        "state": "delivered",
        "delivered_at": ORDINARY[registrations]["payment_expiredate"],
        "order_id": order_id(1),
        "amount_ore": 7,
    },
    idempotency_keys: {"caller": f"member:{MEMBER}", "status": 200},
}
GIVEN: dict[str, Any] = {
    "user_id": MEMBER,
    "registration_id": "canary-registration",
    "event_id": "canary-event",
}
#: Columns that can hold only what their constraint lists, or nothing at all in an order that is over.
CLOSED = {
    "registrations.status",
    "registrations.released_by",
    "orders.vipps_api",
    "orders.status",
    "orders.status_reason",
    "orders.payment_link",
    "orders.start_request",
    "operations.kind",
    "operations.purpose",
    "operations.state",
    "deliveries.channel",
    "attention.code",
    "imported_orders.status",
    "imported_orders.answer",
    "imported_orders.vipps_said",
    "notices.type",
    "notices.state",
}
#: What stays when a member has gone: ids that lead to nobody here, and words of ours that never hold anything else.
STAYS = {
    "registrations.registration_id": "the event backend's",
    "registrations.event_id": "an event",
    "orders.registration_id": "the event backend's",
    "orders.event_id": "an event",
    "orders.read_sha256": "a hash",
    "operations.operation_key": "an order's id and a number",
    "operations.last_answer": "a word or a code",
    "history.registration_id": "the event backend's",
    "history.what": "a word",
    "deliveries.fingerprint": "a hash",
    "attention.event_id": "an event",
    "attention.registration_id": "the event backend's",
    "imported_orders.word": "a word of the system before",
    "imported_orders.event_id": "an event",
    "notices.notice_id": "ours",
    "notices.lane": "a registration or an order",
    "notices.event_id": "an event",
    "notices.registration_id": "the event backend's",
    "notices.status": "a word",
    "notices.last_answer": "a word or a code",
}


def holds_text(column: Column[Any]) -> bool:
    return isinstance(column.type, Text | JSONB | LargeBinary)


def marked(table: Table) -> dict[str, Any]:
    """A row of the member's with a word of its own in every column that can hold one."""
    row = dict(ROWS[table])
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if not holds_text(column) or name in CLOSED or str(row.get(column.name)).endswith(MEMBER):
            continue
        if column.name in GIVEN:
            row[column.name] = GIVEN[column.name]
        elif column.name not in row or column.name in ("reason", "operation_key"):
            row[column.name] = word_for(table, column)
    return row


def word_for(table: Table, column: Column[Any]) -> Any:
    word = f"canary {table.name}.{column.name}"
    if table is history and column.name == "evidence":
        return {"actor": f"member:{MEMBER}", "reason": f"canary of {MEMBER}", "amount_ore": 7}
    if isinstance(column.type, JSONB):
        return {"word": word}
    return word.encode() if isinstance(column.type, LargeBinary) else word


@pytest.fixture
async def filled(database: Database) -> Database:
    for table in ROWS:
        await add(database, table, marked(table))
    return database


async def dumped(database: Database) -> dict[str, str]:
    """Every column of every table as text."""
    found: dict[str, str] = {}
    for table in metadata.sorted_tables:
        for row in await all_of(database, table):
            for column in table.columns:
                value = row._mapping[column]
                plain = value.decode() if isinstance(value, bytes) else str(value)
                name = f"{table.name}.{column.name}"
                found[name] = found.get(name, "") + plain + "\n"
    return found


async def erase(database: Database, user_id: str = MEMBER) -> None:
    async with database.begin() as connection:
        await personal.forget(connection, await personal.traces_of(connection, user_id, lock=True))


def test_every_table_has_an_entry_or_is_nobodys() -> None:
    assert {kept.table for kept in personal.KEPT} | NOBODYS == set(metadata.sorted_tables)
    assert set(ROWS) == {kept.table for kept in personal.KEPT}
    assert len({kept.name for kept in personal.KEPT}) == len(personal.KEPT)


def test_nothing_that_names_a_member_is_nobodys() -> None:
    for table in NOBODYS:
        assert {"user_id", "actor", "caller"}.isdisjoint(table.columns.keys())


async def test_the_words_lie_in_every_column_that_can_hold_one(filled: Database) -> None:
    found = await dumped(filled)
    for table in ROWS:
        for column in filter(holds_text, table.columns):
            name = f"{table.name}.{column.name}"
            assert name in CLOSED or "canary" in found[name] or column.name == "order_id", name


async def test_the_export_has_them_all(filled: Database) -> None:
    async with filled.begin() as connection:
        found = await personal.everything_of(connection, MEMBER)
    assert set(found) == {kept.name for kept in personal.KEPT}
    for kept in personal.KEPT:
        (row,) = found[kept.name]
        for name, value in marked(kept.table).items():
            assert row[name] == value, f"{kept.name}.{name}"
        assert set(row) == set(kept.table.columns.keys())


async def test_after_the_erasure_no_column_has_one_that_need_not(filled: Database) -> None:
    before = await dumped(filled)
    await erase(filled)
    after = await dumped(filled)
    assert {name for name, value in after.items() if MEMBER in value} == set()
    assert {name for name, value in after.items() if "canary" in value} == set(STAYS)
    for name in STAYS:
        assert after[name] == before[name]
    async with filled.begin() as connection:
        assert await personal.everything_of(connection, MEMBER) == {}


async def test_what_was_paid_stays_to_the_last_ore(database: Database) -> None:
    await add(database, registrations, a_registration(user_id=MEMBER, status="paid"))
    await add(database, orders, a_captured_order(user_id=MEMBER, pays_seat=True))
    (before,) = await all_of(database, orders)
    await erase(database)
    (after,) = await all_of(database, orders)
    assert dict(after._mapping) == {**before._mapping, "user_id": None}
    assert (await all_of(database, registrations))[0].status == "paid"


async def test_nobody_elses_rows_are_touched(filled: Database) -> None:
    await add(filled, registrations, a_registration(registration_id="78", user_id=OTHER))
    await add(filled, orders, a_captured_order(2, registration_id="78", user_id=OTHER))
    await add(filled, operations, _theirs("service:backend"))
    await add(filled, history, {"what": "x", "order_id": order_id(2), "evidence": _said("service:backend")})
    await add(filled, deliveries, {**ORDINARY[deliveries], "order_id": order_id(2)})
    await add(filled, idempotency_keys, _answer("member:canary-member-2", b'{"user_id":"canary-member-2"}'))
    before = await _of_others(filled)
    await erase(filled)
    assert await _of_others(filled) == before


async def test_an_organiser_who_goes_is_struck_out_of_others_orders(database: Database) -> None:
    """Who asked for a refund is the organiser's name; why is about the payer, who is still here."""
    await add(database, orders, a_captured_order(2, registration_id="78", user_id=OTHER))
    await add(database, operations, _theirs(f"member:{MEMBER}"))
    line = {"what": "refund_intended", "order_id": order_id(2), "evidence": _said(f"member:{MEMBER}")}
    by = {
        "what": "deadline_moved",
        "registration_id": "78",
        "evidence": {"by": f"member:{MEMBER}", "reason": "ill"},
    }
    await add(database, history, line, by)
    async with database.begin() as connection:
        assert set(await personal.everything_of(connection, MEMBER)) == {"operations", "history"}
    await erase(database)
    (operation,) = await all_of(database, operations)
    assert (operation.actor, operation.client_key, operation.reason) == ("erased", None, "ill")
    assert await _lines(database) == [_said("erased"), {"by": "erased", "reason": "ill"}]
    # and why goes, too, when the payer does
    await erase(database, OTHER)
    (operation,) = await all_of(database, operations)
    assert operation.reason is None
    assert (await _lines(database))[0] == {**_said("erased"), "reason": "erased"}


async def test_what_the_service_did_by_itself_keeps_its_reason(database: Database) -> None:
    await add(database, orders, a_captured_order(user_id=MEMBER))
    reasons = {"actor": "service", "reason": "late"}
    await add(database, history, {"what": "refund_intended", "order_id": order_id(1), "evidence": reasons})
    await add(database, operations, an_operation(reason="late"))
    await erase(database)
    assert (await all_of(database, history))[0].evidence == reasons
    assert (await all_of(database, operations))[0].reason == "late"


async def test_answers_that_others_got_about_the_member_go(database: Database) -> None:
    about = [b'{"user_id":"canary-member","status":"paid"}', b'{"items":[{"user_id":"canary-member"}]}']
    others = [b'{"user_id":"canary"}', b'{"user_id":"a-canary-member"}', b"{}"]
    for number, body in enumerate([*about, *others]):
        await add(database, idempotency_keys, _answer("service:backend", body, key=str(number)))
    await erase(database)
    assert [bytes(row.body) for row in await all_of(database, idempotency_keys)] == others


async def test_no_id_matches_as_a_pattern_or_as_a_part(database: Database) -> None:
    for number, user_id in enumerate(["a.b", "a_b", "axb", "a.b.c"], start=1):
        await add(database, orders, a_captured_order(number, registration_id=str(number), user_id=user_id))
    await erase(database, "a.b")
    assert {row.user_id for row in await all_of(database, orders)} == {None, "a_b", "axb", "a.b.c"}


async def _lines(database: Database) -> list[dict[str, Any]]:
    rows = sorted(await all_of(database, history), key=lambda row: row.history_id)
    return [row.evidence for row in rows]


def _theirs(actor: str) -> dict[str, Any]:
    return an_operation(
        operation_key="theirs", order_id=order_id(2), actor=actor, client_key="k", reason="ill"
    )


def _said(actor: str) -> dict[str, str]:
    return {"actor": actor, "reason": "ill", "purpose": "organiser"}


def _answer(caller: str, body: bytes, *, key: str = "k") -> dict[str, Any]:
    return {
        "caller": caller,
        "method": "POST",
        "path": "/v1/orders",
        "key": key,
        "fingerprint": b"f",
        "status": 201,
        "headers": {},
        "body": body,
    }


async def _of_others(database: Database) -> list[Any]:
    async with database.begin() as connection:
        theirs = await personal.everything_of(connection, OTHER)
        theirs |= {"caller": (await personal.everything_of(connection, "canary-member-2"))["answers"]}
        theirs |= {"text": [(await connection.execute(text("SELECT count(*) FROM history"))).scalar_one()]}
    return [theirs]
