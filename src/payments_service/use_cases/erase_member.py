"""Forget a member: what was paid stays for the accounts, with nobody's name on it.

① ask Vipps about every checkout that may still be open, nothing locked meanwhile · ② one transaction: lock all that is
the member's, refuse while a payment is open, end the seats nobody will pay for, take the name out of everything. What a
crash cuts off has not begun.

A seat that is paid, or costs nothing here, stays as it is without a name; any other ends. Nothing is released: whose
seat it is, the event backend knows, and from here on nobody here does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.decisions import Attention
from payments_service.domain.errors import PaymentInProgress
from payments_service.domain.registrations import RegistrationStatus
from payments_service.storage import attention, history, orders, personal, registrations
from payments_service.storage.database import Database
from payments_service.storage.personal import Traces
from payments_service.use_cases.adopt_seat import end
from payments_service.use_cases.conclude import Conclusion, conclude
from payments_service.use_cases.policy import Learned, Nudge, Policy, nobody_counts
from payments_service.use_cases.settle_order import settle_order
from payments_service.vipps.port import PaymentApi

_STAYS: Final = frozenset({RegistrationStatus.PAID, RegistrationStatus.EXEMPT})
_AGAIN_SECONDS: Final = 60  # a checkout lasts ten minutes at most


async def erase_member(
    user_id: str,
    *,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    policy: Policy,
    nudge: Nudge,
    learned: Learned = nobody_counts,
) -> None:
    """Forget a member, known or not. Raises PaymentInProgress while a checkout of theirs is open."""
    async with database.autocommit() as connection:
        open_ids = await orders.open_ids_of_member(connection, user_id)
    for order_id in open_ids:
        await settle_order(
            order_id,
            database=database,
            vipps=vipps,
            policy=policy,
            nudge=nudge,
            learned=learned,
            cause="erasing",
        )
    async with database.begin() as connection:
        traces = await personal.traces_of(connection, user_id, lock=True)
        if await orders.open_ids_of_member(connection, user_id):
            raise PaymentInProgress("the member is paying", retry_after_seconds=_AGAIN_SECONDS)
        conclusions = [await _leave(connection, key, policy) for key in traces.registration_ids]
        await _note(connection, traces)
        await personal.forget(connection, traces)
    for conclusion in filter(None, conclusions):
        conclusion.nudge(nudge)


async def _leave(connection: AsyncConnection, registration_id: str, policy: Policy) -> Conclusion | None:
    """End a seat that is not paid. Money that still comes for it is late."""
    locked = await registrations.lock(connection, registration_id)
    if locked is None or not locked[0].has_seat or locked[0].status in _STAYS:
        return None
    registration, now, _ = locked
    ended = await end(connection, registration, now=now, why="the member was erased")
    await attention.close_cases(connection, Attention.RELEASE_REFUSED, registration_id=registration_id)
    return await conclude(connection, ended, now=now, policy=policy, cause="the member was erased")


async def _note(connection: AsyncConnection, traces: Traces) -> None:
    """The history says that a name was here, and since when it is not."""
    for registration_id in traces.registration_ids:
        await history.record(connection, "member_erased", registration_id=registration_id)
    for order_id in traces.order_ids:
        await history.record(connection, "member_erased", order_id=order_id)
