"""Intended moves of money in the database: written down before anything is sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, case, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.operations import Operation, OperationKind, OperationState, Purpose
from payments_service.storage.claims import Claim, finished
from payments_service.storage.tables import operations


async def intend(connection: AsyncConnection, operation: Operation, *, again_after: timedelta) -> bool:
    """Write down that an operation is to be sent now. False when it is already pending, or was tried too lately.

    The key is the identity: an operation that was refused, or done without visible effect, is taken up again with the
    same key once `again_after` has passed; a dropped one, or one that was meant for something else, at once. A pending
    one only changes its purpose, and never to the weakest, which is to close a checkout that nobody has approved.
    """
    t = operations.c
    now = func.clock_timestamp()
    statement = insert(operations).values(
        operation_key=operation.operation_key,
        order_id=operation.order_id,
        kind=str(operation.kind),
        purpose=str(operation.purpose),
        amount_ore=operation.amount_ore,
        before_ore=operation.before_ore,
        reason=operation.reason,
        actor=operation.actor,
        client_key=operation.client_key,
        due_at=now,
    )
    upsert = statement.on_conflict_do_update(
        index_elements=[t.operation_key],
        set_={
            "state": "pending",
            "purpose": statement.excluded.purpose,
            "reason": statement.excluded.reason,
            "actor": statement.excluded.actor,
            "client_key": statement.excluded.client_key,
            "due_at": now,
            # what is taken up again begins anew; what is pending goes on with its doubts
            "attempts": case((t.state == "pending", t.attempts), else_=0),
            "is_in_doubt": and_(t.state == "pending", t.is_in_doubt),
            "lease_until": case((t.state == "pending", t.lease_until), else_=None),
            "updated_at": now,
        },
        where=or_(
            and_(
                t.state == "pending",
                t.purpose != str(operation.purpose),
                literal(operation.purpose is not Purpose.CLOSE),
            ),
            t.state == "dropped",
            and_(
                t.state.in_(["refused", "done"]),
                or_(t.purpose != str(operation.purpose), t.updated_at < now - again_after),
            ),
        ),
    ).returning(t.operation_key)
    return (await connection.execute(upsert)).one_or_none() is not None


async def find(connection: AsyncConnection, operation_key: str) -> Operation | None:
    """Return an operation without locking it."""
    row = (
        await connection.execute(select(operations).where(operations.c.operation_key == operation_key))
    ).one_or_none()
    return None if row is None else _operation(row)


async def of_order(connection: AsyncConnection, order_id: str) -> list[Operation]:
    """Return all operations of an order in the order they were made."""
    query = select(operations).where(operations.c.order_id == order_id).order_by(operations.c.created_at)
    return [_operation(row) for row in await connection.execute(query)]


async def claim(connection: AsyncConnection, operation_key: str, *, lease: timedelta) -> Claim | None:
    """Claim one pending operation that nobody holds; None when somebody does, or it is over."""
    t = operations.c
    row = (
        await connection.execute(
            operations.update()
            .where(t.operation_key == operation_key, t.state == "pending")
            .where(or_(t.lease_until.is_(None), t.lease_until < func.clock_timestamp()))
            .values(lease_until=func.clock_timestamp() + lease, fence=t.fence + 1)
            .returning(t.fence)
        )
    ).one_or_none()
    return None if row is None else Claim(operation_key, row.fence)


async def conclude(
    connection: AsyncConnection, operation_key: str, state: OperationState, *, answer: str
) -> None:
    """Write how an operation ended; it is no longer due. `answer` is a short word or code, never a body."""
    await connection.execute(
        operations.update()
        .where(operations.c.operation_key == operation_key)
        .values(
            state=str(state),
            last_answer=answer[:200],
            due_at=None,
            lease_until=None,
            is_in_doubt=False,
            updated_at=func.clock_timestamp(),
        )
    )


async def call_off_close(connection: AsyncConnection, order_id: str) -> bool:
    """Call off the closing of a checkout that was never sent. False when one was sent, and not refused.

    The caller has locked the order, as whoever sends an operation does before its first try.
    """
    t = operations.c
    mine = (t.order_id == order_id) & (t.kind == "cancel")
    await connection.execute(
        operations.update()
        .where(mine, t.state == "pending", t.attempts == 0)
        .values(state="dropped", due_at=None, lease_until=None, last_answer="called off")
    )
    sent = select(operations).where(mine, t.state.in_(["pending", "done"])).exists()
    return not (await connection.execute(select(sent))).scalar_one()


async def is_resting(connection: AsyncConnection, operation_key: str, *, pause: timedelta) -> bool:
    """Tell whether an operation was touched within the last `pause`."""
    t = operations.c
    query = select(t.updated_at > func.clock_timestamp() - pause).where(t.operation_key == operation_key)
    return bool((await connection.execute(query)).scalar_one())


async def begin_attempt(connection: AsyncConnection, claim: Claim) -> bool:
    """Count a try that is about to be sent, in doubt until it is answered. False: somebody else has claimed it."""
    done = await connection.execute(
        operations.update()
        .where(
            operations.c.operation_key == claim.key,
            finished(claim, operations),
            operations.c.state == "pending",
        )
        .values(attempts=operations.c.attempts + 1, is_in_doubt=True, updated_at=func.clock_timestamp())
    )
    return done.rowcount == 1


async def postpone(
    connection: AsyncConnection, claim: Claim, *, due_at: datetime, is_in_doubt: bool, answer: str
) -> bool:
    """Try again later. False: somebody else has claimed it since."""
    done = await connection.execute(
        operations.update()
        .where(
            operations.c.operation_key == claim.key,
            finished(claim, operations),
            operations.c.state == "pending",
        )
        .values(
            due_at=due_at,
            lease_until=None,
            is_in_doubt=is_in_doubt,
            last_answer=answer[:200],
            updated_at=func.clock_timestamp(),
        )
    )
    return done.rowcount == 1


def _operation(row: Row[Any]) -> Operation:
    return Operation(
        operation_key=row.operation_key,
        order_id=row.order_id,
        kind=OperationKind(row.kind),
        purpose=Purpose(row.purpose),
        amount_ore=row.amount_ore,
        state=OperationState(row.state),
        before_ore=row.before_ore,
        attempts=row.attempts,
        is_in_doubt=row.is_in_doubt,
        actor=row.actor,
        client_key=row.client_key,
        reason=row.reason,
    )
