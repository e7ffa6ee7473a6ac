"""Which registrations were given more time under one key: the line that says so is the one in their history.

The line is written in the transaction that moves the deadline, so neither is ever there without the other.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.registrations import OWING, Registration
from payments_service.storage.idempotency import KEPT_FOR
from payments_service.storage.registrations import registration_of
from payments_service.storage.tables import history, registrations


async def owing_ids(connection: AsyncConnection, event_id: str) -> list[str]:
    """Return the ids of an event's registrations that still owe, the earliest deadline first."""
    t = registrations.c
    query = (
        select(t.registration_id)
        .where(t.event_id == event_id, t.status.in_([str(status) for status in OWING]))
        .order_by(t.payment_expiredate, t.registration_id)
    )
    return list((await connection.execute(query)).scalars())


async def given_ids(connection: AsyncConnection, event_id: str, key: str) -> set[str]:
    """Return the ids of an event's registrations that were given time under a key."""
    query = (
        select(registrations.c.registration_id)
        .join(history, history.c.registration_id == registrations.c.registration_id)
        .where(registrations.c.event_id == event_id, _is_given(key))
    )
    return set((await connection.execute(query)).scalars())


async def is_given(connection: AsyncConnection, registration_id: str, key: str) -> bool:
    """Tell whether a registration was given time under a key. The caller has locked it."""
    query = select(
        select(history.c.history_id)
        .where(history.c.registration_id == registration_id, _is_given(key))
        .exists()
    )
    return bool((await connection.execute(query)).scalar_one())


async def read(connection: AsyncConnection, registration_ids: Collection[str]) -> list[Registration]:
    """Return registrations as they are now, the earliest deadline first."""
    t = registrations.c
    query = (
        select(registrations)
        .where(t.registration_id == func.any(list(registration_ids)))
        .order_by(t.payment_expiredate, t.registration_id)
    )
    return [registration_of(row) for row in await connection.execute(query)]


def _is_given(key: str) -> ColumnElement[bool]:
    """A key is forgotten when its answer is; after that it names another grant."""
    t = history.c
    return and_(
        t.what == "deadline_moved",
        t.evidence["key"].astext == key,
        t.at > func.clock_timestamp() - KEPT_FOR,
    )
