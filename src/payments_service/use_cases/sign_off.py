"""The member signed off: what is open is closed, what is paid stands in the way unless it is to be refunded.

① ask Vipps about every order that may still change, nothing locked meanwhile · ② lock, decide, write the end of the
registration and what follows from it, commit. Vipps' silence keeps nobody from signing off: closing goes on by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from payments_service.domain.errors import AlreadyPaid, RegistrationNotFound, VippsUnavailable
from payments_service.domain.imported import ImportedOrder, open_questions
from payments_service.storage import orders, registrations
from payments_service.storage.database import Database
from payments_service.use_cases.adopt_seat import end
from payments_service.use_cases.conclude import conclude
from payments_service.use_cases.policy import Learned, Nudge, Policy, nobody_counts
from payments_service.use_cases.settle_order import settle_open_orders
from payments_service.use_cases.take_over_imported import imported_of
from payments_service.vipps.port import PaymentApi


async def sign_off(
    registration_id: str,
    *,
    refund: bool,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    policy: Policy,
    nudge: Nudge,
    learned: Learned = nobody_counts,
) -> None:
    """End a registration. Raises RegistrationNotFound, or AlreadyPaid unless its money is to go back.

    VippsUnavailable only where money is to go back that was paid to the system before this one, and Vipps is silent.
    """
    async with database.autocommit() as connection:
        registration = await registrations.find(connection, registration_id)
    if registration is None:
        raise RegistrationNotFound
    if not registration.has_seat:
        return
    await settle_open_orders(
        registration_id,
        database=database,
        vipps=vipps,
        policy=policy,
        nudge=nudge,
        learned=learned,
        cause="signing off",
    )
    async with database.begin() as connection:
        locked = await registrations.lock(connection, registration_id)
        if locked is None or not locked[0].has_seat:
            return
        registration, now, _ = locked
        paid = [o for o in await orders.of_registration(connection, registration_id, lock=True) if o.is_paid]
        if paid and not refund:
            raise AlreadyPaid
        _refuse_if_paid_before(await imported_of(connection, registration), refund=refund)
        ended = await end(connection, registration, now=now, why="the member signed off")
        for order in paid:
            await orders.update(connection, order.order_id, pays_seat=False, is_returning=True)
        conclusion = await conclude(connection, ended, now=now, policy=policy, cause="signed off")
    conclusion.nudge(nudge)


def _refuse_if_paid_before(found: Sequence[ImportedOrder], *, refund: bool) -> None:
    """The word of the system before this one counts until Vipps has been heard; how much it is, only Vipps can tell."""
    paid = [question for question in open_questions(found) if question.says_paid]
    if paid and not refund:
        raise AlreadyPaid
    if any(question.answer is None for question in paid):
        raise VippsUnavailable
