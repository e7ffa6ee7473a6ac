"""Registrations in the database. The row lock on a registration is the one lock of a decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.registrations import OVER, OWING, Registration, RegistrationStatus
from payments_service.storage.claims import Claim, finished
from payments_service.storage.tables import registrations

_IS_CURRENT = registrations.c.status.not_in([str(status) for status in OVER])


async def find(connection: AsyncConnection, registration_id: str) -> Registration | None:
    """Return a registration without locking it: for showing, never for deciding."""
    query = select(registrations).where(registrations.c.registration_id == registration_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else registration_of(row)


async def lock(
    connection: AsyncConnection, registration_id: str
) -> tuple[Registration, datetime, int] | None:
    """Lock a registration; return it, the database's clock after the lock was had, and its fence."""
    query = select(registrations).where(registrations.c.registration_id == registration_id).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    now = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
    return registration_of(row), now, row.fence


async def find_current(
    connection: AsyncConnection, event_id: str, user_id: str, *, lock: bool = False
) -> Registration | None:
    """Return the registration that a member has at an event now."""
    query = select(registrations).where(
        registrations.c.event_id == event_id, registrations.c.user_id == user_id, _IS_CURRENT
    )
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else registration_of(row)


async def ended_ids_of(connection: AsyncConnection, event_id: str, user_id: str) -> list[str]:
    """Return the ids of a member's registrations at an event that are over, newest first."""
    query = (
        select(registrations.c.registration_id)
        .where(registrations.c.event_id == event_id, registrations.c.user_id == user_id, ~_IS_CURRENT)
        .order_by(registrations.c.over_at.desc())
    )
    return list((await connection.execute(query)).scalars())


async def current_ids_of_event(connection: AsyncConnection, event_id: str) -> list[str]:
    """Return the ids of an event's current registrations, in a fixed order so that locking them cannot deadlock."""
    query = (
        select(registrations.c.registration_id)
        .where(registrations.c.event_id == event_id, _IS_CURRENT)
        .order_by(registrations.c.registration_id)
    )
    return list((await connection.execute(query)).scalars())


async def insert(connection: AsyncConnection, registration: Registration) -> None:
    """Add a registration; its first check is due at its deadline."""
    await connection.execute(
        registrations.insert().values(
            registration_id=registration.registration_id,
            event_id=registration.event_id,
            user_id=registration.user_id,
            status=str(registration.status),
            payment_expiredate=registration.payment_expiredate,
            from_waiting_list=registration.from_waiting_list,
            announced_at=registration.announced_at,
            backend_expiredate=registration.backend_expiredate,
            created_at=registration.created_at,
            due_at=registration.payment_expiredate,
        )
    )


async def update(connection: AsyncConnection, registration_id: str, **values: Any) -> None:
    """Write columns of a registration that the caller has locked."""
    await connection.execute(
        registrations.update()
        .where(registrations.c.registration_id == registration_id)
        .values(updated_at=func.clock_timestamp(), **values)
    )


async def reschedule(
    connection: AsyncConnection,
    registration_id: str,
    *,
    due_at: datetime | None,
    claim: Claim | None = None,
    attempts: int | None = None,
) -> bool:
    """Set when to look at a registration next and let its lease go. False: somebody else has claimed it since."""
    values: dict[str, Any] = {"due_at": due_at, "lease_until": None}
    if attempts is not None:
        values["attempts"] = attempts
    done = await connection.execute(
        registrations.update()
        .where(registrations.c.registration_id == registration_id, finished(claim, registrations))
        .values(**values)
    )
    return done.rowcount == 1


async def let_go(connection: AsyncConnection, claim: Claim) -> None:
    """Let a claim go, due again whenever the row says."""
    await connection.execute(
        registrations.update()
        .where(registrations.c.registration_id == claim.key, finished(claim, registrations))
        .values(lease_until=None)
    )


async def attempts_of(connection: AsyncConnection, registration_id: str) -> int:
    """Return how often the release of a registration was tried in vain."""
    query = select(registrations.c.attempts).where(registrations.c.registration_id == registration_id)
    return int((await connection.execute(query)).scalar_one())


async def count_held(connection: AsyncConnection) -> int:
    """Count the seats that are kept only because Vipps does not answer."""
    query = (
        select(func.count())
        .select_from(registrations)
        .where(registrations.c.status == "held", registrations.c.due_at.is_not(None))
    )
    return int((await connection.execute(query)).scalar_one())


async def oldest_overdue_seconds(connection: AsyncConnection) -> float:
    """Return for how long the oldest due registration has waited to be decided, in seconds; 0 when none does."""
    waiting = registrations.c.status.in_([str(status) for status in OWING])
    query = select(
        func.coalesce(
            func.extract("epoch", func.clock_timestamp() - func.min(registrations.c.payment_expiredate)), 0
        )
    ).where(
        waiting,
        registrations.c.due_at.is_not(None),
        registrations.c.payment_expiredate < func.clock_timestamp(),
    )
    return float((await connection.execute(query)).scalar_one())


def registration_of(row: Row[Any]) -> Registration:
    return Registration(
        registration_id=row.registration_id,
        event_id=row.event_id,
        user_id=row.user_id,
        status=RegistrationStatus(row.status),
        payment_expiredate=row.payment_expiredate,
        from_waiting_list=row.from_waiting_list,
        created_at=row.created_at,
        announced_at=row.announced_at,
        backend_expiredate=row.backend_expiredate,
        sealed_at=row.sealed_at,
        held_since=row.held_since,
        shadow_decided_at=row.shadow_decided_at,
        release_sent_at=row.release_sent_at,
        over_at=row.over_at,
        released_by=row.released_by,
    )
