"""Take a callback of Vipps' eCom API: check that it is genuine, store it once, say so; settle it afterwards.

Nothing in its body is believed. All it causes is that Vipps is asked about the order.
"""

from __future__ import annotations

import hashlib

from payments_service.domain.orders import is_order_id
from payments_service.storage import deliveries
from payments_service.storage.database import Database
from payments_service.storage.deliveries import Stored
from payments_service.use_cases.policy import Nudge, Queue


async def receive_callback(
    *, channel: str, order_id: str, body: bytes, database: Database, nudge: Nudge
) -> Stored:
    """Store an authentic delivery durably. Whoever calls this has verified the sender."""
    fingerprint = hashlib.sha256(order_id.encode() + b"\n" + body).digest()
    async with database.autocommit() as connection:
        stored = await deliveries.store(
            connection,
            channel=channel,
            fingerprint=fingerprint,
            order_id=order_id,
            order_uuid=order_id if is_order_id(order_id) else None,
            body=body,
        )
    if stored.is_new and stored.is_known:
        nudge(Queue.ORDERS)
    return stored
