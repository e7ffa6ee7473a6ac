"""Ask Vipps about an order of the system before this one, and make it an order of ours when Vipps knows it.

① read what the old system said, commit nothing · ② ask Vipps · ③ lock the member's registration and the row; write the
order with the amount and sums that Vipps names, or that Vipps knows no such payment, or when to ask again; decide about
the registration, commit. Doing it twice, or twice at once, makes one order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from payments_service.domain.imported import Answer
from payments_service.domain.readings import NoSuchPayment, Reading
from payments_service.storage import imported_orders, registrations
from payments_service.storage.claims import Claim
from payments_service.storage.database import Database
from payments_service.use_cases.policy import Nudge, Policy, Queue
from payments_service.use_cases.record_imported_answer import Outcome, record_imported_answer
from payments_service.use_cases.take_over_imported import imported_of
from payments_service.vipps.errors import TryAgain, VippsError
from payments_service.vipps.port import PaymentApi


@dataclass(frozen=True, slots=True)
class Asked:
    """How it ended, and for how many seconds Vipps asked not to be asked anything."""

    outcome: Outcome
    pause: float = 0.0


async def read_imported_order(
    order_id: str,
    *,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    policy: Policy,
    nudge: Nudge,
    cause: str,
    claim: Claim | None = None,
    timeout: float | None = None,
) -> Asked:
    """Ask about one. All of them were started in eCom."""
    async with database.autocommit() as connection:
        known = await imported_orders.find(connection, order_id)
        if known is None or known.answer in (Answer.KNOWN, Answer.DISREGARDED):
            if claim is not None:
                await imported_orders.let_go(connection, claim)
            return Asked(Outcome.NOTHING_TO_ASK)
    answer = await _ask(vipps["ecom"], order_id, timeout or policy.vipps_timeout)
    async with database.begin() as connection:
        outcome, conclusion = await record_imported_answer(
            connection, known, answer, policy=policy, cause=cause, claim=claim
        )
    if outcome is Outcome.KNOWN:
        nudge(Queue.ORDERS)
    if conclusion is not None:
        conclusion.nudge(nudge)
    return Asked(outcome, _pause(answer))


def _pause(answer: object) -> float:
    return (answer.retry_after_seconds or 1.0) if isinstance(answer, TryAgain) else 0.0


async def settle_imported_orders(
    registration_id: str,
    *,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    policy: Policy,
    nudge: Nudge,
    cause: str,
    timeout: float | None = None,
) -> None:
    """Ask about all that are not answered of the pair that a registration is for, at once, unless it is too early."""
    async with database.autocommit() as connection:
        registration = await registrations.find(connection, registration_id)
        found = [] if registration is None else await imported_of(connection, registration)
    asked = (
        read_imported_order(
            imported.order_id,
            database=database,
            vipps=vipps,
            policy=policy,
            nudge=nudge,
            cause=cause,
            timeout=timeout,
        )
        for imported in found
        if imported.answer is None and not imported.is_resting
    )
    await asyncio.gather(*asked)


async def _ask(api: PaymentApi, order_id: str, timeout: float) -> Reading | NoSuchPayment | VippsError:
    try:
        return await api.read(order_id, timeout=timeout)
    except VippsError as error:
        return error
