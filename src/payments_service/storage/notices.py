"""The outbox: what the event backend is told, written with its cause and delivered in order.

Notices of one registration make a lane. Of a lane only the first that waits is due, so that looking for work costs
the same however many wait behind it. Whoever writes or ends a notice holds the lane meanwhile: what is numbered first
is committed first, and a lane that is not empty always has a first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.notices import News, Notice, NoticeState, NoticeType
from payments_service.storage.claims import Claim, finished
from payments_service.storage.tables import notices

_HOLD: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:lane, 4711))")
# The first that waits is due, at once unless a pause was set; those behind it are not. Touches only what is not so.
_LINE_UP: Final = text("""
    UPDATE notices AS n
    SET due_at = CASE WHEN n.position = first.position THEN clock_timestamp() END
    FROM (SELECT min(position) AS position FROM notices WHERE lane = :lane AND state = 'waiting') AS first
    WHERE n.lane = :lane AND n.state = 'waiting' AND (n.due_at IS NULL) = (n.position = first.position)
""")


async def write(connection: AsyncConnection, news: News) -> str:
    """Add a notice to the caller's transaction; return its id, which the receiver sees as `webhook-id`."""
    notice_id = f"msg_{uuid4().hex}"
    await _hold(connection, news.lane)
    await connection.execute(
        notices.insert().values(
            notice_id=notice_id,
            lane=news.lane,
            type=str(news.type),
            event_id=news.event_id,
            user_id=news.user_id,
            registration_id=news.registration_id,
            order_id=news.order_id,
            status=news.status,
            amount_ore=news.amount_ore,
        )
    )
    await _line_up(connection, news.lane)
    return notice_id


async def find(connection: AsyncConnection, notice_id: str) -> Notice | None:
    """Return a notice without locking it."""
    row = (await connection.execute(select(notices).where(notices.c.notice_id == notice_id))).one_or_none()
    return None if row is None else notice_of(row)


async def end(connection: AsyncConnection, claim: Claim, state: NoticeState, *, answer: str) -> bool:
    """Write what became of a claimed notice, and let the next one of its lane go. False: it is somebody else's now."""
    lane = await _hold_lane_of(connection, claim.key)
    if lane is None:
        return False
    now = func.clock_timestamp()
    done = await _finish(
        connection,
        claim,
        state=str(state),
        delivered_at=now if state is NoticeState.DELIVERED else None,
        due_at=None,
        last_answer=answer,
    )
    await _line_up(connection, lane)
    return done


async def postpone(connection: AsyncConnection, claim: Claim, *, due_at: datetime, answer: str) -> bool:
    """Try again later. False: it is somebody else's now."""
    lane = await _hold_lane_of(connection, claim.key)
    if lane is None:
        return False
    done = await _finish(connection, claim, due_at=due_at, last_answer=answer)
    await _line_up(connection, lane)  # an earlier one may be wanted again meanwhile
    return done


async def repeat(connection: AsyncConnection, notice_id: str) -> bool:
    """Let a notice wait again, under the same id and with all its time before it. False: there is no such notice.

    Should it be on its way at this moment, nothing changes. What waits in its lane already waits behind it.
    """
    lane = await _hold_lane_of(connection, notice_id)
    if lane is None:
        return False
    t = notices.c
    is_free = (t.state != "waiting") | t.lease_until.is_(None) | (t.lease_until < func.clock_timestamp())
    await connection.execute(
        notices.update()
        .where(t.notice_id == notice_id, is_free)
        .values(
            state="waiting",
            first_tried_at=None,
            delivered_at=None,
            lease_until=None,
            due_at=func.clock_timestamp(),
        )
    )
    await _line_up(connection, lane)
    return True


async def ids_given_up(connection: AsyncConnection) -> list[str]:
    """Return the ids of all notices that nobody tries any more, in the order in which they were written."""
    query = select(notices.c.notice_id).where(notices.c.state == "given_up").order_by(notices.c.position)
    return list((await connection.execute(query)).scalars())


async def _hold(connection: AsyncConnection, lane: str) -> None:
    """Wait for the lane. A statement of its own: the next one then sees what its last holder has committed."""
    await connection.execute(_HOLD, {"lane": lane})


async def _hold_lane_of(connection: AsyncConnection, notice_id: str) -> str | None:
    query = select(notices.c.lane).where(notices.c.notice_id == notice_id)
    lane: str | None = (await connection.execute(query)).scalar_one_or_none()
    if lane is not None:
        await _hold(connection, lane)
    return lane


async def _line_up(connection: AsyncConnection, lane: str) -> None:
    await connection.execute(_LINE_UP, {"lane": lane})


async def _finish(connection: AsyncConnection, claim: Claim, **values: Any) -> bool:
    t = notices.c
    done = await connection.execute(
        notices.update()
        .where(t.notice_id == claim.key, t.state == "waiting", finished(claim, notices))
        .values(
            attempts=t.attempts + 1,
            first_tried_at=func.coalesce(t.first_tried_at, func.clock_timestamp()),
            lease_until=None,
            **values,
        )
    )
    return done.rowcount == 1


def notice_of(row: Row[Any]) -> Notice:
    return Notice(
        notice_id=row.notice_id,
        news=News(
            type=NoticeType(row.type),
            status=row.status,
            amount_ore=row.amount_ore,
            event_id=row.event_id,
            user_id=row.user_id,
            registration_id=row.registration_id,
            order_id=row.order_id,
        ),
        state=NoticeState(row.state),
        created_at=row.created_at,
        attempts=row.attempts,
        last_answer=row.last_answer,
        first_tried_at=row.first_tried_at,
        due_at=row.due_at,
        delivered_at=row.delivered_at,
    )
