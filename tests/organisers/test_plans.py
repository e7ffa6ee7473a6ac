"""No list reads a table from end to end: each statement that the routes send finds its rows by an index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from tests.organisers.office import EVENT, Office

MANY = 12_000
FILL = f"""
    INSERT INTO paid_events (event_id, price_ore, paytime_seconds, created_at)
    SELECT 'e' || n, 25000, 3600, now() - n * interval '1 hour' FROM generate_series(1, 3000) AS n;
    INSERT INTO registrations (registration_id, event_id, user_id, status, payment_expiredate, created_at, over_at)
    SELECT 'r' || n, 'e' || n % 100, 'u' || n % 3001, CASE WHEN n % 500 = 0 THEN 'exempt' ELSE 'ended' END,
           now(), now() - n * interval '1 minute', CASE WHEN n % 500 = 0 THEN NULL ELSE now() END
    FROM generate_series(1, {MANY}) AS n;
    INSERT INTO orders (order_id, registration_id, event_id, user_id, vipps_api, amount_ore, status, created_at)
    SELECT gen_random_uuid(), 'r' || n, 'e' || n % 100, 'u' || n % 3000, 'ecom', 25000,
           CASE WHEN n % 500 = 0 THEN 'VOID' ELSE 'CANCEL' END, now() - n * interval '1 minute'
    FROM generate_series(1, {MANY}) AS n;
    INSERT INTO attention (code, event_id, registration_id, opened_at, closed_at)
    SELECT 'paid_twice', 'e' || n % 100, 'r' || n, now() - n * interval '1 minute',
           CASE WHEN n % 100 = 0 THEN NULL ELSE now() END
    FROM generate_series(1, {MANY}) AS n;
    INSERT INTO history (registration_id, what, evidence)
    SELECT 'r' || n, 'deadline_moved', '{{}}' FROM generate_series(1, {MANY}) AS n;
    INSERT INTO imported_orders (order_id, word, event_id, user_id, raw)
    SELECT gen_random_uuid(), 'SALE', 'e' || n % 100, 'u' || n % 3000, '{{}}' FROM generate_series(1, {MANY}) AS n;
    ANALYZE;
"""  # noqa: S608  # our own numbers
LISTS = [
    "/v1/orders",
    "/v1/orders?event_id=e7",
    "/v1/orders?user_id=u7",
    "/v1/orders?status=VOID",
    "/v1/orders?status=REFUND",
    "/v1/orders?search=u77",
    "/v1/orders?search=nobody",
    "/v1/orders?search=00000000-0000",
    "/v1/orders?event_id=e7&status=VOID&search=u7",
    "/v1/registrations",
    "/v1/registrations?event_id=e7",
    "/v1/registrations?user_id=u7",
    "/v1/registrations?status=exempt",
    "/v1/registrations?status=held",
    "/v1/attention",
    "/v1/attention?event_id=e7",
    "/v1/paid-events",
    "/v1/paid-events/e7/orders",
    "/v1/paid-events/e7/orders?user_id=u7",
    "/v1/paid-events/e7/orders?status=VOID",
    "/v1/paid-events/e7/orders?search=u7",
    "/v1/paid-events/e7/orders.csv",
    "/v1/paid-events/e7/summary",
]


@pytest.fixture
async def many(office: Office) -> Office:
    await office.sql.execute(FILL)
    await office.event()
    return office


@contextmanager
def overheard(office: Office) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that the service sends to the database, with its parameters."""
    said: list[tuple[str, Any]] = []

    def listen(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        said.append((statement, parameters))

    engine = office.database.engine.sync_engine
    sqlalchemy_event.listen(engine, "before_cursor_execute", listen)
    yield said
    sqlalchemy_event.remove(engine, "before_cursor_execute", listen)


async def read_from_end_to_end(office: Office, statement: str, parameters: Any) -> list[str]:
    """Return the tables that a statement's plan reads whole, but for those only joined to what is found."""
    async with office.database.autocommit() as connection:
        found = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        plan = found.scalar_one()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    waiting, whole = [plan[0]["Plan"]], []
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        table = node.get("Relation Name")
        if node["Node Type"] == "Seq Scan" and f"FROM {table}" in statement:
            whole.append(table)
    return whole


async def test_every_list_finds_its_rows_by_an_index(many: Office) -> None:
    """The second page as well, which is where a walk through a long list spends its time."""
    wrong = []
    for path in LISTS:
        with overheard(many) as said:
            answer = await many.backend.get(path)
            assert answer.status_code == 200, answer.text
            is_list = answer.headers["content-type"] == "application/json" and "next_cursor" in answer.text
            if is_list and (cursor := answer.json()["next_cursor"]):
                again = await many.backend.get(path, params={**answer.request.url.params, "cursor": cursor})
                assert again.status_code == 200, again.text
        assert said
        for statement, parameters in said:
            if whole := await read_from_end_to_end(many, statement, parameters):
                wrong.append((path, whole, statement))
    assert wrong == []


async def test_an_extension_looks_at_its_event_only(many: Office) -> None:
    await many.seat("owes")
    with overheard(many) as said:
        answer = await many.backend.post(
            f"/v1/paid-events/{EVENT}/extension",
            json={"minutes": 60, "reason": "because"},
            headers={"Idempotency-Key": "one"},
        )
    assert answer.json()["extended"] == 1, answer.text
    for statement, parameters in said:
        if statement.startswith("SELECT") and "idempotency_keys" not in statement:
            assert await read_from_end_to_end(many, statement, parameters) == [], statement
