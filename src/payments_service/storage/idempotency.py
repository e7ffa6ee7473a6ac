"""Answers that were given to requests with an `Idempotency-Key`, so that a repeat gets the same one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.storage.tables import idempotency_keys

KEPT_FOR: Final = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Slot:
    """What identifies a request: a key counts per caller, method and path.

    `key` is a hash of what the caller sent, which may say anything.
    """

    caller: str
    method: str
    path: str
    key: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The request is the caller's to carry out now, until its lease ends."""

    fence: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The same request was answered already."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Running:
    """The same request is being carried out at this moment."""


@dataclass(frozen=True, slots=True)
class Reused:
    """The key belongs to a request that said something else."""


async def take(
    connection: AsyncConnection, slot: Slot, *, fingerprint: bytes, lease: timedelta
) -> Taken | Kept | Running | Reused:
    """Take a key for one request, or say why not. What died half-way may be taken again when its lease has ended."""
    t, now = idempotency_keys.c, func.clock_timestamp()
    fresh = insert(idempotency_keys).values(
        caller=slot.caller,
        method=slot.method,
        path=slot.path,
        key=slot.key,
        fingerprint=fingerprint,
        lease_until=now + lease,
    )
    is_dead = and_(
        t.status.is_(None), t.fingerprint == fingerprint, or_(t.lease_until.is_(None), t.lease_until < now)
    )
    statement = fresh.on_conflict_do_update(
        constraint=idempotency_keys.primary_key,
        set_={
            "fingerprint": fingerprint,
            "lease_until": now + lease,
            "fence": t.fence + 1,
            "status": None,
            "headers": None,
            "body": None,
            "created_at": now,
        },
        where=or_(is_dead, t.created_at < now - KEPT_FOR),
    ).returning(t.fence)
    taken = (await connection.execute(statement)).one_or_none()
    if taken is not None:
        return Taken(taken.fence)
    row = (await connection.execute(select(idempotency_keys).where(_is(slot)))).one_or_none()
    if row is None:
        return Running()  # swept at this very moment: the caller tries again
    if row.fingerprint != fingerprint:
        return Reused()
    if row.status is None:
        return Running()
    return Kept(row.status, row.headers, row.body)


async def keep(
    connection: AsyncConnection,
    slot: Slot,
    taken: Taken,
    *,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
) -> None:
    """Keep the answer for whoever repeats the request."""
    await connection.execute(
        idempotency_keys.update()
        .where(_is(slot), idempotency_keys.c.fence == taken.fence)
        .values(status=status, headers=dict(headers), body=body, lease_until=None)
    )


async def let_go(connection: AsyncConnection, slot: Slot, taken: Taken) -> None:
    """Nothing worth keeping came of it: a repeat goes on with the same operation at once."""
    await connection.execute(
        idempotency_keys.update()
        .where(_is(slot), idempotency_keys.c.fence == taken.fence)
        .values(lease_until=None)
    )


async def sweep(connection: AsyncConnection, *, now: datetime | None = None) -> int:
    """Delete what has been kept long enough; returns how many."""
    oldest = func.clock_timestamp() - KEPT_FOR if now is None else now - KEPT_FOR
    done = await connection.execute(idempotency_keys.delete().where(idempotency_keys.c.created_at < oldest))
    return done.rowcount


def _is(slot: Slot) -> ColumnElement[bool]:
    t = idempotency_keys.c
    return and_(t.caller == slot.caller, t.method == slot.method, t.path == slot.path, t.key == slot.key)
