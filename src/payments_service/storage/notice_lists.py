"""What is shown and counted of notices: a page of them, and the figures."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.notices import Notice, NoticeState
from payments_service.storage.notices import notice_of
from payments_service.storage.tables import notices
from payments_service.storage.views import Position


@dataclass(frozen=True, slots=True)
class NoticeFilter:
    """Which notices a list is to show; `after` is the last one of the page before."""

    state: NoticeState | None = None
    event_id: str | None = None
    registration_id: str | None = None
    after: Position | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many notices wait, for how long the oldest has, and how many were given up."""

    count: int
    oldest_seconds: float
    given_up: int


async def page(connection: AsyncConnection, wanted: NoticeFilter) -> list[Notice]:
    """Return notices, newest first."""
    t = notices.c
    query = select(notices).order_by(t.created_at.desc(), t.notice_id.desc()).limit(wanted.limit)
    if wanted.state is not None:
        query = query.where(t.state == str(wanted.state))
    if wanted.event_id is not None:
        query = query.where(t.event_id == wanted.event_id)
    if wanted.registration_id is not None:
        query = query.where(t.registration_id == wanted.registration_id)
    if wanted.after is not None:
        made_at, notice_id = wanted.after
        last = tuple_(literal(made_at, t.created_at.type), literal(notice_id, t.notice_id.type))
        query = query.where(tuple_(t.created_at, t.notice_id) < last)
    return [notice_of(row) for row in await connection.execute(query)]


async def waiting(connection: AsyncConnection) -> Waiting:
    """Count what is not delivered."""
    t = notices.c
    age = func.extract("epoch", func.clock_timestamp() - func.min(t.created_at))
    waits = select(func.count(), func.coalesce(age, 0)).where(t.state == "waiting")
    count, oldest = (await connection.execute(waits)).one()
    given_up = select(func.count()).select_from(notices).where(t.state == "given_up")
    return Waiting(int(count), float(oldest), int((await connection.execute(given_up)).scalar_one()))
