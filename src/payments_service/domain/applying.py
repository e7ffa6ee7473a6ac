"""What an answer from Vipps changes about an order we already know something of. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from payments_service.domain.folding import Folded, Mismatch, Unclear, fold
from payments_service.domain.operations import Operation, OperationKind, OperationState, Purpose
from payments_service.domain.orders import Order, OrderStatus, StatusReason, may_move
from payments_service.domain.polling import MISSING_AGAIN
from payments_service.domain.readings import NoSuchPayment, Reading
from payments_service.domain.vocabulary import ClosedBy, closed_by


@dataclass(frozen=True, slots=True)
class Applied:
    """The order as it is now, and in one word what the answer meant: the evidence keeps both."""

    order: Order
    what: str
    detail: str | None = None

    @property
    def is_answer(self) -> bool:
        """Vipps gave something to go by; what is unclear or missing only says "ask again"."""
        return self.what not in ("unclear", "silent")


def apply(
    order: Order, answer: Reading | NoSuchPayment, operations: Sequence[Operation], *, now: datetime
) -> Applied:
    """Apply an answer. Stale ones, which show less than we know already, change nothing."""
    if isinstance(answer, NoSuchPayment):
        return _missing(order, now)
    verdict = fold(answer, order_id=order.order_id, amount_ore=order.amount_ore)
    if isinstance(verdict, Unclear):
        return unanswered(order, now, verdict.why)
    if isinstance(verdict, Mismatch):
        frozen = replace(order, is_frozen=True, unanswered_since=None)
        return Applied(
            _seen(frozen, answer, now), "still frozen" if order.is_frozen else "frozen", verdict.why
        )
    return _fold_in(order, answer, verdict, operations, now)


def unanswered(order: Order, now: datetime, why: str) -> Applied:
    """No usable answer: nothing is known to be so, nothing is known not to be so."""
    what = "silent" if why == "silent" else "unclear"
    return Applied(replace(order, unanswered_since=order.unanswered_since or now), what, why)


def _missing(order: Order, now: datetime) -> Applied:
    """Vipps knows no such payment: believed only of one whose start was never answered, and only when said twice."""
    if order.status is OrderStatus.CANCEL and order.is_closed:
        return Applied(replace(order, unanswered_since=None), "still missing")
    if not order.is_open or order.was_answered:
        return unanswered(order, now, "a payment we know of is said not to exist")
    since = order.missing_since or now
    if now - since < MISSING_AGAIN:
        return Applied(replace(order, missing_since=since, unanswered_since=None), "missing")
    gone = replace(
        order,
        status=OrderStatus.CANCEL,
        status_reason=StatusReason.NEVER_CREATED,
        is_closed=True,
        is_start_repeatable=False,
        missing_since=since,
        unanswered_since=None,
    )
    return Applied(gone, "never created")


def _fold_in(
    order: Order, answer: Reading, verdict: Folded, operations: Sequence[Operation], now: datetime
) -> Applied:
    amounts = verdict.amounts
    if order.status is OrderStatus.CANCEL and verdict.status is OrderStatus.INITIATE and order.missing_since:
        # Said to be missing twice, and there it is: its start was late on the wire. Nobody has its link; close it.
        appeared = replace(order, is_closed=False, missing_since=None, unanswered_since=None)
        return Applied(_seen(appeared, answer, now), "appeared late")
    is_stale = amounts.captured_ore < order.captured_ore or amounts.refunded_ore < order.refunded_ore
    moves = verdict.status is not order.status
    # a remainder that was let go does not come back
    is_stale = is_stale or (not moves and amounts.held_ore > order.held_ore and order.authorized_ore > 0)
    if is_stale or (moves and not may_move(order.status, verdict.status)):
        return Applied(replace(order, unanswered_since=None), "stale")
    updated = replace(
        order,
        status=verdict.status,
        authorized_ore=max(order.authorized_ore, amounts.authorized_ore),
        captured_ore=amounts.captured_ore,
        refunded_ore=amounts.refunded_ore,
        held_ore=amounts.held_ore,
        is_closed=verdict.is_closed,
        is_declined=amounts.is_declined,
        is_start_repeatable=order.is_start_repeatable and verdict.status is OrderStatus.INITIATE,
        unanswered_since=None,
        missing_since=None,
        payment_link=order.payment_link if verdict.status is OrderStatus.INITIATE else None,
    )
    if updated.is_paid and order.paid_at is None:
        updated = replace(updated, paid_at=now)
    if moves:
        updated = replace(updated, status_reason=_reason(updated, operations, amounts.closing_word, now))
    changed = moves or (amounts.captured_ore, amounts.refunded_ore) != (
        order.captured_ore,
        order.refunded_ore,
    )
    return Applied(_seen(updated, answer, now), "changed" if changed else "same")


def _seen(order: Order, answer: Reading, now: datetime) -> Order:
    return replace(order, read_at=now, read_sha256=answer.raw_sha256)


def _reason(
    order: Order, operations: Sequence[Operation], word: str | None, now: datetime
) -> StatusReason | None:
    """Say why an attempt came to nothing: our own operation explains it, else Vipps' word and the time do."""
    if order.status not in (OrderStatus.CANCEL, OrderStatus.VOID, OrderStatus.REFUND):
        return None
    kind = OperationKind.REFUND if order.status is OrderStatus.REFUND else OperationKind.CANCEL
    ours = [
        o for o in operations if o.kind is kind and o.state in (OperationState.PENDING, OperationState.DONE)
    ]
    if ours and ours[-1].attempts and kind is OperationKind.CANCEL and ours[-1].purpose is Purpose.ORGANISER:
        return StatusReason.CANCELLED_BY_ORGANISER
    if ours and ours[-1].attempts and ours[-1].reason in set(StatusReason):
        return StatusReason(ours[-1].reason)
    if order.status is OrderStatus.REFUND:
        return None
    if order.status is OrderStatus.VOID:
        return StatusReason.CANCELLED_BY_ORGANISER
    if order.is_declined:
        return StatusReason.DECLINED
    return _reason_by_word(order, word, now)


def _reason_by_word(order: Order, word: str | None, now: datetime) -> StatusReason:
    """Who closed the checkout: Vipps' word for it, or how long the checkout had been open."""
    match closed_by(word):
        case ClosedBy.MEMBER:
            return StatusReason.CANCELLED_BY_MEMBER
        case ClosedBy.TIME:
            return StatusReason.TIMED_OUT
        case ClosedBy.MERCHANT:
            return StatusReason.CANCELLED_BY_ORGANISER
        case None:
            is_early = order.checkout_ends_at is None or now < order.checkout_ends_at
            return StatusReason.CANCELLED_BY_MEMBER if is_early else StatusReason.TIMED_OUT
