"""Carry out one intended capture, cancel or refund, however often it takes, and at most once.

① claim it, look whether it has happened or is no longer wanted, commit that it is being tried · ② call Vipps with the
operation's own key · ③ write the answer, commit; then ask Vipps what became of it, since amounts come from answers to
reads only. A try whose outcome nobody knows is read back before the same key is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.decisions import Attention
from payments_service.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Purpose,
    is_still_wanted,
)
from payments_service.domain.orders import Order
from payments_service.storage import history, operations, orders
from payments_service.storage.claims import Claim
from payments_service.storage.database import Database, database_now
from payments_service.use_cases.policy import Learned, Nudge, Policy, nobody_counts
from payments_service.use_cases.record_answer import lock_order
from payments_service.use_cases.settle_order import settle_order
from payments_service.use_cases.tell_backend import open_case
from payments_service.vipps.errors import OutcomeUnknown, Rejected, VippsError
from payments_service.vipps.port import PaymentApi

_TEXTS: Final = {
    OperationKind.CAPTURE: "Betalt plass",
    OperationKind.CANCEL: "Betalingen er avsluttet",
    OperationKind.REFUND: "Tilbakebetaling",
}
#: At one try in 12.5 s a quarter of an hour: by then a reservation that is not taken is a person's matter as well.
TRIES_BEFORE_A_CASE: Final = 72


async def carry_out(
    claim: Claim,
    *,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    policy: Policy,
    nudge: Nudge,
    learned: Learned = nobody_counts,
) -> None:
    """Carry out the claimed operation, or find that there is nothing to do any more."""
    async with database.autocommit() as connection:
        operation = await operations.find(connection, claim.key)
    if operation is None or operation.state is not OperationState.PENDING:
        return
    settle = partial(
        settle_order,
        operation.order_id,
        database=database,
        vipps=vipps,
        policy=policy,
        nudge=nudge,
        learned=learned,
    )
    if operation.is_in_doubt:
        settled = await settle(cause="read back")
        if settled is None or not settled.is_answered:
            answer = "could not be read back"
            await _postpone(claim, database, policy, operation, is_in_doubt=True, answer=answer, wait=None)
            return
    begun = await _begin(claim, operation.order_id, database)
    if begun is None:
        return
    order, operation = begun
    try:
        await _send(vipps[order.vipps_api], operation, policy)
    except Rejected as error:
        await _refused(operation, database, policy, error)
    except OutcomeUnknown as error:
        # read back at once, below: often the answer shows that it was done
        await _postpone(claim, database, policy, operation, is_in_doubt=True, answer=str(error), wait=None)
    except VippsError as error:
        wait = error.retry_after_seconds
        await _postpone(claim, database, policy, operation, is_in_doubt=False, answer=str(error), wait=wait)
        return
    else:
        await _done(operation, database)
    await settle(cause=f"after {operation.kind}")


async def _begin(claim: Claim, order_id: str, database: Database) -> tuple[Order, Operation] | None:
    """Phase ①. The operation as it is now, for its purpose may have changed since; None when there is nothing to send.

    From here on its purpose, and with it what is sent under its key, stays as it is.
    """
    async with database.begin() as connection:
        locked = await lock_order(connection, order_id)
        if locked is None:
            return None
        _, order, _ = locked
        operation = await operations.find(connection, claim.key)
        if operation is None or operation.state is not OperationState.PENDING:
            return None
        if not is_still_wanted(operation, order):
            await operations.conclude(
                connection, claim.key, OperationState.DROPPED, answer="no longer wanted"
            )
            await _record(connection, "dropped", operation)
            await orders.read_soon(connection, order.order_id)  # what is wanted now is decided anew
            return None
        return (order, operation) if await operations.begin_attempt(connection, claim) else None


async def _send(api: PaymentApi, operation: Operation, policy: Policy) -> None:
    """Phase ②. The key is the operation's own, the same at every try."""
    text, timeout = _TEXTS[operation.kind], policy.vipps_timeout
    key, order_id = operation.operation_key, operation.order_id
    match operation.kind:
        case OperationKind.CAPTURE:
            await api.capture(order_id, amount_ore=operation.amount_ore, key=key, text=text, timeout=timeout)
        case OperationKind.CANCEL:
            is_close = operation.purpose is Purpose.CLOSE
            await api.cancel(order_id, key=key, text=text, timeout=timeout, only_unapproved=is_close)
        case OperationKind.REFUND:
            await api.refund(order_id, amount_ore=operation.amount_ore, key=key, text=text, timeout=timeout)


async def _done(operation: Operation, database: Database) -> None:
    """A yes ends the operation, and makes its order due: should we die now, somebody else reads what became of it."""
    async with database.begin() as connection:
        await orders.read_soon(connection, operation.order_id)
        await operations.conclude(connection, operation.operation_key, OperationState.DONE, answer="yes")
        await _record(connection, "done", operation, how="answered")


async def _refused(operation: Operation, database: Database, policy: Policy, error: Rejected) -> None:
    """A clear no is the end of this try, not of the matter: the read that follows decides what is wanted next."""
    async with database.begin() as connection:
        # the order before its operation, as everywhere
        await orders.read_soon(connection, operation.order_id)
        await operations.conclude(
            connection, operation.operation_key, OperationState.REFUSED, answer=error.code
        )
        await _record(connection, "refused", operation, code=error.code)
        if operation.kind is OperationKind.CAPTURE:
            await _open_not_captured(connection, operation.order_id, policy)


async def _open_not_captured(connection: AsyncConnection, order_id: str, policy: Policy) -> None:
    """A person is told; the case closes by itself when the money is taken."""
    order = await orders.find(connection, order_id)
    if order is not None:
        await open_case(
            connection,
            Attention.RESERVED_NOT_CAPTURED,
            policy=policy,
            event_id=order.event_id,
            registration_id=order.registration_id,
            order_id=order_id,
        )


async def _postpone(
    claim: Claim,
    database: Database,
    policy: Policy,
    operation: Operation,
    *,
    is_in_doubt: bool,
    answer: str,
    wait: float | None,
) -> None:
    """Try again later: after 5 s first, then every 12 s, which is as often as Vipps allows (five a minute)."""
    seconds = max(5.0 if operation.attempts == 0 else 12.5, wait or 0.0)
    async with database.begin() as connection:
        now = await database_now(connection)
        due_at = now + timedelta(seconds=seconds)
        await operations.postpone(connection, claim, due_at=due_at, is_in_doubt=is_in_doubt, answer=answer)
        if operation.kind is OperationKind.CAPTURE and operation.attempts == TRIES_BEFORE_A_CASE:
            await _open_not_captured(connection, operation.order_id, policy)
        if operation.attempts < 2:
            what = "in_doubt" if is_in_doubt else "postponed"
            await _record(connection, what, operation, answer=answer)


async def _record(connection: AsyncConnection, what: str, operation: Operation, **evidence: str) -> None:
    await history.record(
        connection,
        f"{operation.kind}_{what}",
        order_id=operation.order_id,
        operation_key=operation.operation_key,
        amount_ore=operation.amount_ore,
        **evidence,
    )
