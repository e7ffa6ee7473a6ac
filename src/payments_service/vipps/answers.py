"""What good answers of both payment APIs have in common: they are about our payment, or they are no answers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from payments_service.domain.readings import LogEntry
from payments_service.outgoing import Answer
from payments_service.vipps.errors import OutcomeUnknown
from payments_service.vipps.messages import AnyReply, Unreadable, parse

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def readable(shape: type[AnyReply], answer: Answer, *, under: str | None = None) -> AnyReply:
    """Read an answer; one that cannot be read leaves the outcome unknown. `under`: see `messages.parse`."""
    try:
        return parse(shape, answer.body, under=under)
    except Unreadable as error:
        raise OutcomeUnknown(f"unreadable answer ({error}, http {answer.status})") from None


def must_be_about(order_id: str, named: str) -> None:
    """Raise `OutcomeUnknown` for an answer that names another payment."""
    if named != order_id:
        raise OutcomeUnknown("the answer is about another order")


def oldest_first(entries: Sequence[LogEntry]) -> list[LogEntry]:
    """Sort by instant where every entry has one; entries of one instant keep the order they came in."""
    instants = [entry.happened_at for entry in entries if entry.happened_at is not None]
    if len(instants) != len(entries):
        return list(entries)
    ordered = sorted(zip(instants, entries, strict=True), key=lambda pair: pair[0])
    return [entry for _, entry in ordered]


def fingerprint(*answers: Answer) -> str:
    """Return the SHA-256 of the bodies, one after the other: what a decision was made from."""
    return hashlib.sha256(b"".join(answer.body for answer in answers)).hexdigest()


def link_to_open(url: str) -> str:
    """Return an address as it is, for it goes to a browser; raise `OutcomeUnknown` for none that may be opened."""
    if not _may_be_opened(url):
        raise OutcomeUnknown("start: the answer has no link that may be opened")
    return url


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
