"""Write down that money is to move or a checkout is to end. Nothing is sent here: whoever claims the row does that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Purpose,
    needs_new_key,
    next_key,
)
from payments_service.domain.orders import Order, StatusReason
from payments_service.storage import history, operations

CAPTURE_AGAIN: Final = timedelta(seconds=60)
# eCom allows five cancels a minute, the contract asks for one in 15 s
CLOSE_AGAIN: Final = timedelta(seconds=12)
REFUND_AGAIN: Final = timedelta(hours=1)


async def intend_capture(connection: AsyncConnection, order: Order) -> bool:
    """Write down that an order's whole reservation is to be taken."""
    return await _intend(connection, order, OperationKind.CAPTURE, Purpose.CAPTURE, CAPTURE_AGAIN)


async def intend_give_back(
    connection: AsyncConnection, order: Order, purpose: Purpose, *, reason: str
) -> bool:
    """Write down that an order's money goes back: a reservation is let go, captured money is refunded."""
    if order.held_ore:
        return await _intend(connection, order, OperationKind.CANCEL, purpose, CLOSE_AGAIN, reason=reason)
    return await intend_refund(connection, order, purpose, reason=reason)


async def intend_close(connection: AsyncConnection, order: Order, reason: StatusReason) -> bool:
    """Write down that a checkout is to be cancelled at Vipps while nobody has approved it."""
    if order.started_at is None:
        return False  # the start is still on its way; its outcome is recorded first
    return await _intend(connection, order, OperationKind.CANCEL, Purpose.CLOSE, CLOSE_AGAIN, reason=reason)


async def intend_refund(connection: AsyncConnection, order: Order, purpose: Purpose, *, reason: str) -> bool:
    """Write down that all of an order's money that is still here, and not already on its way back, goes back."""
    earlier = [
        o for o in await operations.of_order(connection, order.order_id) if o.kind is OperationKind.REFUND
    ]
    pending = sum(o.amount_ore for o in earlier if o.state is OperationState.PENDING)
    done = sum(o.amount_ore for o in earlier if o.state is OperationState.DONE)
    amount = order.captured_ore - max(order.refunded_ore, done) - pending
    if amount <= 0:
        return False
    refused = [o for o in earlier if o.state is OperationState.REFUSED and o.amount_ore == amount]
    key = await _key(
        connection,
        order,
        OperationKind.REFUND,
        purpose,
        refused[-1:],
        earlier,
        again_after=REFUND_AGAIN,
    )
    if key is None:
        return False
    operation = Operation(
        key,
        order.order_id,
        OperationKind.REFUND,
        purpose,
        amount,
        before_ore=order.refunded_ore,
        reason=reason,
    )
    return await write_intent(connection, operation, again_after=REFUND_AGAIN)


async def _intend(
    connection: AsyncConnection,
    order: Order,
    kind: OperationKind,
    purpose: Purpose,
    again_after: timedelta,
    reason: str | None = None,
) -> bool:
    key = await key_for(connection, order, kind, purpose, again_after=again_after)
    if key is None:
        return False
    amount = order.held_ore or order.amount_ore
    operation = Operation(key, order.order_id, kind, purpose, amount, reason=reason)
    return await write_intent(connection, operation, again_after=again_after)


async def key_for(
    connection: AsyncConnection,
    order: Order,
    kind: OperationKind,
    purpose: Purpose,
    *,
    again_after: timedelta,
) -> str | None:
    """Return the key for an operation that there is one of at a time; None when it is too early for another try."""
    earlier = [o for o in await operations.of_order(connection, order.order_id) if o.kind is kind]
    return await _key(connection, order, kind, purpose, earlier[-1:], earlier, again_after=again_after)


async def _key(
    connection: AsyncConnection,
    order: Order,
    kind: OperationKind,
    purpose: Purpose,
    same: Sequence[Operation],
    earlier: Sequence[Operation],
    *,
    again_after: timedelta,
) -> str | None:
    """The key of the operation that this is a repeat of, or the next one. `same`: what it would repeat, if anything."""
    following = next_key(order.order_id, kind, len(earlier))
    if not same:
        return following
    latest = same[-1]
    if not needs_new_key(latest, purpose, order.vipps_api):
        return latest.operation_key
    if following is None:
        return None  # Vipps said no for days: by now it is a person's matter, and a case says so
    if latest.state is OperationState.PENDING:
        await operations.conclude(
            connection, latest.operation_key, OperationState.DROPPED, answer="wanted otherwise"
        )
    elif latest.purpose is purpose and await operations.is_resting(
        connection, latest.operation_key, pause=_longer(again_after, len(earlier) + 1)
    ):
        return None
    return following


def _longer(pause: timedelta, number: int) -> timedelta:
    """What was refused often is tried less often: ten times as seldom after ten tries, hourly after forty."""
    if number <= 10:
        return pause
    return pause * 10 if number <= 40 else max(pause, timedelta(hours=1))


async def write_intent(connection: AsyncConnection, operation: Operation, *, again_after: timedelta) -> bool:
    is_new = await operations.intend(connection, operation, again_after=again_after)
    if is_new:
        await history.record(
            connection,
            f"{operation.kind}_intended",
            order_id=operation.order_id,
            operation_key=operation.operation_key,
            amount_ore=operation.amount_ore,
            purpose=str(operation.purpose),
            reason=operation.reason,
            actor=operation.actor,
        )
    return is_new
