"""Compare an event's seats at the backend with ours: adopt what nobody told us of, notice what went away.

① note the time · ② walk the backend's list, a page a call, nothing open meanwhile · ③ per seat one transaction ·
④ whoever of ours is not on the list is asked for alone; only a clear "no such sign-up" ends a registration.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.decisions import Attention
from payments_service.domain.errors import RegistrationEnded
from payments_service.domain.registrations import DECIDED, Registration, RegistrationStatus
from payments_service.domain.seats import Seat
from payments_service.event_service.errors import EventServiceError, Refused
from payments_service.event_service.port import SeatService
from payments_service.storage import attention, paid_events, registrations
from payments_service.storage.database import Database, database_now
from payments_service.use_cases.adopt_seat import adopt_seat, end
from payments_service.use_cases.conclude import conclude
from payments_service.use_cases.policy import Nudge, Policy
from payments_service.use_cases.register import move_deadline
from payments_service.use_cases.tell_backend import open_case

_log = structlog.get_logger(__name__)
_PAGES_MAX: Final = 1000  # 25 a page: no event is that large, and a list that never ends is a fault


async def pull_seats(
    event_id: str, *, database: Database, event_service: SeatService, policy: Policy, nudge: Nudge
) -> None:
    """Pull one event. Raises EventServiceError when the list cannot be walked to its end; what was seen counts."""
    async with database.autocommit() as connection:
        began = await database_now(connection)
    seen: set[str] = set()
    page: int | None = 1
    while page is not None and page <= _PAGES_MAX:
        answer = await event_service.list_seats(event_id, page)
        for seat in answer.seats:
            seen.add(seat.registration_id)
            await _take_in(seat, database, policy, nudge)
        page = answer.next_page
    if page is not None:
        return  # not walked to its end: nobody is missing for sure
    for registration in await _missing(event_id, seen, began, database):
        await _look_for(registration, database, event_service, policy, nudge)


async def _take_in(seat: Seat, database: Database, policy: Policy, nudge: Nudge) -> None:
    """One seat: adopted when unknown, its deadline moved when the backend's own has moved."""
    try:
        async with database.begin() as connection:
            known = await registrations.find(connection, seat.registration_id)
            if seat.is_on_wait:
                if known is not None and known.has_seat:
                    await _on_waiting_list(connection, seat, policy)
                return
            if known is not None and known.has_seat:
                if known.status is RegistrationStatus.PAID:
                    await attention.close_cases(
                        connection, Attention.PAID_WITHOUT_SEAT, registration_id=known.registration_id
                    )
                if not _has_news(known, seat):
                    return
                await _move_deadline(connection, seat, policy)
                return
            event = await paid_events.find(connection, seat.event_id, share=True)
            if event is None:
                return
            conclusion = await adopt_seat(connection, seat, event, policy=policy)
    except RegistrationEnded:
        return  # over for us, still listed there: its release is on its way, or it was signed off here
    except IntegrityError:
        return  # announced at this very moment; the next pull sees it
    conclusion.nudge(nudge)


def _has_news(known: Registration, seat: Seat) -> bool:
    theirs = seat.payment_expiredate
    return theirs is not None and theirs != known.backend_expiredate and known.status not in DECIDED


async def _move_deadline(connection: AsyncConnection, seat: Seat, policy: Policy) -> None:
    """Follow the backend's deadline. The first one it shows may only give time: the member was told ours."""
    locked = await registrations.lock(connection, seat.registration_id)
    if locked is None or seat.payment_expiredate is None or not _has_news(locked[0], seat):
        return
    registration, now, _ = locked
    theirs = seat.payment_expiredate
    if registration.backend_expiredate is None and theirs <= registration.payment_expiredate:
        await registrations.update(connection, registration.registration_id, backend_expiredate=theirs)
        return
    moved = await move_deadline(connection, registration, theirs, by="backend", named_by_backend=True)
    await conclude(connection, moved, now=now, policy=policy, cause="the backend moved the deadline")


async def _on_waiting_list(connection: AsyncConnection, seat: Seat, policy: Policy) -> None:
    """The backend itself took the seat back. A payer without a seat is a person's matter."""
    locked = await registrations.lock(connection, seat.registration_id)
    if locked is None or not locked[0].has_seat:
        return
    if locked[0].status is RegistrationStatus.PAID:
        await _without_seat(connection, locked[0], policy)
        return
    await end(
        connection, locked[0], now=locked[1], why="moved to the waiting list", released_by="waiting_list"
    )


async def _missing(event_id: str, seen: set[str], began: datetime, database: Database) -> list[Registration]:
    """Our registrations of the event that the list does not have, unless they are newer than the walk."""
    async with database.autocommit() as connection:
        ids = [i for i in await registrations.current_ids_of_event(connection, event_id) if i not in seen]
        found = [await registrations.find(connection, i) for i in ids]
    return [r for r in found if r is not None and r.has_seat and r.created_at < began]


async def _look_for(
    registration: Registration, database: Database, event_service: SeatService, policy: Policy, nudge: Nudge
) -> None:
    if registration.user_id is None:
        return
    try:
        seat = await event_service.find_seat(registration.event_id, registration.user_id)
    except EventServiceError as error:
        status = error.status if isinstance(error, Refused) else None
        _log.warning("seat_not_answered", registration_id=registration.registration_id, status=status)
        return
    if seat is not None and seat.registration_id == registration.registration_id:
        await _take_in(seat, database, policy, nudge)
        return
    async with database.begin() as connection:
        locked = await registrations.lock(connection, registration.registration_id)
        if locked is None or not locked[0].has_seat:
            return
        current, now, _ = locked
        ended = await end(connection, current, now=now, why="the backend has no such sign-up")
        conclusion = await conclude(connection, ended, now=now, policy=policy, cause="gone at the backend")
    conclusion.nudge(nudge)


async def _without_seat(connection: AsyncConnection, registration: Registration, policy: Policy) -> None:
    await open_case(
        connection,
        Attention.PAID_WITHOUT_SEAT,
        policy=policy,
        event_id=registration.event_id,
        registration_id=registration.registration_id,
    )
