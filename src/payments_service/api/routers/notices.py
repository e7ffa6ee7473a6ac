"""Notices: what the event backend is told, what became of it, and sending it again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Request

from payments_service.api import fields
from payments_service.api.access import require_service_or_admin, service_caller
from payments_service.api.authentication import Authenticated
from payments_service.api.cursors import read_cursor, write_cursor
from payments_service.api.fields import BackendId, InstantOut, Output
from payments_service.api.serving import services_of
from payments_service.api.strict_json import router as new_router
from payments_service.domain.notices import Notice, NoticeState, NoticeType
from payments_service.event_service.notice_messages import content_of
from payments_service.storage import notice_lists
from payments_service.use_cases.repeat_notice import repeat_notice

router = new_router(prefix="/v1/notices", tag="Notices")


class NoticeOut(Output):
    notice_id: str
    type: NoticeType
    status: NoticeState
    attempts: int
    last_answer: str | None
    created_at: InstantOut
    due_at: InstantOut | None
    delivered_at: InstantOut | None
    body: dict[str, Any]

    @classmethod
    def of(cls, notice: Notice) -> NoticeOut:
        return cls(
            notice_id=notice.notice_id,
            type=notice.news.type,
            status=notice.state,
            attempts=notice.attempts,
            last_answer=notice.last_answer,
            created_at=notice.created_at,
            due_at=notice.due_at,
            delivered_at=notice.delivered_at,
            body=content_of(notice),
        )


class NoticePage(Output):
    items: list[NoticeOut]
    next_cursor: str | None


class NoticeQuery(fields.Query):
    status: NoticeState | None = None
    event_id: BackendId | None = None
    registration_id: BackendId | None = None


@router.get("")
async def list_notices(
    request: Request, caller: Authenticated, wanted: Annotated[NoticeQuery, Query()]
) -> NoticePage:
    """List notices, newest first, each with its body as it is sent."""
    require_service_or_admin(caller)
    async with services_of(request).database.autocommit() as connection:
        found = await notice_lists.page(
            connection,
            notice_lists.NoticeFilter(
                state=wanted.status,
                event_id=wanted.event_id,
                registration_id=wanted.registration_id,
                after=read_cursor(wanted.cursor),
                limit=wanted.limit + 1,
            ),
        )
    items, more = found[: wanted.limit], found[wanted.limit :]
    cursor = write_cursor((items[-1].created_at, items[-1].notice_id)) if more else None
    return NoticePage(items=[NoticeOut.of(notice) for notice in items], next_cursor=cursor)


@router.post("/{notice_id}/repeat", dependencies=[Depends(service_caller)])
async def post_repeat(request: Request, notice_id: str) -> NoticeOut:
    """Send a notice again, under the same id, whatever became of it. One that waits is tried at once."""
    services = services_of(request)
    notice = await repeat_notice(notice_id, database=services.database, nudge=services.nudge)
    return NoticeOut.of(notice)
