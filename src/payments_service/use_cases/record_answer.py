"""Write what Vipps answered about an order, and everything that follows from it; the third phase of settling.

Runs inside the caller's transaction. Takes the locks itself, always in this order: registration, orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.applying import Applied, apply, unanswered
from payments_service.domain.decisions import Attention
from payments_service.domain.operations import Operation, OperationKind, OperationState, has_happened
from payments_service.domain.orders import Order, StatusReason
from payments_service.domain.polling import next_read, next_read_after_silence
from payments_service.domain.readings import LogEntry, NoSuchPayment, Reading
from payments_service.domain.registrations import Registration
from payments_service.storage import attention, history, operations, orders, registrations
from payments_service.storage.claims import Claim
from payments_service.storage.database import database_now
from payments_service.use_cases.conclude import Conclusion, conclude
from payments_service.use_cases.intend import intend_close
from payments_service.use_cases.policy import Policy, Queue
from payments_service.use_cases.recover_link import Recovered
from payments_service.use_cases.tell_backend import open_case, tell_of_order
from payments_service.vipps.errors import VippsError

_COLUMNS: Final = [
    "authorized_ore",
    "captured_ore",
    "refunded_ore",
    "held_ore",
    "payment_link",
    "started_at",
    "checkout_ends_at",
    "paid_at",
    "unanswered_since",
    "missing_since",
    "read_at",
    "read_sha256",
    "is_closed",
    "is_frozen",
    "is_declined",
    "is_pushed",
]


@dataclass(frozen=True, slots=True)
class Settled:
    """The order after Vipps was asked. `is_answered` is False when Vipps gave nothing to go by.

    `first_learned` is True when this was the moment we learned that the order was paid or over; `how` is what made us
    ask: a `callback`, the `poll` of an open checkout, the `sweep` after it, or somebody who wanted to know (`sync`).
    """

    order: Order
    is_answered: bool
    first_learned: bool
    how: str = "poll"


async def record_answer(
    connection: AsyncConnection,
    order_id: str,
    answer: Reading | NoSuchPayment | VippsError,
    recovered: Recovered | None = None,
    *,
    policy: Policy,
    cause: str,
    claim: Claim | None,
) -> tuple[Settled, Conclusion | None, datetime | None] | None:
    """Return what is so now, what was decided, and when to ask again; None when somebody else has claimed the order."""
    locked = await lock_order(connection, order_id)
    if locked is None or (claim is not None and await orders.fence_of(connection, order_id) != claim.fence):
        return None
    registration, order, now = locked
    ops = await operations.of_order(connection, order_id)
    begun = _given_up(order, policy, now) if claim is not None else order
    begun = recovered.applied_to(begun) if recovered is not None else begun
    applied = _apply(begun, answer, ops, now)
    await _write(connection, order, applied, cause, policy)
    entries = answer.entries if isinstance(answer, Reading) else ()
    await _finish_operations(connection, order, applied.order, ops, entries)
    is_operation_new = await _close_what_lingers(connection, applied, now)
    conclusion = None
    if registration is not None:
        conclusion = await conclude(connection, registration, now=now, policy=policy, cause=cause)
        if is_operation_new:
            conclusion = replace(conclusion, queues=conclusion.queues | {Queue.OPERATIONS})
    elif applied.order.is_closed and not applied.order.is_paid:
        await attention.close_case_of_order(connection, Attention.PAID_WITHOUT_SEAT, order_id)
    settled = Settled(applied.order, applied.is_answer, _is_news(order, applied.order))
    return settled, conclusion, _next_at(applied, answer, ops, now)


async def lock_order(
    connection: AsyncConnection, order_id: str
) -> tuple[Registration | None, Order, datetime] | None:
    """Lock an order's registration, then the order, always in this order; with the database's clock after that."""
    for _ in range(5):
        seen = await orders.find(connection, order_id)
        if seen is None:
            return None
        if seen.registration_id is None:
            return None, seen, await database_now(connection)
        locked = await registrations.lock(connection, seen.registration_id)
        mine = await orders.of_registration(connection, seen.registration_id, lock=True)
        for order in mine:
            if order.order_id == order_id:
                # nobody but erasure removes a registration, and that takes its orders along
                return (
                    (locked[0] if locked else None),
                    order,
                    locked[1] if locked else await database_now(connection),
                )
        # handed over to another registration between the two reads: follow it
    return None


def _apply(
    order: Order, answer: Reading | NoSuchPayment | VippsError, ops: list[Operation], now: datetime
) -> Applied:
    if isinstance(answer, VippsError):
        return unanswered(order, now, "silent")
    return apply(order, answer, ops, now=now)


def _given_up(order: Order, policy: Policy, now: datetime) -> Order:
    """A start that nobody recorded the end of counts as given up when its lease has ended and somebody else reads."""
    if order.started_at is not None or not order.is_open:
        return order
    return replace(order, started_at=now, checkout_ends_at=now + policy.checkout)


async def _write(
    connection: AsyncConnection, before: Order, applied: Applied, cause: str, policy: Policy
) -> None:
    after = applied.order
    values: dict[str, Any] = {
        name: getattr(after, name) for name in _COLUMNS if getattr(after, name) != getattr(before, name)
    }
    if after.status is not before.status:
        values |= {
            "status": str(after.status),
            "status_reason": after.status_reason and str(after.status_reason),
        }
    if before.is_start_repeatable and not after.is_start_repeatable:
        values["start_request"] = None  # it names the member, and nobody asks again
        await _record_link(connection, after)
    if values:
        await orders.update(connection, after.order_id, **values)
        await tell_of_order(connection, before, after, policy=policy)
    if applied.what in ("same", "stale", "still missing", "still frozen") or (
        not applied.is_answer and before.unanswered_since
    ):
        return
    await history.record(
        connection,
        "vipps_" + applied.what.replace(" ", "_"),
        order_id=after.order_id,
        registration_id=after.registration_id,
        cause=cause,
        detail=applied.detail,
        status_before=str(before.status),
        status=str(after.status),
        status_reason=after.status_reason and str(after.status_reason),
        captured_ore=after.captured_ore,
        refunded_ore=after.refunded_ore,
        held_ore=after.held_ore,
        body_sha256=after.read_sha256,
    )
    if after.is_frozen and not before.is_frozen:
        await open_case(
            connection,
            Attention.AMOUNT_MISMATCH,
            policy=policy,
            event_id=after.event_id,
            registration_id=after.registration_id,
            order_id=after.order_id,
        )


async def _record_link(connection: AsyncConnection, order: Order) -> None:
    """Say in the history what became of a link that nobody had."""
    if order.is_open:
        await history.record(
            connection,
            "link_recovered" if order.was_answered else "link_lost",
            order_id=order.order_id,
            registration_id=order.registration_id,
        )


async def _finish_operations(
    connection: AsyncConnection,
    before: Order,
    order: Order,
    ops: list[Operation],
    entries: Sequence[LogEntry],
) -> None:
    """What Vipps' answer shows to have happened has happened, whoever did it."""
    for operation in ops:
        if operation.state is OperationState.PENDING and has_happened(operation, order, entries):
            await operations.conclude(
                connection, operation.operation_key, OperationState.DONE, answer="seen at Vipps"
            )
            await history.record(
                connection,
                f"{operation.kind}_done",
                order_id=order.order_id,
                operation_key=operation.operation_key,
                amount_ore=operation.amount_ore,
                how="seen at Vipps",
            )
    if order.captured_ore and order.registration_id is not None and not before.captured_ore:
        await attention.close_cases(
            connection, Attention.RESERVED_NOT_CAPTURED, registration_id=order.registration_id
        )


async def _close_what_lingers(connection: AsyncConnection, applied: Applied, now: datetime) -> bool:
    """Cancel at Vipps what can no longer be approved, or what nobody can approve since its link was lost."""
    order = applied.order
    if not applied.is_answer or order.is_closed or order.held_ore or order.captured_ore or order.is_frozen:
        return False
    if order.missing_since is not None:
        return False
    is_link_lost = not order.was_answered and not order.is_start_repeatable
    if is_link_lost and order.started_at is not None and order.read_at is not None:
        return await intend_close(connection, order, StatusReason.SUPERSEDED)
    if order.checkout_ends_at is not None and now >= order.checkout_ends_at:
        reason = StatusReason.DECLINED if order.is_declined else StatusReason.TIMED_OUT
        return await intend_close(connection, order, reason)
    return False


def _is_news(before: Order, after: Order) -> bool:
    return (after.is_paid and not before.is_paid) or (
        after.is_closed and not before.is_closed and not before.is_paid
    )


def _next_at(applied: Applied, answer: object, ops: Sequence[Operation], now: datetime) -> datetime | None:
    order = applied.order
    if order.unanswered_since is not None:
        retry_after = answer.retry_after_seconds if isinstance(answer, VippsError) else None
        return next_read_after_silence(now=now, silent_since=order.unanswered_since, retry_after=retry_after)
    refunds = (o for o in ops if o.kind is OperationKind.REFUND and o.state is OperationState.DONE)
    return next_read(order, now=now, refunds_ordered_ore=sum(o.amount_ore for o in refunds))
