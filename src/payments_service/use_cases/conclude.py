"""Decide about a registration and write down everything that follows; the common end of every use case.

Runs inside the caller's transaction, with the registration locked. What must happen outside (captures, cancels,
refunds, releases) is written as rows here and carried out afterwards by whoever claims them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.decisions import Verdict, decide
from payments_service.domain.operations import (
    Purpose,
)
from payments_service.domain.orders import Order, StatusReason
from payments_service.domain.registrations import Registration, RegistrationStatus
from payments_service.storage import attention, history, orders, registrations
from payments_service.use_cases.intend import intend_capture, intend_close, intend_give_back
from payments_service.use_cases.policy import Nudge, Policy, Queue
from payments_service.use_cases.take_over_imported import take_over_imported
from payments_service.use_cases.tell_backend import (
    open_case,
    tell_of_registration,
    tell_of_seat_paid_before,
)

WAIT_FOR_ORDERS: Final = timedelta(seconds=15)  # a safety net; settling an order decides anew by itself
SHADOW_AGAIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What was decided, and the queues that have got work by it."""

    verdict: Verdict
    registration: Registration
    queues: frozenset[Queue]

    def nudge(self, nudge: Nudge) -> None:
        """Wake the queues. Only after the transaction has been committed."""
        for queue in self.queues:
            nudge(queue)


async def conclude(
    connection: AsyncConnection, registration: Registration, *, now: datetime, policy: Policy, cause: str
) -> Conclusion:
    """Decide, and write the registration, its orders' roles, operations, open cases and the evidence."""
    mine = await orders.of_registration(connection, registration.registration_id, lock=True)
    mine, questions = await take_over_imported(connection, registration, mine)
    verdict = decide(registration, mine, now=now, rules=policy.rules, has_open_question=bool(questions))
    queues: set[Queue] = {Queue.IMPORTED} if questions else set()
    await _choose_payer(connection, mine, verdict)
    if await _write_operations(connection, registration, mine, verdict):
        queues.add(Queue.OPERATIONS)
    await _write_cases(connection, registration, verdict, policy)
    await tell_of_registration(connection, registration, verdict.status, policy=policy)
    payer = next((order for order in mine if order.order_id == verdict.pays_seat), None)
    await tell_of_seat_paid_before(connection, registration, payer, policy=policy)
    if (
        verdict.status is not registration.status
        or verdict.release
        or _is_first_shadow(registration, verdict)
    ):
        await history.record(
            connection,
            "decided",
            registration_id=registration.registration_id,
            **_evidence(registration, mine, verdict, now, cause),
            unanswered=[question.order_id for question in questions] or None,
        )
    if verdict.release:
        queues.add(Queue.REGISTRATIONS)
    changes = _changes(registration, verdict, now)
    if verdict.status is not registration.status or now >= registration.payment_expiredate:
        due_at = _due_at(registration, verdict, now)
        values = {**changes, "status": str(verdict.status)}
        await registrations.update(connection, registration.registration_id, due_at=due_at, **values)
    return Conclusion(verdict, replace(registration, **changes), frozenset(queues))


def _changes(registration: Registration, verdict: Verdict, now: datetime) -> dict[str, Any]:
    status = verdict.status
    is_sealed = status in (RegistrationStatus.EXPIRING, RegistrationStatus.HELD)
    changes: dict[str, Any] = {"status": status}
    changes["sealed_at"] = (registration.sealed_at or now) if is_sealed else None
    changes["held_since"] = (registration.held_since or now) if status is RegistrationStatus.HELD else None
    if _is_first_shadow(registration, verdict):
        changes["shadow_decided_at"] = now
    if not registration.has_seat:
        changes["sealed_at"] = registration.sealed_at
    return changes


def _due_at(registration: Registration, verdict: Verdict, now: datetime) -> datetime | None:
    if verdict.release:
        return now
    match verdict.status:
        case RegistrationStatus.AWAITING_PAYMENT:
            deadline = registration.payment_expiredate
            return (
                deadline
                if deadline > now
                else now + (SHADOW_AGAIN if verdict.would_release else WAIT_FOR_ORDERS)
            )
        case RegistrationStatus.EXPIRING | RegistrationStatus.HELD:
            return now + WAIT_FOR_ORDERS
        case _:
            return None


def _is_first_shadow(registration: Registration, verdict: Verdict) -> bool:
    return verdict.would_release and registration.shadow_decided_at is None


async def _choose_payer(connection: AsyncConnection, mine: Sequence[Order], verdict: Verdict) -> None:
    """Let go before taking: one order pays a seat, and an index says so. What goes back is marked until it has gone."""
    for order in mine:
        returns = order.order_id in verdict.give_back
        if (order.pays_seat and order.order_id != verdict.pays_seat) or (returns and not order.is_returning):
            await orders.update(
                connection, order.order_id, pays_seat=False, is_returning=returns or order.is_returning
            )
    for order in mine:
        if not order.pays_seat and order.order_id == verdict.pays_seat:
            await orders.update(connection, order.order_id, pays_seat=True)


async def _write_operations(
    connection: AsyncConnection, registration: Registration, mine: Sequence[Order], verdict: Verdict
) -> bool:
    """Write every operation the verdict asks for; True when there is a new one."""
    by_id = {order.order_id: order for order in mine}
    reason = StatusReason.SUPERSEDED if registration.has_seat else StatusReason.LATE
    is_new = False
    for order_id in verdict.capture:
        is_new |= await intend_capture(connection, by_id[order_id])
    for order_id in verdict.close:
        why = StatusReason.SUPERSEDED if registration.has_seat else StatusReason.CANCELLED_BY_MEMBER
        is_new |= await intend_close(connection, by_id[order_id], why)
    for order_id in verdict.give_back:
        is_new |= await intend_give_back(connection, by_id[order_id], Purpose.GIVE_BACK, reason=reason)
    return is_new


async def _write_cases(
    connection: AsyncConnection, registration: Registration, verdict: Verdict, policy: Policy
) -> None:
    await attention.close_settled(connection, registration.registration_id, still_open=verdict.attention)
    for code, order_id in verdict.attention:
        await open_case(
            connection,
            code,
            policy=policy,
            event_id=registration.event_id,
            registration_id=registration.registration_id,
            order_id=order_id,
        )


def _evidence(
    registration: Registration, mine: Sequence[Order], verdict: Verdict, now: datetime, cause: str
) -> dict[str, Any]:
    """Everything the decision was made from, so that it can be made again by hand."""
    return {
        "rule": verdict.rule,
        "status_before": str(registration.status),
        "status": str(verdict.status),
        "cause": cause,
        "clock": now,
        "payment_expiredate": registration.payment_expiredate,
        "orders": [
            {
                "order_id": order.order_id,
                "status": str(order.status),
                "is_closed": order.is_closed,
                "captured_ore": order.captured_ore,
                "refunded_ore": order.refunded_ore,
                "held_ore": order.held_ore,
                "read_at": order.read_at and order.read_at.isoformat(),
                "read_sha256": order.read_sha256,
            }
            for order in mine
        ],
    }
