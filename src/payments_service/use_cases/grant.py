"""What a person grants a member: more time to pay, or not having to pay here at all; with who and why.

Extension, one transaction: lock, move the deadline, decide anew, which lifts the seal. A repeat under the same key
finds the line that the first one left in the history, and moves nothing.
Exemption: ① ask Vipps about what is open, nothing locked · ② lock, write that nothing is owed, decide, commit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.errors import RegistrationDecided, RegistrationNotFound
from payments_service.domain.registrations import OVER, RegistrationStatus
from payments_service.storage import extensions, history, registrations
from payments_service.storage.database import Database
from payments_service.use_cases.conclude import Conclusion, conclude
from payments_service.use_cases.policy import Learned, Nudge, Policy, nobody_counts
from payments_service.use_cases.register import move_deadline
from payments_service.use_cases.settle_order import settle_open_orders
from payments_service.vipps.port import PaymentApi

ExemptionKind = Literal["complimentary", "paid_elsewhere"]
_EXTENDABLE: Final = frozenset(
    {RegistrationStatus.AWAITING_PAYMENT, RegistrationStatus.HELD, RegistrationStatus.REFUNDED}
)


@dataclass(frozen=True, slots=True)
class Grant:
    """Who grants it, and why; both are kept in the history, with the key that tells a repeat from another grant."""

    actor: str
    reason: str
    key: str | None = None


async def extend(
    registration_id: str, minutes: int, grant: Grant, *, database: Database, policy: Policy, nudge: Nudge
) -> None:
    """Give more time, from the deadline there is or from now when that is past. Raises RegistrationDecided."""
    async with database.begin() as connection:
        conclusion = await give_time(
            connection, registration_id, minutes, grant, policy=policy, among=_EXTENDABLE
        )
    if conclusion is not None:
        conclusion.nudge(nudge)


async def give_time(
    connection: AsyncConnection,
    registration_id: str,
    minutes: int,
    grant: Grant,
    *,
    policy: Policy,
    among: Collection[RegistrationStatus],
) -> Conclusion | None:
    """Extend one registration that is `among` these; None when it was extended under the same key before.

    Raises RegistrationDecided, also when a release was sent and nobody knows what came of it: that seat may be gone.
    """
    locked = await registrations.lock(connection, registration_id)
    if locked is None:
        raise RegistrationNotFound
    registration, now, _ = locked
    if grant.key is not None and await extensions.is_given(connection, registration_id, grant.key):
        return None
    if registration.status not in among or registration.release_sent_at is not None:
        raise RegistrationDecided
    deadline = max(registration.payment_expiredate, now) + timedelta(minutes=minutes)
    moved = await move_deadline(
        connection,
        registration,
        deadline,
        by=grant.actor,
        named_by_backend=False,
        reason=grant.reason,
        key=grant.key,
    )
    if registration.status is RegistrationStatus.REFUNDED:
        moved = replace(moved, status=RegistrationStatus.AWAITING_PAYMENT)
        await registrations.update(connection, registration_id, status=str(moved.status))
    return await conclude(connection, moved, now=now, policy=policy, cause="extended")


async def exempt(
    registration_id: str,
    kind: ExemptionKind,
    grant: Grant,
    *,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    policy: Policy,
    nudge: Nudge,
    learned: Learned = nobody_counts,
) -> None:
    """Ask no money of a seat here. Raises RegistrationDecided when it is paid, over, or already being given back."""
    await settle_open_orders(
        registration_id,
        database=database,
        vipps=vipps,
        policy=policy,
        nudge=nudge,
        learned=learned,
        cause="exempting",
    )
    async with database.begin() as connection:
        locked = await registrations.lock(connection, registration_id)
        if locked is None:
            raise RegistrationNotFound
        registration, now, _ = locked
        is_paid = registration.status is RegistrationStatus.PAID
        if is_paid or registration.status in OVER or registration.release_sent_at is not None:
            raise RegistrationDecided
        exempted = replace(registration, status=RegistrationStatus.EXEMPT, sealed_at=None, held_since=None)
        await registrations.update(
            connection,
            registration_id,
            status=str(exempted.status),
            sealed_at=None,
            held_since=None,
            due_at=None,
        )
        await history.record(
            connection,
            "exempted",
            registration_id=registration_id,
            kind=kind,
            reason=grant.reason,
            actor=grant.actor,
            status_before=str(registration.status),
        )
        conclusion = await conclude(connection, exempted, now=now, policy=policy, cause="exempted")
    conclusion.nudge(nudge)
