"""The plan of what shall go wrong: which call, for whom, how often; and hooks for acting in between."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

# Where a kind takes hold: at the front door (any call), in the content of an answer, or on a callback.
DOOR_KINDS = frozenset(
    {"silent", "drop_before", "drop_after", "delay", "error", "rate_limited", "unauthorized", "approve_first"}
)
CONTENT_KINDS = frozenset({"stale_details", "wrong_amount", "not_really"})
CALLBACK_KINDS = frozenset(
    {
        "lost", "duplicated", "delayed", "wrong_token", "missing_token", "wrong_amount", "wrong_msn",
        "wrong_order_id", "malformed", "unknown_status", "unknown_fields",
    }
)  # fmt: skip
VIPPS_OPERATIONS = (
    "token", "initiate", "details", "status", "events", "capture", "cancel", "refund", "force_approve",
    "webhooks.register", "webhooks.list", "webhooks.delete",
)  # fmt: skip
SHAPES = ("responseinfo", "gateway", "html", "empty", "strings", "junk", "ecom", "epayment", "django")
BACKEND_OPERATIONS = ("backend.read", "backend.list", "backend.release", "backend.waitlist")
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
    """An operation, `*` for every call to Vipps, `backend.*` for every call to the event backend."""
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
    id: int = field(default_factory=lambda: next(_ids))

    def __post_init__(self) -> None:
        on_callback = self.operation == "callback"
        if self.kind not in (CALLBACK_KINDS if on_callback else DOOR_KINDS | CONTENT_KINDS):
            raise ValueError(f"there is no fault {self.kind!r} for {self.operation!r}")
        if self.operation not in ("callback", "*", "backend.*", *VIPPS_OPERATIONS, *BACKEND_OPERATIONS):
            raise ValueError(f"there is no operation {self.operation!r}")
        if self.kind in _ONLY_FOR and not on_callback and self.operation not in _ONLY_FOR[self.kind]:
            raise ValueError(f"there is no fault {self.kind!r} for {self.operation!r}")
        if self.shape not in SHAPES:
            raise ValueError(f"there is no shape {self.shape!r}")


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
    def __init__(self) -> None:
        self.faults: list[Fault] = []

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
    ) -> Fault | None:
        """The first fault that fits this call, with one of its times used up."""
        for fault in self.faults:
            wanted = ((fault.order_id, order_id), (fault.event_id, event_id), (fault.user_id, user_id))
            if fault.kind not in kinds or not _covers(fault.operation, operation):
                continue
            if any(ours not in (None, theirs) for ours, theirs in wanted):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            self._use_up(fault)
            return fault
        return None

    def _use_up(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times <= 0:
            self.faults.remove(fault)


def _covers(pattern: str, operation: str) -> bool:
    if pattern == "*":
        return operation in VIPPS_OPERATIONS
    if pattern == "backend.*":
        return operation in BACKEND_OPERATIONS
    return pattern == operation


Hook = Callable[[Call], Awaitable[None]]


@dataclass(slots=True)
class Hooks:
    """Run just before and just after the simulator acts, e.g. to kill the caller at that instant."""

    before: dict[str, Hook] = field(default_factory=dict)
    after: dict[str, Hook] = field(default_factory=dict)

    async def run_before(self, call: Call) -> None:
        if call.operation in self.before:
            await self.before[call.operation](call)

    async def run_after(self, call: Call) -> None:
        if call.operation in self.after:
            await self.after[call.operation](call)
