"""Find the registration that a member may pay for: ours, or one to adopt from the event backend.

① look among our own · ② ask the backend, nothing open meanwhile · ③ adopt what it says in a transaction.
"""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from payments_service.domain.errors import (
    EventServiceUnavailable,
    OnWaitingList,
    PaidEventNotFound,
    PaymentTimeExpired,
    RegistrationEnded,
    RegistrationNotFound,
)
from payments_service.domain.registrations import RegistrationStatus
from payments_service.domain.seats import Seat
from payments_service.event_service.errors import EventServiceError
from payments_service.event_service.port import SeatService
from payments_service.storage import paid_events, registrations
from payments_service.storage.database import Database
from payments_service.use_cases.adopt_seat import adopt_seat
from payments_service.use_cases.policy import Nudge, Policy


async def find_registration(
    event_id: str,
    user_id: str,
    *,
    database: Database,
    event_service: SeatService,
    policy: Policy,
    nudge: Nudge,
) -> str:
    """Return the id of the member's registration. Raises the refusals of the contract when there is none to pay for."""
    async with database.autocommit() as connection:
        if await paid_events.find(connection, event_id) is None:
            raise PaidEventNotFound
        current = await registrations.find_current(connection, event_id, user_id)
    if current is not None:
        return current.registration_id
    try:
        seat = await event_service.find_seat(event_id, user_id)
    except EventServiceError as error:
        raise EventServiceUnavailable from error
    if seat is None:
        raise RegistrationNotFound
    if seat.is_on_wait:
        raise OnWaitingList
    try:
        await _adopt(seat, database=database, policy=policy, nudge=nudge)
    except RegistrationEnded:
        await _refuse_ended(seat, database)
    return seat.registration_id


async def _adopt(seat: Seat, *, database: Database, policy: Policy, nudge: Nudge) -> None:
    for attempt in range(3):
        try:
            async with database.begin() as connection:
                event = await paid_events.find(connection, seat.event_id, share=True)
                if event is None:
                    raise PaidEventNotFound
                conclusion = await adopt_seat(connection, seat, event, policy=policy)
        except IntegrityError:
            if attempt == 2:
                raise
            continue
        conclusion.nudge(nudge)
        return


async def _refuse_ended(seat: Seat, database: Database) -> None:
    """The backend still shows a sign-up that is over here: too late if it expired, gone if the member signed off."""
    async with database.autocommit() as connection:
        known = await registrations.find(connection, seat.registration_id)
    if known is not None and known.status is RegistrationStatus.EXPIRED:
        raise PaymentTimeExpired
    raise RegistrationNotFound
