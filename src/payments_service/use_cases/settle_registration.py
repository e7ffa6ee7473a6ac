"""What the clock does about one registration that is due: decide, and take the seat back only on facts that stay so.

① lock, decide, commit the decision with its evidence · ② read the seat at the backend: only the same sign-up may go ·
③ lock, decide once more, commit that the release is being sent · ④ send it · ⑤ lock, write that the seat is gone.
A release that got no clear answer is never repeated before the seat has been read again.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.decisions import Attention
from payments_service.domain.registrations import Registration, RegistrationStatus
from payments_service.domain.seats import Seat
from payments_service.event_service.errors import EventServiceError, Refused
from payments_service.event_service.port import SeatService
from payments_service.storage import attention, history, registrations
from payments_service.storage.claims import Claim
from payments_service.storage.database import Database, database_now
from payments_service.use_cases.adopt_seat import end
from payments_service.use_cases.conclude import conclude
from payments_service.use_cases.policy import Nudge, Policy
from payments_service.use_cases.register import move_deadline
from payments_service.use_cases.tell_backend import open_case, tell_of_registration


async def settle_registration(
    claim: Claim, *, database: Database, event_service: SeatService, policy: Policy, nudge: Nudge
) -> None:
    """Decide about the claimed registration, and release its seat if that is the decision."""
    registration = await _decide(claim, database, policy, nudge, cause="the clock", is_sending=False)
    if registration is None:
        return
    assert registration.user_id is not None  # _decide lets nobody else through
    try:
        seat = await event_service.find_seat(registration.event_id, registration.user_id)
    except EventServiceError as error:
        await _later(claim, database, policy, answer=_word(error), refused=isinstance(error, Refused))
        return
    if not await _is_ours_to_release(claim, registration, seat, database, policy):
        return
    registration = await _decide(claim, database, policy, nudge, cause="before the release", is_sending=True)
    if registration is None:
        return
    assert registration.user_id is not None
    try:
        await event_service.release(registration.event_id, registration.user_id, registration.registration_id)
    except EventServiceError as error:
        await _later(claim, database, policy, answer=_word(error), refused=isinstance(error, Refused))
        return
    await _expired(claim, database, policy, answer="released")


async def _decide(
    claim: Claim, database: Database, policy: Policy, nudge: Nudge, *, cause: str, is_sending: bool
) -> Registration | None:
    """Phases ① and ③. The registration if its seat is to be released now, and nobody else has claimed it."""
    async with database.begin() as connection:
        locked = await registrations.lock(connection, claim.key)
        if locked is None or locked[2] != claim.fence:
            return None
        registration, now, _ = locked
        if not registration.has_seat or registration.user_id is None:
            await registrations.reschedule(connection, claim.key, due_at=None, claim=claim)
            return None
        conclusion = await conclude(connection, registration, now=now, policy=policy, cause=cause)
        if conclusion.verdict.release:
            if is_sending:
                await registrations.update(connection, claim.key, release_sent_at=now)
                await history.record(
                    connection, "release_intended", registration_id=claim.key, by=policy.release
                )
            return conclusion.registration
        await registrations.let_go(connection, claim)
    conclusion.nudge(nudge)
    return None


async def _is_ours_to_release(
    claim: Claim, registration: Registration, seat: Seat | None, database: Database, policy: Policy
) -> bool:
    """Compare the seat with ours. Anything but the same sign-up with the same deadline means nothing to take."""
    is_same = seat is not None and seat.registration_id == registration.registration_id
    if seat is not None and is_same and not seat.is_on_wait:
        if seat.payment_expiredate is None or seat.payment_expiredate <= registration.payment_expiredate:
            return True
        await _move(claim, seat, database, policy)
        return False
    was_sent = registration.release_sent_at is not None
    if was_sent and (seat is None or is_same):
        await _expired(claim, database, policy, answer="gone after an unanswered release")
        return False
    async with database.begin() as connection:
        locked = await registrations.lock(connection, claim.key)
        if locked is not None and locked[2] == claim.fence and locked[0].has_seat:
            on_list = "waiting_list" if seat is not None and is_same else None
            await end(connection, locked[0], now=locked[1], why=_why_gone(seat), released_by=on_list)
    return False


def _why_gone(seat: Seat | None) -> str:
    if seat is None:
        return "the backend has no such sign-up"
    return (
        "the sign-up is on the waiting list"
        if seat.is_on_wait
        else f"the seat is {seat.registration_id}'s now"
    )


async def _move(claim: Claim, seat: Seat, database: Database, policy: Policy) -> None:
    """The backend gives more time: its word counts."""
    async with database.begin() as connection:
        locked = await registrations.lock(connection, claim.key)
        if locked is None or locked[2] != claim.fence or seat.payment_expiredate is None:
            return
        moved = await move_deadline(
            connection, locked[0], seat.payment_expiredate, by="backend", named_by_backend=True
        )
        await conclude(connection, moved, now=locked[1], policy=policy, cause="the backend gives more time")
        await registrations.let_go(connection, claim)


async def _expired(claim: Claim, database: Database, policy: Policy, *, answer: str) -> None:
    """Phase ⑤."""
    async with database.begin() as connection:
        locked = await registrations.lock(connection, claim.key)
        if locked is None or locked[2] != claim.fence or not locked[0].has_seat:
            return
        await registrations.update(
            connection,
            claim.key,
            status=str(RegistrationStatus.EXPIRED),
            over_at=locked[1],
            held_since=None,
            released_by=policy.release,
            due_at=None,
            lease_until=None,
        )
        await tell_of_registration(connection, locked[0], RegistrationStatus.EXPIRED, policy=policy)
        await attention.close_cases(connection, Attention.RELEASE_REFUSED, registration_id=claim.key)
        await history.record(
            connection, "released", registration_id=claim.key, by=policy.release, answer=answer
        )


async def _later(claim: Claim, database: Database, policy: Policy, *, answer: str, refused: bool) -> None:
    """Try again: after a second first, doubling to 15 s. A refusal is a person's matter as well."""
    async with database.begin() as connection:
        locked = await registrations.lock(connection, claim.key)
        if locked is None or locked[2] != claim.fence:
            return
        attempts = await registrations.attempts_of(connection, claim.key)
        wait = timedelta(seconds=min(15.0, 2.0 ** min(attempts, 4)))
        due_at = await database_now(connection) + wait
        await registrations.reschedule(
            connection, claim.key, due_at=due_at, claim=claim, attempts=attempts + 1
        )
        if attempts == 0:
            await history.record(connection, "release_postponed", registration_id=claim.key, answer=answer)
        if refused:
            await _open_refused(connection, locked[0], policy)


async def _open_refused(connection: AsyncConnection, registration: Registration, policy: Policy) -> None:
    await open_case(
        connection,
        Attention.RELEASE_REFUSED,
        policy=policy,
        event_id=registration.event_id,
        registration_id=registration.registration_id,
    )


def _word(error: EventServiceError) -> str:
    return f"refused with {error.status}" if isinstance(error, Refused) else "no usable answer"
