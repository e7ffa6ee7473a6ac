"""What a member's orders of the system before this one are to a registration: they come to it, or are a question.

Part of deciding, inside its transaction and under the registration's lock. One look at the pair's imported orders tells
both: whatever is answered is an order by then and is taken along, and what is not answered holds the seat.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.errors import AlreadyPaid, PaymentInProgress, VippsUnavailable
from payments_service.domain.imported import ImportedOrder, open_questions
from payments_service.domain.orders import Order, OrderStatus
from payments_service.domain.registrations import Registration, RegistrationStatus
from payments_service.storage import imported_orders, orders


async def take_over_imported(
    connection: AsyncConnection, registration: Registration, mine: list[Order]
) -> tuple[list[Order], list[ImportedOrder]]:
    """Return the registration's orders with those that came to it, and the questions that are left; asks them soon."""
    found = await imported_of(connection, registration)
    if not found:
        return mine, []
    coming = [i.order_id for i in found if _comes(i, mine)]
    if coming:
        await orders.hand_over(connection, coming, registration.registration_id)
        mine = await orders.of_registration(connection, registration.registration_id, lock=True)
    unanswered = [i.order_id for i in found if i.answer is None]
    if unanswered:
        await imported_orders.ask_soon(connection, unanswered)
    left = [i for i in found if i.is_unlinked and i.order_id not in coming]
    return mine, [*open_questions(found), *left]


async def imported_of(connection: AsyncConnection, registration: Registration) -> list[ImportedOrder]:
    """Return the imported orders that may pay this registration: none when it has no seat, or owes nothing here."""
    is_exempt = registration.status is RegistrationStatus.EXEMPT
    if registration.user_id is None or not registration.has_seat or is_exempt:
        return []
    return await imported_orders.of_pair(connection, registration.event_id, registration.user_id)


def has_come(found: Sequence[ImportedOrder], mine: Sequence[Order]) -> bool:
    """Tell whether one has been answered for that the registration has not got yet."""
    return any(_comes(imported, mine) for imported in found)


def refuse_beside(found: Sequence[ImportedOrder], *, now: datetime, checkout: timedelta) -> None:
    """Raise what keeps a member from paying beside an order of the system before this one, which may be paid too.

    Its word that it was paid counts until Vipps says otherwise. What may be under way blocks for as long as anybody can
    approve it. Anything else only has to be asked about first: it may have been paid without the old system noticing,
    and while Vipps says nothing about it, Vipps starts no payments either.
    """
    questions = open_questions(found)
    if any(question.says_paid for question in questions):
        raise AlreadyPaid
    for question in questions:
        is_young = question.created_at is not None and now < question.created_at + checkout
        if is_young or question.answer is not None:
            raise PaymentInProgress
    if questions:
        raise VippsUnavailable("Vipps has to be asked about an earlier payment first")


def _comes(imported: ImportedOrder, mine: Sequence[Order]) -> bool:
    """A registration has one open order at a time; another one comes to it when that is over."""
    is_open = imported.order_status is OrderStatus.INITIATE
    return imported.is_unlinked and not (is_open and any(order.is_open for order in mine))
