"""The inbox: what Vipps delivered, stored once and durably before it is acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.storage.tables import deliveries

# One statement, one commit: the delivery is stored, and its order becomes due at once, which is all a delivery may
# cause. One that names no order of ours is kept for a person; those that name none whatever are one case together. A
# repeat changes nothing at all.
_STORE: Final = text("""
    WITH known AS (SELECT order_id FROM orders WHERE order_id = CAST(:order_uuid AS uuid)),
    stored AS (
        INSERT INTO deliveries (channel, fingerprint, order_id, body, settled_at)
        VALUES (:channel, :fingerprint, :order_id, :body,
                CASE WHEN EXISTS (SELECT 1 FROM known) THEN NULL ELSE clock_timestamp() END)
        ON CONFLICT (channel, fingerprint) DO NOTHING RETURNING delivery_id),
    woken AS (
        UPDATE orders SET due_at = clock_timestamp()
        WHERE order_id = (SELECT order_id FROM known) AND EXISTS (SELECT 1 FROM stored)),
    flagged AS (
        INSERT INTO attention (code, order_id)
        SELECT 'unknown_payment', nullif(:order_id, '')
        WHERE NOT EXISTS (SELECT 1 FROM known) AND EXISTS (SELECT 1 FROM stored)
        ON CONFLICT DO NOTHING RETURNING attention_id)
    SELECT EXISTS (SELECT 1 FROM stored) AS is_new, EXISTS (SELECT 1 FROM known) AS is_known,
           EXISTS (SELECT 1 FROM flagged) AS is_case
""")


@dataclass(frozen=True, slots=True)
class Stored:
    """`is_new`: not a repeat. `is_known`: it names one of our orders. `is_case`: it opened a case for a person."""

    is_new: bool
    is_known: bool
    is_case: bool = False


async def store(
    connection: AsyncConnection,
    *,
    channel: str,
    fingerprint: bytes,
    order_id: str,
    order_uuid: str | None,
    body: bytes,
) -> Stored:
    """Store a delivery unless it is a repeat, and make its order due."""
    parameters = {
        "channel": channel,
        "fingerprint": fingerprint,
        "order_id": order_id,
        "order_uuid": order_uuid,
        "body": body,
    }
    row = (await connection.execute(_STORE, parameters)).one()
    return Stored(is_new=row.is_new, is_known=row.is_known, is_case=row.is_case)


async def last_id(connection: AsyncConnection, order_id: str) -> int | None:
    """Return the newest delivery of an order that is not settled yet."""
    query = select(func.max(deliveries.c.delivery_id)).where(
        deliveries.c.order_id == order_id, deliveries.c.settled_at.is_(None)
    )
    newest: int | None = (await connection.execute(query)).scalar_one()
    return newest


async def settle(connection: AsyncConnection, order_id: str, *, up_to: int) -> None:
    """Mark an order's deliveries as settled, up to the newest there was before Vipps was asked."""
    await connection.execute(
        deliveries.update()
        .where(
            deliveries.c.order_id == order_id,
            deliveries.c.settled_at.is_(None),
            deliveries.c.delivery_id <= up_to,
        )
        .values(settled_at=func.clock_timestamp())
    )


async def is_waiting(connection: AsyncConnection, order_id: str) -> bool:
    """Tell whether an order has a delivery that no read has followed yet."""
    return await last_id(connection, order_id) is not None


async def oldest_unsettled_seconds(connection: AsyncConnection) -> float:
    """Return how old the oldest unsettled delivery is, in seconds; 0 when there is none."""
    query = select(
        func.coalesce(func.extract("epoch", func.clock_timestamp() - func.min(deliveries.c.received_at)), 0)
    ).where(deliveries.c.settled_at.is_(None))
    return float((await connection.execute(query)).scalar_one())
