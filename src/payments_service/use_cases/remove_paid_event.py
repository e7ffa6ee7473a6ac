"""Make an event free: nobody owes anything for it any more, and nothing is released."""

from __future__ import annotations

from payments_service.domain.errors import EventHasPayments, PaidEventNotFound
from payments_service.storage import imported_orders, orders, paid_events, registrations
from payments_service.storage.database import Database
from payments_service.use_cases.adopt_seat import end


async def remove_paid_event(event_id: str, *, database: Database) -> None:
    """Raises PaidEventNotFound, or EventHasPayments while anything is paid or in checkout. One transaction."""
    async with database.begin() as connection:
        if await paid_events.find(connection, event_id, lock=True) is None:
            raise PaidEventNotFound
        for registration_id in await registrations.current_ids_of_event(connection, event_id):
            locked = await registrations.lock(connection, registration_id)
            if locked is not None and locked[0].has_seat:
                await end(connection, locked[0], now=locked[1], why="the event is free now")
        is_paid_before = await imported_orders.hold_money(connection, event_id)
        if is_paid_before or await orders.exist_for_event(connection, event_id):
            raise EventHasPayments  # after the locks, so that no payment can begin meanwhile; rolls all of it back
        await paid_events.delete(connection, event_id)
