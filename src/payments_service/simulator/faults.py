"""The plan of what shall go wrong: which call, for whom, how often; and hooks for acting in between."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

# Where a kind takes hold: at the front door (any call), in the content of an answer, or on a callback.
DOOR_KINDS = frozenset(
    {
        "silent", "drop_before", "drop_after", "delay", "error", "rate_limited", "unauthorized", "approve_first",
        "refused", "garbled_request", "fields_missing", "personal_data_expired",
    }
)  # fmt: skip
CONTENT_KINDS = frozenset({"stale_details", "wrong_amount", "not_really"})
CALLBACK_KINDS = frozenset(
    {
        "lost", "duplicated", "delayed", "wrong_token", "missing_token", "wrong_amount", "wrong_msn",
        "wrong_order_id", "malformed", "unknown_status", "unknown_fields", "fields_missing", "held",
        "clock_skew", "old_date",
    }
)  # fmt: skip
VIPPS_OPERATIONS = (
    "token", "initiate", "details", "status", "events", "capture", "cancel", "refund", "force_approve",
    "webhooks.register", "webhooks.list", "webhooks.delete",
)  # fmt: skip
SHAPES = ("responseinfo", "gateway", "html", "empty", "strings", "junk", "ecom", "epayment", "django")
BACKEND_OPERATIONS = (
    "backend.read", "backend.list", "backend.release", "backend.waitlist", "backend.notice",
)  # fmt: skip
_ONLY_FOR = {
    "stale_details": ("details", "events"),
    "wrong_amount": ("details",),
    "not_really": ("capture", "cancel", "refund"),
}
_ids = count(1)


@dataclass(slots=True)
class Fault:
    kind: str
    operation: str
    """An operation, several joined by `|`, `*` for every call to Vipps, `backend.*` for every one to the backend."""
    order_id: str | None = None
    event_id: str | None = None
    user_id: str | None = None
    times: int | None = 1
    """How many calls it spoils; None goes on until it is cleared."""
    skip: int = 0
    seconds: float | None = None
    after: bool = False
    """Do the work first, then misbehave (silent, delay, error)."""
    status: int = 500
    shape: str = "responseinfo"
    group: str = "VippsError"
    code: str = "99"
    retry_after: int | None = None
    amount: int | None = None
    value: str | None = None
    spares: str | None = None
    """An event whose webhooks it leaves alone."""
    name: str | None = None
    """The misbehaviour it belongs to, if it was asked for under such a name."""
    id: int = field(default_factory=lambda: next(_ids))

    def __post_init__(self) -> None:
        for operation in self.operation.split("|"):
            self._check(operation)
        if self.shape not in SHAPES:
            raise ValueError(f"there is no shape {self.shape!r}")

    def _check(self, operation: str) -> None:
        on_callback = operation == "callback"
        if self.kind not in (CALLBACK_KINDS if on_callback else DOOR_KINDS | CONTENT_KINDS):
            raise ValueError(f"there is no fault {self.kind!r} for {operation!r}")
        if operation not in ("callback", "*", "backend.*", *VIPPS_OPERATIONS, *BACKEND_OPERATIONS):
            raise ValueError(f"there is no operation {operation!r}")
        if self.kind in _ONLY_FOR and not on_callback and operation not in _ONLY_FOR[self.kind]:
            raise ValueError(f"there is no fault {self.kind!r} for {operation!r}")


@dataclass(frozen=True, slots=True)
class Call:
    """A call as faults and hooks see it."""

    operation: str
    order_id: str | None = None
    event_id: str | None = None
    user_id: str | None = None
    method: str = ""
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class FaultPlan:
    """`on_taken` hears of every fault that takes hold; `otherwise` may come up with one where none is planned."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.on_taken: Callable[[Fault, str, str | None], None] | None = None
        self.otherwise: Callable[[str, str | None, frozenset[str]], Fault | None] | None = None

    def add(self, fault: Fault) -> Fault:
        self.faults.append(fault)
        return fault

    def clear(self, fault_id: int | None = None) -> None:
        self.faults = [f for f in self.faults if fault_id is not None and f.id != fault_id]

    def take(
        self,
        operation: str,
        order_id: str | None,
        kinds: frozenset[str],
        *,
        event_id: str | None = None,
        user_id: str | None = None,
        event: str | None = None,
    ) -> Fault | None:
        """The first fault that fits this call, with one of its times used up."""
        for fault in self.faults:
            wanted = ((fault.order_id, order_id), (fault.event_id, event_id), (fault.user_id, user_id))
            if fault.kind not in kinds or not covers(fault.operation, operation):
                continue
            if any(ours not in (None, theirs) for ours, theirs in wanted) or (
                event and event == fault.spares
            ):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            self._use_up(fault)
            if self.on_taken is not None:
                self.on_taken(fault, operation, order_id)
            return fault
        return self.otherwise(operation, order_id, kinds) if self.otherwise is not None else None

    def _use_up(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times <= 0:
            self.faults.remove(fault)


def covers(pattern: str, operation: str) -> bool:
    if pattern == "*":
        return operation in VIPPS_OPERATIONS
    if pattern == "backend.*":
        return operation in BACKEND_OPERATIONS
    return operation in pattern.split("|")


Hook = Callable[[Call], Awaitable[None]]
Listener = Callable[[str, Call], Awaitable[None]]


@dataclass(slots=True)
class Hooks:
    """Run just before and just after the simulator acts, e.g. to kill the caller at that instant."""

    before: dict[str, Hook] = field(default_factory=dict)
    after: dict[str, Hook] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    """Hear of every call and callback at all its stages: arrived, before (the work), after, answered."""

    async def announce(self, stage: str, call: Call) -> None:
        for listener in self.listeners:
            await listener(stage, call)

    async def run_before(self, call: Call) -> None:
        await self.announce("before", call)
        if call.operation in self.before:
            await self.before[call.operation](call)

    async def run_after(self, call: Call) -> None:
        await self.announce("answered" if call.operation == "callback" else "after", call)
        if call.operation in self.after:
            await self.after[call.operation](call)
