"""What Vipps' answer about a payment amounts to: amounts first, words second, doubt kept as doubt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from payments_service.domain.money import CURRENCY
from payments_service.domain.orders import OrderStatus
from payments_service.domain.readings import LogEntry, Reading, Totals
from payments_service.domain.vocabulary import Meaning, meaning_of


@dataclass(frozen=True, slots=True)
class Amounts:
    """A payment as its log and sums tell it, in øre. `oddities` are words nobody knows; `closing_word` ended it."""

    authorized_ore: int = 0
    captured_ore: int = 0
    refunded_ore: int = 0
    held_ore: int = 0
    is_sold: bool = False
    is_over: bool = False
    is_declined: bool = False
    closing_word: str | None = None
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Folded:
    """A usable answer: the order's status and amounts. `is_closed`: no more money can be taken through it."""

    status: OrderStatus
    amounts: Amounts

    @property
    def is_closed(self) -> bool:
        return self.status is not OrderStatus.INITIATE and self.amounts.held_ore == 0


@dataclass(frozen=True, slots=True)
class Unclear:
    """An answer nothing may be decided on: never unpaid, never paid, ask again."""

    why: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Vipps speaks of another amount or payment than ours: a person must look."""

    why: str


def fold(reading: Reading, *, order_id: str, amount_ore: int) -> Folded | Unclear | Mismatch:
    """Make one verdict of a reading.

    A failed entry never hides a successful one; refunded is looked at before captured; the sums beside the log
    decide over the log, and where one lags behind the other the answer is `Unclear`. Unknown words change nothing,
    but a payment that has one is never called unpaid.
    """
    if reading.order_id != order_id:
        return Mismatch("another order id")
    if reading.currency != CURRENCY:
        return Mismatch(f"an amount in {reading.currency[:8]}, the order is in {CURRENCY}")
    if not reading.entries and reading.totals is None:
        return Unclear("an answer without a log")
    amounts = Amounts()
    for entry in reading.entries:
        names_amount = meaning_of(entry.word) in (Meaning.STARTED, Meaning.RESERVED, Meaning.SOLD)
        if names_amount and entry.succeeded and entry.amount_ore != amount_ore:
            return Mismatch(f"{entry.word} of {entry.amount_ore} øre, the order is {amount_ore}")
        amounts = _add(amounts, entry)
    approved = reading.totals.authorized_ore if reading.totals is not None else None
    if approved not in (None, 0, amount_ore):
        return Mismatch(f"{approved} øre approved, the order is {amount_ore}")
    combined = _with_totals(amounts, reading.totals)
    if isinstance(combined, Unclear):
        return combined
    if combined.captured_ore + combined.held_ore > amount_ore:
        return Mismatch(f"{combined.captured_ore + combined.held_ore} øre, the order is {amount_ore}")
    return _verdict(combined)


def contradicts_itself(reading: Reading) -> bool:
    """Whether log and sums cannot both be true of one instant: one lags, or money moved between reading the two."""
    amounts = Amounts()
    for entry in reading.entries:
        amounts = _add(amounts, entry)
    return isinstance(_with_totals(amounts, reading.totals), Unclear)


def _add(so_far: Amounts, entry: LogEntry) -> Amounts:
    """Add one log entry, oldest first."""
    meaning, amount = meaning_of(entry.word), entry.amount_ore
    if meaning is None:
        return replace(so_far, oddities=(*so_far.oddities, entry.word[:40]))
    if meaning is Meaning.DECLINED or (not entry.succeeded and meaning in (Meaning.RESERVED, Meaning.SOLD)):
        return replace(so_far, is_declined=True)
    if not entry.succeeded or meaning is Meaning.STARTED:
        return so_far
    match meaning:
        case Meaning.RESERVED:
            return replace(
                so_far,
                authorized_ore=amount,
                held_ore=max(0, amount - so_far.captured_ore),
                is_over=False,
                closing_word=None,
            )
        case Meaning.SOLD:
            return replace(so_far, authorized_ore=amount, captured_ore=amount, held_ore=0, is_sold=True)
        case Meaning.CAPTURED:
            left = max(0, so_far.held_ore - amount)
            return replace(so_far, captured_ore=so_far.captured_ore + amount, held_ore=left)
        case Meaning.REFUNDED:
            return replace(so_far, refunded_ore=so_far.refunded_ore + amount)
        case _:  # closed or voided: whatever was held is let go
            return replace(so_far, held_ore=0, is_over=True, closing_word=entry.word)


def _with_totals(log: Amounts, totals: Totals | None) -> Amounts | Unclear:
    """Let the sums decide over the log, unless they are visibly behind it."""
    if totals is None:
        return replace(log, authorized_ore=max(log.authorized_ore, log.captured_ore + log.held_ore))
    if totals.captured_ore < log.captured_ore or totals.refunded_ore < log.refunded_ore:
        return Unclear("the sums are behind the log")
    held = totals.held_ore
    if held > log.held_ore and log.is_over:
        return Unclear("the log says it is over, the sums say money is held")
    if log.held_ore and not held and totals.captured_ore == log.captured_ore and not totals.captured_ore:
        return Unclear("the log says money is reserved, the sums say nothing is held")
    authorized = max(log.authorized_ore, totals.captured_ore + held)
    return replace(
        log,
        authorized_ore=authorized,
        captured_ore=totals.captured_ore,
        refunded_ore=totals.refunded_ore,
        held_ore=held,
    )


def _verdict(amounts: Amounts) -> Folded | Unclear:
    if amounts.refunded_ore > amounts.captured_ore:
        return Unclear("more refunded than captured")
    if amounts.captured_ore:
        if amounts.refunded_ore == amounts.captured_ore and not amounts.held_ore:
            return Folded(OrderStatus.REFUND, amounts)
        return Folded(OrderStatus.SALE if amounts.is_sold else OrderStatus.CAPTURE, amounts)
    if amounts.held_ore:
        return Folded(OrderStatus.RESERVED, amounts)
    if amounts.oddities:
        return Unclear(f"unknown word {amounts.oddities[-1]}")
    if amounts.is_over:
        return Folded(OrderStatus.VOID if amounts.authorized_ore else OrderStatus.CANCEL, amounts)
    if amounts.authorized_ore:
        return Unclear("approved, and yet nothing is held or captured")
    return Folded(OrderStatus.INITIATE, amounts)
