"""Get the link of a payment whose start was never answered, by starting it again in the same words.

Only for a payment that a read has just shown to exist, and only where Vipps recognises the repeat: then it makes
nothing new and says what it said the first time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from payments_service.domain.folding import Folded, fold
from payments_service.domain.orders import Order, OrderStatus
from payments_service.domain.readings import NoSuchPayment, Reading
from payments_service.storage import orders
from payments_service.storage.database import Database
from payments_service.use_cases.describe_payment import as_read
from payments_service.vipps.errors import VippsError
from payments_service.vipps.port import PaymentApi

#: Answers that say no more than "later"; any other 4xx means that Vipps does not recognise the repeat.
_LATER: Final = frozenset({401, 408, 423, 425, 429})


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the repeat brought: a link, a push to the phone (no link), or that the link `is_lost`."""

    link: str | None = None
    is_lost: bool = False

    def applied_to(self, order: Order) -> Order:
        """Return the order with its link, unless it has one by now or needs none any more."""
        if not order.is_open or not order.is_start_repeatable:
            return order
        is_pushed = self.link is None and not self.is_lost
        return replace(order, payment_link=self.link, is_pushed=is_pushed, is_start_repeatable=False)


async def recover_link(
    order: Order,
    answer: Reading | NoSuchPayment | VippsError,
    *,
    database: Database,
    api: PaymentApi,
    timeout: float,
) -> Recovered | None:
    """Return what became of the link; None when there is nothing to recover, or not yet."""
    if not order.is_open or not order.is_start_repeatable or not isinstance(answer, Reading):
        return None
    verdict = fold(answer, order_id=order.order_id, amount_ore=order.amount_ore)
    if not isinstance(verdict, Folded) or verdict.status is not OrderStatus.INITIATE:
        return None
    async with database.autocommit() as connection:
        written = await orders.start_request(connection, order.order_id)
    if written is None:
        return None
    try:
        return Recovered(await api.start(as_read(written), timeout=timeout))
    except VippsError as error:
        is_no = error.status is not None and 400 <= error.status < 500 and error.status not in _LATER
        return Recovered(is_lost=True) if is_no else None
