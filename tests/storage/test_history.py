"""What happened stays written as it was written."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from payments_service.storage import history
from payments_service.storage.database import Database
from tests.storage.rows import order_id

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
async def lines(database: Database) -> Database:
    async with database.begin() as connection:
        await history.record(
            connection, "order_intended", order_id=order_id(1), registration_id="77", clock=AT
        )
        await history.record(connection, "decided", registration_id="77", rule="paid", nothing=None)
        await history.record(connection, "vipps_changed", order_id=order_id(1), captured_ore=100)
        await history.record(connection, "vipps_changed", order_id=order_id(2), registration_id="77")
        await history.record(connection, "decided", registration_id="78")
    return database


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history SET what = 'nothing'",
        "UPDATE history SET evidence = evidence",
        "DELETE FROM history",
        "DELETE FROM history WHERE history_id = 1",
        "TRUNCATE history",
        "TRUNCATE history CASCADE",
    ],
)
async def test_nothing_is_changed_or_taken_out_of_it(lines: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="only ever added to"):
        async with lines.begin() as connection:
            await connection.execute(text(statement))
    async with lines.autocommit() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM history"))).scalar_one() == 5


@pytest.mark.parametrize(
    "evidence",
    [
        """evidence || '{"reason": ""}'""",
        """evidence || '{"reason": null}'""",
        "evidence - 'reason'",
        """evidence || '{"actor": "erased", "reason": "another"}'""",
        """evidence || '{"actor": "erased", "amount_ore": 2}'""",
        """evidence || '{"by": "erased"}'""",
        """evidence || '{"reason": "erased", "more": 1}'""",
        "'{}'",
    ],
)
async def test_who_and_why_are_struck_out_to_one_word_and_nothing_else_is(
    lines: Database, evidence: str
) -> None:
    async with lines.begin() as connection:
        await history.record(connection, "refund_intended", actor="member:kari", reason="ill", amount_ore=1)
    statement = f"UPDATE history SET evidence = {evidence} WHERE what LIKE 'ref%'"  # noqa: S608
    with pytest.raises(DBAPIError, match="only ever added to"):
        async with lines.begin() as connection:
            await connection.execute(text(statement))


@pytest.mark.parametrize("column", ["what = 'x'", "at = now()", "order_id = NULL", "registration_id = '9'"])
async def test_not_along_with_another_column(lines: Database, column: str) -> None:
    async with lines.begin() as connection:
        await history.record(
            connection, "refund_intended", order_id=order_id(3), registration_id="1", reason="ill"
        )
    strike = """evidence = evidence || '{"reason": "erased"}'"""
    for more, is_refused in ((f", {column}", True), ("", False)):
        statement = text(f"UPDATE history SET {strike}{more} WHERE what = 'refund_intended'")  # noqa: S608
        if is_refused:
            with pytest.raises(DBAPIError, match="only ever added to"):
                async with lines.begin() as connection:
                    await connection.execute(statement)
        else:
            async with lines.begin() as connection:
                assert (await connection.execute(statement)).rowcount == 1


async def test_not_even_by_a_superuser_with_a_plain_connection(lines: Database, shared_url: str) -> None:
    connection = await asyncpg.connect(shared_url)
    assert await connection.fetchval("SELECT usesuper FROM pg_user WHERE usename = current_user")
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute("DELETE FROM history")
    await connection.close()


async def test_an_orders_history_has_its_own_lines_and_its_registrations_decisions(lines: Database) -> None:
    async with lines.autocommit() as connection:
        found = await history.of_order(connection, order_id(1), "77")
        alone = await history.of_order(connection, order_id(1), None)
    assert [line.what for line in found] == ["order_intended", "decided", "vipps_changed"]
    assert [line.what for line in alone] == ["order_intended", "vipps_changed"]
    assert found[0].at <= found[1].at <= found[2].at


async def test_evidence_is_kept_as_plain_values_without_what_is_not_known(lines: Database) -> None:
    async with lines.autocommit() as connection:
        intended, decided, changed = await history.of_order(connection, order_id(1), "77")
    assert intended.evidence == {"clock": "2026-11-23T12:00:00+00:00"}
    assert decided.evidence == {"rule": "paid"}
    assert changed.evidence == {"captured_ore": 100}
