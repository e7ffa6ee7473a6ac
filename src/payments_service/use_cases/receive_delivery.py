"""Take what Vipps posted, an eCom callback or a webhook: store it once, say so; settle it afterwards.

Nothing in its body is believed. All it causes is that Vipps is asked about the order.
"""

from __future__ import annotations

import hashlib
from typing import Final, Literal

from payments_service.domain.decisions import Attention
from payments_service.domain.orders import is_order_id
from payments_service.storage import deliveries
from payments_service.storage.database import Database
from payments_service.storage.deliveries import Stored
from payments_service.use_cases.policy import Nudge, Policy, Queue
from payments_service.use_cases.tell_backend import tell_of_case

#: The order of a delivery that names none: missing, no text, or nothing that was ever a payment's name.
NAMELESS: Final = ""
LONGEST_ORDER_ID: Final = 64  # what ePayment allows for a reference


async def receive_delivery(
    *,
    channel: Literal["ecom", "webhooks"],
    order_id: object,
    body: bytes,
    database: Database,
    policy: Policy,
    nudge: Nudge,
) -> Stored:
    """Store an authentic delivery durably. Whoever calls this has verified the sender."""
    name = order_id if isinstance(order_id, str) and is_a_name(order_id) else NAMELESS
    fingerprint = hashlib.sha256(name.encode() + b"\n" + body).digest()
    # one statement, unless there may be something to tell of with it
    async with database.begin() if policy.tells_backend else database.autocommit() as connection:
        stored = await deliveries.store(
            connection,
            channel=channel,
            fingerprint=fingerprint,
            order_id=name,
            order_uuid=name if is_order_id(name) else None,
            body=body,
        )
        if stored.is_case:
            await tell_of_case(
                connection,
                Attention.UNKNOWN_PAYMENT,
                policy=policy,
                event_id=None,
                registration_id=None,
                order_id=name or None,
            )
    if stored.is_new and stored.is_known:
        nudge(Queue.ORDERS)
    return stored


def is_a_name(text: str) -> bool:
    """Tell whether this may be a payment's reference, anybody's: short, and fit to be stored and shown."""
    return 0 < len(text) <= LONGEST_ORDER_ID and text.isprintable()
