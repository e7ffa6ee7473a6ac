"""What ePayment's good answers say, once it is certain that they speak of our payment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

from payments_service.domain.money import CURRENCY
from payments_service.domain.readings import LogEntry, Reading, Totals
from payments_service.domain.vocabulary import Meaning, meaning_of
from payments_service.outgoing import Answer
from payments_service.vipps.answers import fingerprint, link_to_open, must_be_about, oldest_first, readable
from payments_service.vipps.epayment_messages import Amount, Created, EventLine, EventLog, Modified, Payment

#: States that a log begins with; any other one ended the payment.
EARLY: Final = frozenset({Meaning.STARTED, Meaning.RESERVED})

Ours = TypeVar("Ours", Created, Payment, Modified)


def link(answer: Answer, order_id: str, *, is_push: bool) -> str | None:
    """Return the address the member opens; None when Vipps asks on the phone."""
    url = _ours(Created, answer, order_id).redirectUrl
    return None if url is None and is_push else link_to_open(url or "")


def payment(answer: Answer, order_id: str) -> Payment:
    return _ours(Payment, answer, order_id)


def untouched(found: Payment, answer: Answer) -> Reading:
    """Make a reading of a payment that nobody has acted on: its log would say no more than that it exists."""
    entry = LogEntry(found.state, found.amount.value, succeeded=True)
    return Reading(found.reference, (entry,), None, fingerprint(answer), _currency([found.amount]))


def reading(found: Payment, answer: Answer, log: Answer) -> Reading:
    """Make a reading of sums and log, oldest entry first.

    The state counts as an entry where the log has none of its name, for the log may be behind. It is never more than
    that: AUTHORIZED stays for ever, and how much is left the sums tell.
    """
    events = readable(EventLog, log, under="events").events
    for event in events:
        must_be_about(found.reference, event.reference)
    entries = oldest_first([_entry(event) for event in events])
    if not any(entry.word.upper() == found.state.upper() and entry.succeeded for entry in entries):
        place = 0 if meaning_of(found.state) in EARLY else len(entries)
        entries.insert(place, LogEntry(found.state, found.amount.value, succeeded=True))
    amounts = [found.amount, *found.aggregate.amounts, *(event.amount for event in events)]
    evidence = fingerprint(answer, log)
    return Reading(found.reference, tuple(entries), _totals(found), evidence, _currency(amounts))


def confirm(answer: Answer, order_id: str) -> None:
    """Raise `OutcomeUnknown` unless the answer is about this order."""
    _ours(Modified, answer, order_id)


def _entry(event: EventLine) -> LogEntry:
    return LogEntry(event.name, event.amount.value, event.success, event.timestamp, event.idempotencyKey)


def _totals(found: Payment) -> Totals:
    """What is held: authorised, and neither captured nor let go. Of a payment cancelled unapproved that is 0, too."""
    sums = found.aggregate
    authorized, captured = sums.authorizedAmount.value, sums.capturedAmount.value
    return Totals(
        captured_ore=captured,
        held_ore=max(0, authorized - captured - sums.cancelledAmount.value),
        refunded_ore=sums.refundedAmount.value,
        authorized_ore=authorized,
    )


def _currency(amounts: Iterable[Amount]) -> str:
    return next((amount.currency for amount in amounts if amount.currency != CURRENCY), CURRENCY)


def _ours(shape: type[Ours], answer: Answer, order_id: str) -> Ours:
    found = readable(shape, answer)
    must_be_about(order_id, found.reference)
    return found
