"""What a misbehaviour is: a number, a name, a sentence, where it applies, and the means that bring it about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from payments_service.simulator.faults import Call

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

READS = ("details", "status", "events")
CHANGES = ("capture", "cancel", "refund")
WEBHOOKS = ("webhooks.register", "webhooks.list", "webhooks.delete")
EVERY_CALL = ("token", "initiate", *READS, *CHANGES, "force_approve", *WEBHOOKS)
BOTH, ECOM, EPAYMENT = ("ecom", "epayment"), ("ecom",), ("epayment",)
# That a payment exists is not worth a misbehaviour; eCom does not even tell of it.
STARTED = "CREATED"
# What a call to these is about is not an order.
WITHOUT_ORDER = frozenset({"token", *WEBHOOKS})


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a deed is done: at a call, or at once for an order somebody named."""

    call: Call
    selected: str | None
    parameters: Mapping[str, Any]

    @property
    def order_id(self) -> str:
        return self.call.order_id or self.selected or ""


Deed = Callable[["Simulator", Occasion], str | None]
"""Does something and says what; None when there was nothing to do, which does not count."""


@dataclass(frozen=True, slots=True)
class Spoil:
    """A fault on the call itself. The misbehaviour's parameters become the fault's fields."""

    kind: str
    how: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """A deed at a stage of the call: before or after the work, or when it has been answered."""

    deed: Deed
    stage: str = "answered"
    waits: bool = False
    """The call goes on only when the callbacks this caused have been attempted."""
    of_others: bool = False
    """Calls about other orders are occasions too; the deed picks."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that holds for every order of every sales unit until it is taken back."""

    sales_unit: Mapping[str, Any]


Effect = Spoil | Act | Setting


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    number: int
    name: str
    sentence: str
    operations: tuple[str, ...]
    apis: tuple[str, ...]
    effects: tuple[Effect, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    waits_for: str | None = None
    """Which of the operations is meant when none is named; None is all of them."""
    at_once: bool = False
    """Done on the spot when it is asked for without an operation, and with an order that exists if it needs one."""
    needs_order: bool = True
    by_chance: bool = True

    @property
    def base(self) -> str:
        return self.name.partition(".")[0]

    def as_dict(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "name": self.name,
            "does": self.sentence,
            "operations": list(self.operations),
            "waits_for": self.waits_for,
            "at_once": self.at_once,
            "apis": list(self.apis),
            "parameters": dict(self.parameters),
            "means": [_means(effect) for effect in self.effects],
            "by_chance": self.by_chance,
        }


def _means(effect: Effect) -> str:
    match effect:
        case Spoil(kind=kind, how=how):
            return f"fault {kind}" + (f" {dict(how)}" if how else "")
        case Act(deed=deed, stage=stage):
            return f"{deed.__name__} ({stage})"
        case Setting(sales_unit=values):
            return f"sales unit {dict(values)}"
