"""What the figures count in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from payments_service.domain.decisions import Attention
from payments_service.storage import attention, registrations
from payments_service.storage.database import Database
from payments_service.storage.tables import registrations as table
from tests.storage.rows import a_registration, add


async def test_a_seat_held_in_vipps_silence_is_counted_until_it_is_not(database: Database) -> None:
    past = datetime.now(UTC) - timedelta(minutes=5)
    held = a_registration(status="held", held_since=past, payment_expiredate=past, due_at=past)
    await add(database, table, held)
    async with database.autocommit() as connection:
        assert await registrations.count_held(connection) == 1
        assert 300 <= await registrations.oldest_overdue_seconds(connection) < 330
        await registrations.update(
            connection, held["registration_id"], status="paid", held_since=None, due_at=None
        )
        assert await registrations.count_held(connection) == 0
        assert await registrations.oldest_overdue_seconds(connection) == 0


async def test_open_cases_are_counted_by_code_and_one_cause_is_one_case(database: Database) -> None:
    async with database.autocommit() as connection:
        assert await attention.count_open(connection) == {}
        assert await attention.open_case(connection, Attention.RELEASE_REFUSED, registration_id="77")
        assert not await attention.open_case(connection, Attention.RELEASE_REFUSED, registration_id="77")
        assert await attention.open_case(connection, Attention.RELEASE_REFUSED, registration_id="78")
        assert await attention.count_open(connection) == {"release_refused": 2}
        await attention.close_cases(connection, Attention.RELEASE_REFUSED, registration_id="77")
        assert await attention.count_open(connection) == {"release_refused": 1}
