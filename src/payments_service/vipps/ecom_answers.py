"""What eCom's good answers say, once it is certain that they speak of our payment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import urlsplit

from payments_service.domain.readings import LogEntry, Reading, Totals
from payments_service.outgoing import Answer
from payments_service.vipps.errors import OutcomeUnknown
from payments_service.vipps.messages import Details, Done, LogLine, Started, Summary, Unreadable, parse

ANOTHER_ORDER: Final = "the answer is about another order"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# What a done operation is called in its answer, 2018's words included. Another word is not taken for a yes.
DONE_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "capture": frozenset({"CAPTURE", "CAPTURED"}),
    "cancel": frozenset({"CANCEL", "CANCELLED", "CANCELED", "VOID", "VOIDED"}),
    "refund": frozenset({"REFUND", "REFUNDED"}),
}

Ours = TypeVar("Ours", Started, Details, Done)


def link(answer: Answer, order_id: str) -> str:
    """Return the address the member opens. It goes to a browser as it is, so it must be one to go to."""
    started = _ours(Started, answer, order_id)
    if not _may_be_opened(started.url):
        raise OutcomeUnknown("start: the answer has no link that may be opened")
    return started.url


def reading(answer: Answer, order_id: str) -> Reading:
    """Make a reading of the details: oldest entry first, sums only when all three are there."""
    details = _ours(Details, answer, order_id)
    entries = [_entry(line) for line in reversed(details.transactionLogHistory)]  # Vipps says newest first
    instants = [entry.happened_at for entry in entries if entry.happened_at is not None]
    if len(instants) == len(entries):  # stable: entries of one instant keep Vipps' order
        ordered = sorted(zip(instants, entries, strict=True), key=lambda pair: pair[0])
        entries = [entry for _, entry in ordered]
    return Reading(order_id, tuple(entries), _totals(details.transactionSummary), fingerprint(answer))


def confirm(answer: Answer, operation: str, order_id: str) -> None:
    """Raise `OutcomeUnknown` unless the answer says that this operation was done to this order."""
    word = _ours(Done, answer, order_id).word
    if word is not None and word.upper() not in DONE_WORDS[operation]:
        raise OutcomeUnknown(f"{operation}: the answer calls it {word}")


def fingerprint(answer: Answer) -> str:
    return hashlib.sha256(answer.body).hexdigest()


def _ours(shape: type[Ours], answer: Answer, order_id: str) -> Ours:
    try:
        found = parse(shape, answer.body)
    except Unreadable as error:
        raise OutcomeUnknown(f"unreadable answer ({error}, http {answer.status})") from None
    if found.orderId != order_id:
        raise OutcomeUnknown(ANOTHER_ORDER)
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


def _may_be_opened(url: str) -> bool:
    """https anywhere, http on this machine (the simulator); no credentials, blanks or control characters."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
        parts.port  # noqa: B018  (raises for a port that is none)
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
