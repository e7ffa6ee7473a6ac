"""Capture, cancel or refund because a person asked: in part or whole, once, whatever happens on the way.

① ask Vipps what is so now · ② lock, check the sums, write the intent with its reason and actor, commit · ③ carry it out
at once, as the queue would. What is still open after that goes on by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.errors import (
    AmountTooHigh,
    Conflict,
    NothingToCancel,
    NothingToCapture,
    NothingToRefund,
    OrderNotFound,
    PaymentInProgress,
    Refusal,
    Rejected,
    VippsUnavailable,
)
from payments_service.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Purpose,
    next_key,
)
from payments_service.domain.orders import Order
from payments_service.storage import operations
from payments_service.storage.database import Database
from payments_service.use_cases.carry_out import carry_out
from payments_service.use_cases.intend import key_for, write_intent
from payments_service.use_cases.policy import Learned, Nudge, Policy, nobody_counts
from payments_service.use_cases.record_answer import lock_order
from payments_service.use_cases.settle_order import settle_order
from payments_service.vipps.port import PaymentApi


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants moved; no amount means all that is left. `actor` is who asked, `reason` why."""

    order_id: str
    kind: OperationKind
    amount_ore: int | None
    reason: str
    actor: str
    client_key: str | None = None


async def move_money(
    wish: Wish,
    *,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    policy: Policy,
    nudge: Nudge,
    learned: Learned = nobody_counts,
) -> bool:
    """Return whether it is done; False when Vipps has left it open and it goes on by itself.

    Raises the refusals of the contract; Rejected when Vipps said a clear no.
    """
    settled = await settle_order(
        wish.order_id,
        database=database,
        vipps=vipps,
        policy=policy,
        nudge=nudge,
        learned=learned,
        cause=f"before {wish.kind}",
    )
    if settled is None:
        raise OrderNotFound
    async with database.begin() as connection:
        operation = await _intend(connection, wish, is_answered=settled.is_answered)
        claim = await operations.claim(connection, operation.operation_key, lease=policy.lease)
    if claim is not None:
        await carry_out(claim, database=database, vipps=vipps, policy=policy, nudge=nudge, learned=learned)
    async with database.autocommit() as connection:
        after = await operations.find(connection, operation.operation_key)
    if after is not None and after.state is OperationState.REFUSED:
        raise Rejected
    return after is not None and after.state is not OperationState.PENDING


async def _intend(connection: AsyncConnection, wish: Wish, *, is_answered: bool) -> Operation:
    """Phase ②. A repeat under the same client key finds the operation it made the first time."""
    locked = await lock_order(connection, wish.order_id)
    if locked is None:
        raise OrderNotFound
    _, order, _ = locked
    earlier = await operations.of_order(connection, wish.order_id)
    for operation in earlier:
        is_same = (operation.kind, operation.actor, operation.client_key) == (
            wish.kind,
            wish.actor,
            wish.client_key,
        )
        if wish.client_key is not None and is_same:
            return operation
    if order.is_frozen:
        raise PaymentInProgress
    if not is_answered:
        raise VippsUnavailable  # the sums may be out of date, and nothing has been written yet
    if wish.kind is OperationKind.CANCEL:
        operation = await _cancel(connection, wish, order)
    else:
        operation = _operation(wish, order, earlier)
    await write_intent(connection, operation, again_after=timedelta(0))
    return operation


def _operation(wish: Wish, order: Order, earlier: Sequence[Operation]) -> Operation:
    """The operation that fulfils a wish; what is pending counts as spent."""
    mine = [o for o in earlier if o.kind is wish.kind]
    pending = sum(o.amount_ore for o in mine if o.state is OperationState.PENDING)
    done = sum(o.amount_ore for o in mine if o.state is OperationState.DONE)
    if wish.kind is OperationKind.CAPTURE:
        spent = max(order.captured_ore, done) + pending
        left = order.captured_ore + order.held_ore - spent
        nothing: type[Refusal] = NothingToCapture
    else:
        spent = max(order.refunded_ore, done) + pending
        left = order.captured_ore - spent
        nothing = NothingToRefund
    if left <= 0:
        raise nothing
    amount = left if wish.amount_ore is None else wish.amount_ore
    if amount > left:
        raise AmountTooHigh
    key = next_key(order.order_id, wish.kind, len(mine))
    if key is None:
        raise Conflict(
            f"this order's money has been moved in {len(mine)} parts; move the rest in Vipps' portal"
        )
    return Operation(
        key,
        order.order_id,
        wish.kind,
        Purpose.ORGANISER,
        amount,
        before_ore=spent,
        actor=wish.actor,
        reason=wish.reason,
        client_key=wish.client_key,
    )


async def _cancel(connection: AsyncConnection, wish: Wish, order: Order) -> Operation:
    """A cancel closes an open checkout, or lets go of all that is held; there is no cancelling in part."""
    amount = order.held_ore or (order.amount_ore if order.is_open and order.started_at is not None else 0)
    if not amount:
        raise NothingToCancel
    if wish.amount_ore is not None and wish.amount_ore != amount:
        raise AmountTooHigh
    key = await key_for(connection, order, wish.kind, Purpose.ORGANISER, again_after=timedelta(0))
    if key is None:
        raise Rejected  # it has said no as often as there are keys
    return Operation(
        key,
        order.order_id,
        wish.kind,
        Purpose.ORGANISER,
        amount,
        actor=wish.actor,
        reason=wish.reason,
        client_key=wish.client_key,
    )
