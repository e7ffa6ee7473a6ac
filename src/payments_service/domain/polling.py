"""How often Vipps is asked about an order, as if no callback ever came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from payments_service.domain.orders import Order, OrderStatus

FIRST_READ: Final = timedelta(seconds=5)  # Vipps' own advice, like the two seconds that follow
MISSING_AGAIN: Final = timedelta(seconds=5)  # two "no such payment" this far apart mean it was never created
BEHIND: Final = timedelta(seconds=15)
LINK_AGAIN: Final = timedelta(seconds=12.5)  # ePayment takes five starts a minute


def next_read(order: Order, *, now: datetime, refunds_ordered_ore: int = 0) -> datetime | None:
    """Return when to ask Vipps next about an order that it answered for just now; None when nothing can change.

    `refunds_ordered_ore` is what Vipps has said yes to: until the answers show it, they are behind.
    """
    if order.is_frozen:
        return now + _by_age(order, now)
    if order.is_open:
        return now + _while_open(order, now)
    if order.status is OrderStatus.CANCEL and not order.is_closed:
        return now + timedelta(seconds=5)
    if order.is_returning and order.is_paid:
        return now + (
            timedelta(seconds=5) if _age(order, now) < timedelta(minutes=2) else _by_age(order, now)
        )
    if order.refunded_ore < refunds_ordered_ore:
        return now + BEHIND
    if order.held_ore:
        return now + _by_age(order, now)
    if (
        order.missing_since is not None
        and order.checkout_ends_at is not None
        and now < order.checkout_ends_at
    ):
        # Never created, as far as two reads can tell; a start that was late on the wire may still make it appear.
        return now + timedelta(seconds=30)
    return None


def next_read_after_silence(*, now: datetime, silent_since: datetime, retry_after: float | None) -> datetime:
    """Return when to ask again after no usable answer: soon, doubling to 15 s; after ten minutes, to two minutes."""
    silent = max(0.0, (now - silent_since).total_seconds())
    ceiling = 15.0 if silent < 600 else 120.0
    return now + timedelta(seconds=max(min(ceiling, max(1.0, silent)), retry_after or 0.0))


def _while_open(order: Order, now: datetime) -> timedelta:
    if order.started_at is None or order.checkout_ends_at is None:
        return FIRST_READ
    if now >= order.checkout_ends_at:
        return timedelta(seconds=5)
    step = timedelta(seconds=2) if now - order.started_at < timedelta(minutes=1) else timedelta(seconds=8)
    if order.is_start_repeatable:
        step = LINK_AGAIN  # nobody can approve it, and each read goes with another start
    # the read at the very end of the checkout must not come a whole step late
    return min(step, max(timedelta(milliseconds=100), order.checkout_ends_at - now))


def _by_age(order: Order, now: datetime) -> timedelta:
    """A reservation is watched closely while its capture is due, then hourly, then daily."""
    age = _age(order, now)
    if age < timedelta(minutes=2):
        return timedelta(seconds=10)
    if age < timedelta(days=1):
        return timedelta(hours=1)
    return timedelta(days=1)


def _age(order: Order, now: datetime) -> timedelta:
    return now - (order.paid_at or order.created_at)
