"""Deliver one notice to the event backend, at least once.

① read the claimed notice, commit nothing · ② sign it and send it, under its own id at every try · ③ write what became
of it, and let the next notice of the same registration go. Dying between ② and ③ sends it again: the receiver knows it
by its id.
"""

from __future__ import annotations

from typing import Final

import structlog

from payments_service.domain.notices import Notice, NoticeState, next_try
from payments_service.event_service.notice_sender import NoticePost, Receipt, Reception
from payments_service.storage import notices
from payments_service.storage.claims import Claim
from payments_service.storage.database import Database, database_now
from payments_service.use_cases.policy import Nudge, Queue

log = structlog.get_logger(__name__)
EVENT_NOT_TAKEN: Final = "notice_not_taken"
EVENT_GIVEN_UP: Final = "notice_given_up"


async def deliver_notice(claim: Claim, *, database: Database, post: NoticePost, nudge: Nudge) -> None:
    """Try the claimed notice once."""
    async with database.autocommit() as connection:
        notice = await notices.find(connection, claim.key)
        now = await database_now(connection)
    if notice is None or notice.state is not NoticeState.WAITING:
        return
    receipt = await post.send(notice, at=now)
    state = await _record(claim, notice, receipt, database)
    if state is None:
        return
    facts = {"notice_id": notice.notice_id, "type": str(notice.news.type), "answer": receipt.answer}
    if state is NoticeState.GIVEN_UP:
        log.error(EVENT_GIVEN_UP, **facts, attempts=notice.attempts + 1)
    elif state is NoticeState.WAITING:
        log.warning(EVENT_NOT_TAKEN, **facts)
        return
    nudge(Queue.NOTICES)  # the next one of the lane


async def _record(claim: Claim, notice: Notice, receipt: Receipt, database: Database) -> NoticeState | None:
    """Phase ③. The state the notice is in now; None when somebody else has claimed it."""
    async with database.begin() as connection:
        if receipt.reception is Reception.TAKEN:
            state, due_at = NoticeState.DELIVERED, None
        elif receipt.reception is Reception.GONE:
            state, due_at = NoticeState.GIVEN_UP, None
        else:
            now = await database_now(connection)
            since = notice.first_tried_at or now
            due_at = next_try(now=now, first_tried_at=since, retry_after=receipt.retry_after_seconds)
            state = NoticeState.GIVEN_UP if due_at is None else NoticeState.WAITING
        if due_at is None:
            is_ours = await notices.end(connection, claim, state, answer=receipt.answer)
        else:
            is_ours = await notices.postpone(connection, claim, due_at=due_at, answer=receipt.answer)
    return state if is_ours else None
