"""An event is gone at the backend: nothing begins any more, its registrations end, and its money is looked after.

① one transaction takes the paid event away and notes that the rest is to follow · ② each registration in a transaction
of its own: locked, ended, its orders taken from the event, decided anew, which closes what is open and opens a case for
what is paid · ③ the orders that have no registration · ④ the note is taken off. Whoever dies on the way leaves it, and
the clock goes on from ②. Vipps is not asked: closing a checkout ends with a reading, and money that it brings is late.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from payments_service.domain.decisions import Attention
from payments_service.storage import attention, imported_orders, orders, registrations, removals
from payments_service.storage.database import Database
from payments_service.use_cases.adopt_seat import end
from payments_service.use_cases.conclude import conclude
from payments_service.use_cases.policy import Nudge, Policy
from payments_service.use_cases.tell_backend import open_case

_AT_ONCE: Final = 4  # a quarter of the connections: members go on paying for other events meanwhile


async def remove_event(event_id: str, *, database: Database, policy: Policy, nudge: Nudge) -> None:
    """Remove an event, known or not. Doing it twice, or twice at once, is doing it once."""
    async with database.begin() as connection:
        gone_at = await removals.begin(connection, event_id)
        await imported_orders.forget_event(connection, event_id)
    await _finish(event_id, gone_at, database, policy, nudge)


async def finish_removals(*, database: Database, policy: Policy, nudge: Nudge) -> int:
    """Go on with what somebody began a lease ago and did not finish; return how many events that were."""
    async with database.autocommit() as connection:
        left = await removals.unfinished(connection, older_than=policy.lease)
    for event_id, gone_at in left:
        await _finish(event_id, gone_at, database, policy, nudge)
    return len(left)


async def _finish(event_id: str, gone_at: datetime, database: Database, policy: Policy, nudge: Nudge) -> None:
    async with database.autocommit() as connection:
        left = await removals.registrations_left(connection, event_id, gone_at)

    async def end_some() -> None:
        while left:
            await _end(left.pop(), gone_at, database, policy, nudge)

    # one that cannot be had now keeps nobody from ending the others
    ended = await asyncio.gather(*(end_some() for _ in range(_AT_ONCE)), return_exceptions=True)
    for failure in filter(None, ended):
        raise failure
    async with database.autocommit() as connection:
        loose = await removals.orders_left(connection, event_id, gone_at)
    for order_id in loose:
        await _let_go(order_id, database, policy)
    async with database.begin() as connection:
        await removals.finish(connection, event_id, gone_at)


async def _end(
    registration_id: str, gone_at: datetime, database: Database, policy: Policy, nudge: Nudge
) -> None:
    """Phase ②, for one registration. One that is over already only lets its orders go from the event."""
    async with database.begin() as connection:
        locked = await registrations.lock(connection, registration_id)
        if locked is None:
            return
        registration, now, _ = locked
        if registration.has_seat and registration.created_at <= gone_at:
            registration = await end(connection, registration, now=now, why="the event is gone")
        if registration.has_seat:
            return
        await removals.take_from(connection, registration_id, gone_at)
        await attention.close_cases(connection, Attention.RELEASE_REFUSED, registration_id=registration_id)
        conclusion = await conclude(
            connection, registration, now=now, policy=policy, cause="the event is gone"
        )
    conclusion.nudge(nudge)


async def _let_go(order_id: str, database: Database, policy: Policy) -> None:
    """Phase ③, for one order without a registration: money in it is a person's matter."""
    async with database.begin() as connection:
        await orders.lock(connection, order_id)
        order = await orders.find(connection, order_id)
        if order is None or order.event_id is None:
            return
        if order.registration_id and await registrations.find(connection, order.registration_id):
            return  # it went along to a seat of an event that has come back under the same id
        if order.is_paid or order.is_open:
            await open_case(
                connection,
                Attention.PAID_WITHOUT_SEAT,
                policy=policy,
                event_id=order.event_id,
                order_id=order_id,
            )
        await orders.update(connection, order_id, event_id=None, pays_seat=False)
