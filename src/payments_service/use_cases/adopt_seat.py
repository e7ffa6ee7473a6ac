"""Make a registration of a seat: one the backend announces, or one found at the backend that nobody told us about.

Also where a new sign-up by the same member takes the place of the old one, with its orders.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.deadlines import payment_expiredate
from payments_service.domain.errors import RegistrationEnded
from payments_service.domain.paid_events import PaidEvent
from payments_service.domain.registrations import Registration, RegistrationStatus
from payments_service.domain.seats import Seat
from payments_service.storage import history, operations, orders, registrations
from payments_service.storage.database import database_now
from payments_service.use_cases.conclude import Conclusion, conclude
from payments_service.use_cases.policy import Policy


async def adopt_seat(
    connection: AsyncConnection, seat: Seat, event: PaidEvent, *, policy: Policy
) -> Conclusion:
    """Make a registration of a seat found at the backend, with the backend's deadline or else our own.

    Raises RegistrationEnded when that sign-up is over for us. A registration we know already is returned as it is.
    """
    known = await registrations.lock(connection, seat.registration_id)
    if known is not None:
        registration, now, _ = known
        if registration.may_reopen:
            deadline = seat.payment_expiredate or deadline_for(event, policy, now, from_waiting_list=True)
            return await reopen(
                connection, registration, deadline=deadline, now=now, policy=policy, announced=False
            )
        if not registration.has_seat:
            raise RegistrationEnded
        return await conclude(connection, registration, now=now, policy=policy, cause="seat found")
    now = await database_now(connection)
    registration = Registration(
        registration_id=seat.registration_id,
        event_id=seat.event_id,
        user_id=seat.user_id,
        status=RegistrationStatus.AWAITING_PAYMENT,
        payment_expiredate=seat.payment_expiredate
        or deadline_for(event, policy, now, from_waiting_list=False),
        from_waiting_list=False,
        backend_expiredate=seat.payment_expiredate,
        created_at=now,
    )
    return await add(connection, registration, now=now, policy=policy, cause="seat found at the backend")


async def add(
    connection: AsyncConnection, registration: Registration, *, now: datetime, policy: Policy, cause: str
) -> Conclusion:
    """Add a registration in the place of any earlier one of the same member and event."""
    moved = await _end_earlier(connection, registration, now)
    await registrations.insert(connection, registration)
    await orders.hand_over(connection, moved, registration.registration_id)
    await history.record(
        connection,
        "registered",
        registration_id=registration.registration_id,
        event_id=registration.event_id,
        cause=cause,
        payment_expiredate=registration.payment_expiredate,
        orders_taken_over=moved,
    )
    return await conclude(connection, registration, now=now, policy=policy, cause=cause)


async def reopen(
    connection: AsyncConnection,
    registration: Registration,
    *,
    deadline: datetime,
    now: datetime,
    policy: Policy,
    announced: bool,
) -> Conclusion:
    """Give a sign-up its seat again that had gone back to the waiting list."""
    moved = await _end_earlier(connection, registration, now)
    again = replace(
        registration,
        status=RegistrationStatus.AWAITING_PAYMENT,
        payment_expiredate=deadline,
        from_waiting_list=True,
        sealed_at=None,
        over_at=None,
        released_by=None,
        release_sent_at=None,
        shadow_decided_at=None,
        announced_at=registration.announced_at or (now if announced else None),
    )
    await registrations.update(
        connection,
        registration.registration_id,
        status=str(again.status),
        payment_expiredate=deadline,
        from_waiting_list=True,
        sealed_at=None,
        over_at=None,
        released_by=None,
        release_sent_at=None,
        shadow_decided_at=None,
        announced_at=again.announced_at,
        due_at=deadline,
        attempts=0,
    )
    await orders.hand_over(connection, moved, registration.registration_id)
    await history.record(
        connection, "reopened", registration_id=registration.registration_id, payment_expiredate=deadline
    )
    return await conclude(connection, again, now=now, policy=policy, cause="seat given again")


async def end(
    connection: AsyncConnection,
    registration: Registration,
    *,
    now: datetime,
    why: str,
    released_by: str | None = None,
) -> Registration:
    """Write that a registration is over without a release of ours. Returns it as it is then."""
    await registrations.update(
        connection,
        registration.registration_id,
        status=str(RegistrationStatus.ENDED),
        over_at=now,
        held_since=None,
        due_at=None,
        released_by=released_by,
    )
    await history.record(connection, "ended", registration_id=registration.registration_id, why=why)
    return replace(
        registration, status=RegistrationStatus.ENDED, over_at=now, held_since=None, released_by=released_by
    )


def deadline_for(event: PaidEvent, policy: Policy, now: datetime, *, from_waiting_list: bool) -> datetime:
    """Return the deadline of a seat given now, by the event's paytime or the waiting list's."""
    return payment_expiredate(
        now=now,
        paytime=event.paytime,
        waiting_list_paytime=policy.waiting_list_paytime,
        from_waiting_list=from_waiting_list,
        starts_at=event.starts_at,
    )


async def _end_earlier(connection: AsyncConnection, registration: Registration, now: datetime) -> list[str]:
    """End the member's current registration for the event; return the orders that go along to the new one.

    From a current one all of them go along, open or paid. Of those that are over already, the newest order that may
    still bring money does: a member who signs off and on again while paying has paid for the seat they have. Unless we
    have begun to close it at Vipps: then it stays where it was, and what it still brings is late.
    """
    if registration.user_id is None:
        return []
    current = await registrations.find_current(
        connection, registration.event_id, registration.user_id, lock=True
    )
    if current is not None and current.registration_id != registration.registration_id:
        await end(connection, current, now=now, why=f"replaced by {registration.registration_id}")
        return [
            o.order_id for o in await orders.of_registration(connection, current.registration_id, lock=True)
        ]
    for earlier_id in await registrations.ended_ids_of(
        connection, registration.event_id, registration.user_id
    ):
        if earlier_id == registration.registration_id:
            continue
        await registrations.lock(connection, earlier_id)
        mine = await orders.of_registration(connection, earlier_id, lock=True)
        for order in mine:
            if (
                order.is_open
                and not order.is_frozen
                and order.event_id is not None  # or its event was gone, whatever has that id now
                and await operations.call_off_close(connection, order.order_id)
            ):
                return [order.order_id]
    return []
