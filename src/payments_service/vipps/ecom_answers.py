"""What eCom's good answers say, once it is certain that they speak of our payment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from payments_service.domain.readings import LogEntry, Reading, Totals
from payments_service.outgoing import Answer
from payments_service.vipps.answers import fingerprint, link_to_open, must_be_about, oldest_first, readable
from payments_service.vipps.errors import OutcomeUnknown
from payments_service.vipps.messages import Details, Done, LogLine, Started, Summary

# What a done operation is called in its answer, 2018's words included. Another word is not taken for a yes.
DONE_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "capture": frozenset({"CAPTURE", "CAPTURED"}),
    "cancel": frozenset({"CANCEL", "CANCELLED", "CANCELED", "VOID", "VOIDED"}),
    "refund": frozenset({"REFUND", "REFUNDED"}),
}

Ours = TypeVar("Ours", Started, Details, Done)


def link(answer: Answer, order_id: str) -> str:
    """Return the address the member opens."""
    return link_to_open(_ours(Started, answer, order_id).url)


def reading(answer: Answer, order_id: str) -> Reading:
    """Make a reading of the details: oldest entry first, sums only when all three are there."""
    details = _ours(Details, answer, order_id)
    entries = oldest_first([_entry(line) for line in reversed(details.transactionLogHistory)])  # newest first
    return Reading(order_id, tuple(entries), _totals(details.transactionSummary), fingerprint(answer))


def confirm(answer: Answer, operation: str, order_id: str) -> None:
    """Raise `OutcomeUnknown` unless the answer says that this operation was done to this order."""
    word = _ours(Done, answer, order_id).word
    if word is not None and word.upper() not in DONE_WORDS[operation]:
        raise OutcomeUnknown(f"{operation}: the answer calls it {word}")


def _ours(shape: type[Ours], answer: Answer, order_id: str) -> Ours:
    found = readable(shape, answer)
    must_be_about(order_id, found.orderId)
    return found


def _entry(line: LogLine) -> LogEntry:
    return LogEntry(line.operation, line.amount, line.operationSuccess, line.timeStamp, line.requestId)


def _totals(summary: Summary | None) -> Totals | None:
    """An incomplete summary is none: the log then speaks for itself."""
    if summary is None:
        return None
    captured, held, refunded = (
        summary.capturedAmount,
        summary.remainingAmountToCapture,
        summary.refundedAmount,
    )
    if captured is None or held is None or refunded is None:
        return None
    return Totals(captured_ore=captured, held_ore=held, refunded_ore=refunded)
