"""The heart: what to do about a registration, given its orders, what Vipps said, and the time. Pure.

The rules, first match wins:

    over                        no seat any more: money that arrived since goes back (or to a person), open orders close
    exempt                      pays nothing here: any money goes back, open orders close
    paid                        one order pays the seat, it is captured, any other money goes back
    refunded                    there was money and all of it went back: the clock releases nothing
    lost                        there was money, it is gone, nothing says why: the seat is kept for a person to look at
    frozen                      a person is looking: nothing is released, due or not
    before the deadline         wait for the member
    the clock is off            wait for ever
    due, an earlier payment     held: the system before this one started it, and only Vipps knows whether it was paid
    due, no answer from Vipps   held: the seat is kept until Vipps answers
    due, Vipps never closes it  held as well: a person must look
    due, an order is open       expiring: nothing new can start, what is open may finish
    due, all closed and unpaid  release (in shadow: only say so)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from payments_service.domain.orders import Order, OrderStatus
from payments_service.domain.registrations import Registration, RegistrationStatus

HELD_TOO_LONG: Final = timedelta(minutes=15)


class ExpiryMode(StrEnum):
    """How far the clock may go: not at all, only record what it would do, or release."""

    OFF = "off"
    SHADOW = "shadow"
    ENFORCE = "enforce"


class Attention(StrEnum):
    """Cases a person must look at."""

    PAID_WITHOUT_SEAT = "paid_without_seat"
    SEAT_WITHOUT_ANSWER = "seat_without_answer"
    SEAT_WITHOUT_PAYMENT = "seat_without_payment"
    PAID_TWICE = "paid_twice"
    RESERVED_NOT_CAPTURED = "reserved_not_captured"
    AMOUNT_MISMATCH = "amount_mismatch"
    UNKNOWN_PAYMENT = "unknown_payment"
    RELEASE_REFUSED = "release_refused"


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings a decision depends on."""

    expiry_mode: ExpiryMode = ExpiryMode.ENFORCE
    captures_at_once: bool = True
    returns_late_money: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is so now, and what follows. Orders are named by id.

    `rule` is the rule that fired, kept as evidence. `close`: cancel at Vipps while unapproved. `give_back`: cancel the
    reservation or refund the money. `release`: the backend is to take the seat back. `would_release`: shadow only.
    """

    rule: str
    status: RegistrationStatus
    pays_seat: str | None = None
    capture: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    give_back: tuple[str, ...] = ()
    release: bool = False
    would_release: bool = False
    attention: tuple[tuple[Attention, str | None], ...] = ()


def decide(
    registration: Registration,
    orders: Sequence[Order],
    *,
    now: datetime,
    rules: Rules,
    has_open_question: bool = False,
) -> Verdict:
    """Return the verdict on a registration; `orders` are all of its orders.

    `has_open_question`: the system before this one has a payment for the seat that nobody has the answer about yet.
    """
    verdict = _decide(registration, orders, now, rules, has_open_question=has_open_question)
    returning = {o.order_id for o in orders if o.is_returning and o.is_paid}
    frozen = tuple((Attention.AMOUNT_MISMATCH, o.order_id) for o in orders if o.is_frozen)
    return replace(
        verdict,
        give_back=tuple(sorted(returning.union(verdict.give_back))),
        attention=verdict.attention + frozen,
    )


def _decide(
    registration: Registration,
    orders: Sequence[Order],
    now: datetime,
    rules: Rules,
    *,
    has_open_question: bool,
) -> Verdict:
    if not registration.has_seat:
        return _without_seat(registration, orders, rules, rule="over")
    if registration.status is RegistrationStatus.EXEMPT:
        return _without_seat(registration, orders, rules, rule="exempt")
    paying = [order for order in orders if order.is_paid and not order.is_frozen and not order.is_returning]
    if paying:
        return _paid(paying, orders, rules)
    if _all_money_went_back(registration, orders):
        return Verdict("refunded", RegistrationStatus.REFUNDED)
    return _unpaid(registration, orders, now, rules, has_open_question=has_open_question)


def _without_seat(registration: Registration, orders: Sequence[Order], rules: Rules, *, rule: str) -> Verdict:
    """Nobody owes anything: what is open closes; money that came since is late, money from before a person's matter.

    So is, where the event itself is gone, a checkout that may still bring money.
    """
    over_at = registration.over_at
    stranded = [o for o in orders if o.is_paid and not o.is_frozen]
    late = [o for o in stranded if over_at is None or _arrived_at(o) > over_at]
    pending = [o for o in orders if o.is_open and not o.is_frozen and o.event_id is None]
    return Verdict(
        rule,
        registration.status,
        close=tuple(o.order_id for o in orders if o.is_open),
        give_back=tuple(o.order_id for o in late if _returns_by_itself(o, rules)),
        attention=tuple((Attention.PAID_WITHOUT_SEAT, o.order_id) for o in [*stranded, *pending]),
    )


def _paid(paying: Sequence[Order], orders: Sequence[Order], rules: Rules) -> Verdict:
    """One order pays the seat: the one already chosen, else one with captured money, else the first to be approved."""
    winner = min(paying, key=lambda o: (not o.pays_seat, not o.captured_ore, _arrived_at(o), o.order_id))
    surplus = [o for o in paying if o is not winner]
    # A surplus reservation is let go without asking: that costs nobody anything. Captured money goes back by itself
    # only where the rules say so.
    back = [o for o in surplus if not o.captured_ore or _returns_by_itself(o, rules)]
    # on its way back or not: it is a case until it is gone
    twice = [o for o in orders if o is not winner and o.is_paid and o.captured_ore and not o.is_frozen]
    wants_capture = rules.captures_at_once and winner.status is OrderStatus.RESERVED
    return Verdict(
        "paid",
        RegistrationStatus.PAID,
        pays_seat=winner.order_id,
        capture=(winner.order_id,) if wants_capture else (),
        close=tuple(o.order_id for o in orders if o.is_open),
        give_back=tuple(o.order_id for o in back),
        attention=tuple((Attention.PAID_TWICE, o.order_id) for o in twice),
    )


def _returns_by_itself(order: Order, rules: Rules) -> bool:
    """Money taken before our time is a person's matter: what was agreed about it then, nobody here knows."""
    return rules.returns_late_money and not order.is_imported


def _unpaid(
    registration: Registration,
    orders: Sequence[Order],
    now: datetime,
    rules: Rules,
    *,
    has_open_question: bool,
) -> Verdict:
    is_frozen = any(order.is_frozen for order in orders)
    is_due = now >= registration.payment_expiredate
    if registration.status is RegistrationStatus.PAID or any(_lost_its_money(order) for order in orders):
        status = RegistrationStatus.HELD if is_due else RegistrationStatus.AWAITING_PAYMENT
        case = ((Attention.SEAT_WITHOUT_PAYMENT, None),)
        return Verdict("money was seen and is gone unexplained", status, attention=case)
    if is_frozen and is_due and rules.expiry_mode is ExpiryMode.ENFORCE:
        return Verdict("frozen", RegistrationStatus.HELD)
    if not is_due:
        return Verdict("before the deadline", RegistrationStatus.AWAITING_PAYMENT)
    if rules.expiry_mode is ExpiryMode.OFF:
        return Verdict("the clock is off", RegistrationStatus.AWAITING_PAYMENT)
    is_open = any(
        not order.is_closed or order.is_paid for order in orders
    )  # money on its way back counts as well
    if rules.expiry_mode is ExpiryMode.SHADOW:
        return Verdict(
            _shadow_rule(is_open=is_open, has_open_question=has_open_question),
            RegistrationStatus.AWAITING_PAYMENT,
            would_release=not is_open and not is_frozen and not has_open_question,
        )
    if has_open_question:
        return Verdict(
            "due, an earlier payment is not answered for",
            RegistrationStatus.HELD,
            attention=_held_too_long(registration, now),
        )
    if any(not order.is_closed and order.unanswered_since for order in orders):
        return Verdict(
            "due, no answer from Vipps", RegistrationStatus.HELD, attention=_held_too_long(registration, now)
        )
    if any(_lingers(order, now) for order in orders):
        case = ((Attention.SEAT_WITHOUT_ANSWER, None),)
        return Verdict("due, Vipps never closes it", RegistrationStatus.HELD, attention=case)
    if is_open:
        return Verdict("due, an order is open", RegistrationStatus.EXPIRING)
    return Verdict("due, all closed and unpaid", RegistrationStatus.EXPIRING, release=True)


def _shadow_rule(*, is_open: bool, has_open_question: bool) -> str:
    if has_open_question:
        return "shadow: an earlier payment is not answered for"
    return "shadow: an order is open" if is_open else "shadow: would release"


def _all_money_went_back(registration: Registration, orders: Sequence[Order]) -> bool:
    """There was money, and none is left. Starting a new order lifts this: the caller sets the status first."""
    if registration.status is RegistrationStatus.REFUNDED:
        return True
    return registration.status is RegistrationStatus.PAID and any(_went_back(o) for o in orders)


def _went_back(order: Order) -> bool:
    """Its money was let go, or given back to the last øre, whatever may still be reserved beside it."""
    return order.status is OrderStatus.VOID or (
        order.captured_ore > 0 and order.refunded_ore == order.captured_ore
    )


def _held_too_long(registration: Registration, now: datetime) -> tuple[tuple[Attention, str | None], ...]:
    if registration.held_since is None or now - registration.held_since < HELD_TOO_LONG:
        return ()
    return ((Attention.SEAT_WITHOUT_ANSWER, None),)


def _lost_its_money(order: Order) -> bool:
    """It was paid, it is not, and nothing says why. Must not happen; whoever paid keeps the seat if it does."""
    return order.paid_at is not None and not order.is_paid and not _went_back(order) and not order.is_frozen


def _lingers(order: Order, now: datetime) -> bool:
    """Vipps answers, and yet the checkout is still open long after nobody can approve it any more."""
    ends_at = order.checkout_ends_at
    return not order.is_closed and ends_at is not None and now - ends_at >= HELD_TOO_LONG


def _arrived_at(order: Order) -> datetime:
    return order.paid_at or order.updated_at
