"""Send a notice again because somebody asks for it: under the same id, so that a receiver who has it ignores it."""

from __future__ import annotations

from payments_service.domain.errors import NoticeNotFound
from payments_service.domain.notices import Notice
from payments_service.storage import notices
from payments_service.storage.database import Database
from payments_service.use_cases.policy import Nudge, Queue


async def repeat_notice(notice_id: str, *, database: Database, nudge: Nudge) -> Notice:
    """Let a notice wait again, whatever became of it. Raises NoticeNotFound."""
    async with database.begin() as connection:
        await notices.repeat(connection, notice_id)
        notice = await notices.find(connection, notice_id)
    if notice is None:
        raise NoticeNotFound
    nudge(Queue.NOTICES)
    return notice
