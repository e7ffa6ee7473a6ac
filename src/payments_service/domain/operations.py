"""An operation: one move of money at Vipps that we intend, with the key that makes its repeat harmless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payments_service.domain.orders import Order, OrderStatus, VippsApi
from payments_service.domain.readings import LogEntry
from payments_service.domain.vocabulary import Meaning, meaning_of


class OperationKind(StrEnum):
    CAPTURE = "capture"
    CANCEL = "cancel"
    REFUND = "refund"


class Purpose(StrEnum):
    """Why an operation was wanted; it is checked again under the lock before each try.

    `close`: the checkout is to end unapproved. `give_back`: money that pays for nothing. `organiser`: a person asked.
    """

    CAPTURE = "capture"
    CLOSE = "close"
    GIVE_BACK = "give_back"
    ORGANISER = "organiser"


class OperationState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"
    DROPPED = "dropped"  # overtaken by events, never to be sent again as it was


_MOVES: Final = frozenset({Meaning.CAPTURED, Meaning.REFUNDED})
KEY_LENGTH_MAX: Final = 40  # eCom's X-Request-Id; ePayment allows 50
KEY_NUMBER_MAX: Final = 99  # what fits behind an order's id


@dataclass(frozen=True, slots=True)
class Operation:
    """`before_ore`: what was captured (of a capture) or refunded (of a refund) when this was written down.

    By it the operation's own effect is told from others'. `client_key`: what the caller named the request, so that a
    repeat of it never makes a second operation.
    """

    operation_key: str
    order_id: str
    kind: OperationKind
    purpose: Purpose
    amount_ore: int
    state: OperationState = OperationState.PENDING
    before_ore: int = 0
    attempts: int = 0
    is_in_doubt: bool = False
    actor: str = "service"
    reason: str | None = None
    client_key: str | None = None


def operation_key(order_id: str, kind: OperationKind, number: int = 1) -> str:
    """Return the key of an operation: `<order_id>-c1`, `-x1` or `-r<n>`. A repeat of it uses the same key."""
    letter = {OperationKind.CAPTURE: "c", OperationKind.CANCEL: "x", OperationKind.REFUND: "r"}[kind]
    key = f"{order_id}-{letter}{number}"
    if len(key) > KEY_LENGTH_MAX:
        raise ValueError(f"{key} is longer than {KEY_LENGTH_MAX} characters")
    return key


def next_key(order_id: str, kind: OperationKind, earlier: int) -> str | None:
    """Return the key after `earlier` operations of this kind; None when all 99 are used."""
    return operation_key(order_id, kind, earlier + 1) if earlier < KEY_NUMBER_MAX else None


def start_key(order_id: str, number: int = 1) -> str:
    """Return the key of an order's start, where Vipps takes one: `<order_id>-i1`; `-i2` for the other way to start."""
    return f"{order_id}-i{number}"


def needs_new_key(latest: Operation, purpose: Purpose, vipps_api: VippsApi) -> bool:
    """Tell whether an operation of this kind, wanted again, has to go under the next key.

    A repeat under the same key is safe, and a new key is a new operation. But a key stands for one request. ePayment
    answers it for ever as it did the first time, be that a no, or a yes to a cancel that changed nothing; and a cancel
    that is only to close a checkout is another request than one that lets a reservation go.
    """
    if latest.kind is not OperationKind.CANCEL:
        return latest.state is OperationState.REFUSED and vipps_api == "epayment"
    if latest.attempts == 0 and latest.state in (OperationState.PENDING, OperationState.DROPPED):
        return False  # nothing was ever sent under it
    if latest.state is OperationState.PENDING:
        return latest.purpose is Purpose.CLOSE and purpose is not Purpose.CLOSE
    return True


def has_happened(operation: Operation, order: Order, entries: Sequence[LogEntry] = ()) -> bool:
    """Tell from what Vipps said last whether the operation has had its effect.

    Vipps' log names the key of each capture and refund. Those made in the portal have an empty name or none: sums alone
    cannot tell ours from one of those. Where the log names no move of money at all, the sums decide. A capture is only
    ever wanted for what it leads to, so there the sums do.
    """
    if operation.kind is OperationKind.REFUND:
        moves = [e for e in entries if e.succeeded and meaning_of(e.word) in _MOVES]
        if any(e.request_id is not None for e in moves):
            return operation.operation_key in [e.request_id for e in moves]
    match operation.kind:
        case OperationKind.CAPTURE:
            return order.captured_ore >= operation.before_ore + operation.amount_ore
        case OperationKind.CANCEL:
            return order.is_closed and order.held_ore == 0
        case OperationKind.REFUND:
            return order.refunded_ore >= operation.before_ore + operation.amount_ore


def is_still_wanted(operation: Operation, order: Order) -> bool:
    """Tell whether sending the operation now would still do what it was meant for."""
    match operation.kind, operation.purpose:
        case OperationKind.CAPTURE, Purpose.CAPTURE:
            return order.status is OrderStatus.RESERVED and order.pays_seat and not order.is_frozen
        case OperationKind.CAPTURE, _:
            return order.held_ore > 0 and not order.is_frozen
        case OperationKind.CANCEL, Purpose.CLOSE:
            return not order.is_closed and not order.held_ore and not order.captured_ore
        case OperationKind.CANCEL, Purpose.GIVE_BACK:
            return order.held_ore > 0 and not order.pays_seat
        case OperationKind.CANCEL, _:
            return order.is_open or order.held_ore > 0
        case _:
            return order.captured_ore - order.refunded_ore >= operation.amount_ore
