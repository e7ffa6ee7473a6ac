"""Append-only records under one running number, so that a test can prove what came before what."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Effect:
    """Something that changed (or tried to change) the ledger."""

    seq: int
    at: datetime
    msn: str
    order_id: str
    operation: str
    source: str
    amount: int
    ok: bool
    key: str | None
    payload_hash: str | None


@dataclass(slots=True)
class Request:
    """A call that reached us; `outcome` is the HTTP status, or how we let it down."""

    seq: int
    at: datetime
    operation: str
    order_id: str | None
    method: str
    path: str
    headers: dict[str, str]
    body: str
    outcome: int | str | None = None


@dataclass(slots=True)
class Delivery:
    """One attempt to tell the merchant, by callback or by webhook, with what came of it."""

    seq: int
    at: datetime
    order_id: str
    url: str
    status: str
    """The status a callback names, or the name of a webhook's event."""
    body: str
    authorization: str | None
    outcome: str = "under way"
    http_status: int | None = None
    seconds: float | None = None
    channel: str = "ecom"
    """`ecom` or `webhooks`."""
    attempt: int = 1
    registration_id: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class BackendCall:
    seq: int
    at: datetime
    operation: str
    event_id: str
    user_id: str | None
    idempotency_key: str | None
    request_id: str | None
    registration_id: int | None
    status: int


@dataclass(slots=True)
class ReceivedNotice:
    """What the service told the event backend; `problem` says why it was not believed. A repeat has the same id."""

    seq: int
    at: datetime
    notice_id: str
    type: str | None
    event_id: str | None
    registration_id: str | None
    order_id: str | None
    body: dict[str, Any]
    headers: dict[str, str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was done to the calls or to a payment on purpose: by a misbehaviour, chance or a scenario."""

    seq: int
    at: datetime
    source: str
    name: str
    operation: str | None
    order_id: str | None
    words: str


@dataclass(slots=True)
class Journal:
    effects: list[Effect] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    backend_calls: list[BackendCall] = field(default_factory=list)
    notices: list[ReceivedNotice] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    _last: int = 0

    def next_seq(self) -> int:
        self._last += 1
        return self._last

    def effects_of(self, order_id: str, operation: str | None = None) -> list[Effect]:
        return [e for e in self.effects if e.order_id == order_id and operation in (None, e.operation)]

    def requests_for(self, operation: str, order_id: str | None = None) -> list[Request]:
        return [r for r in self.requests if r.operation == operation and order_id in (None, r.order_id)]

    def deliveries_of(self, order_id: str) -> list[Delivery]:
        return [d for d in self.deliveries if d.order_id == order_id]

    def delivery_with(self, headers: Mapping[str, str]) -> Delivery | None:
        """The one these very headers belong to."""
        return next((d for d in reversed(self.deliveries) if d.headers is headers), None)

    def as_dict(self) -> dict[str, Any]:
        lists = ("effects", "requests", "deliveries", "backend_calls", "notices", "notes")
        return {name: [asdict(item) for item in getattr(self, name)] for name in lists}

    def clear(self) -> None:
        for records in (
            self.effects, self.requests, self.deliveries, self.backend_calls, self.notices, self.notes,
        ):  # fmt: skip
            records.clear()
        self._last = 0
