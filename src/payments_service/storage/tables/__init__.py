"""The tables. What must never be false is a constraint here, not a hope in the code above.

Ids of events, members and registrations are the event backend's and outlive our rows, so nothing refers to them by
foreign key; orders are ours and are referred to. `due_at`, `lease_until` and `fence` make a row its own work item:
see `claims`.
"""

from payments_service.storage.tables.columns import metadata
from payments_service.storage.tables.evidence import attention, deliveries, history
from payments_service.storage.tables.money import imported_orders, operations, orders
from payments_service.storage.tables.seats import paid_events, registrations, removals
from payments_service.storage.tables.talk import idempotency_keys, notices

__all__ = [
    "attention",
    "deliveries",
    "history",
    "idempotency_keys",
    "imported_orders",
    "metadata",
    "notices",
    "operations",
    "orders",
    "paid_events",
    "registrations",
    "removals",
]
