"""Misbehaving by seed: every call and delivery draws, the same way whatever other orders do meanwhile."""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payments_service.simulator.faults import Call, Fault
from payments_service.simulator.misbehaviour import EVERY_CALL, Misbehaviour
from payments_service.simulator.misbehaviours import CATALOGUE, matching
from payments_service.simulator.native_refusals import api_of

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

OPERATIONS = (*EVERY_CALL, "callback")


@dataclass(frozen=True, slots=True)
class Rules:
    seed: int
    rate: float
    names: tuple[str, ...] | None = None
    """Misbehaviours, or their bases for all variants; None is all that fit the call."""
    operations: tuple[str, ...] | None = None
    orders: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError("rate is from 0 to 1")
        if unknown := [name for name in self.names or () if not matching(name)]:
            raise ValueError(f"there is no misbehaviour {', '.join(unknown)}")
        if unknown := [name for name in self.operations or () if name not in OPERATIONS]:
            raise ValueError(f"there is no operation {', '.join(unknown)}; there are {', '.join(OPERATIONS)}")

    def covers(self, operation: str, order_id: str | None) -> bool:
        return (self.operations is None or operation in self.operations) and (
            self.orders is None or order_id in self.orders
        )

    def eligible(self, operation: str, api: str) -> list[Misbehaviour]:
        names = None if self.names is None else set().union(*(matching(name) for name in self.names))
        return [
            entry
            for entry in CATALOGUE.values()
            if entry.by_chance
            and operation in ((entry.waits_for,) if entry.waits_for else entry.operations)
            and api in entry.apis
            and (names is None or entry.name in names)
        ]


class Chance:
    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim
        self.rules: Rules | None = None
        self.draws = 0
        self.counts: Counter[str] = Counter()
        self._calls: defaultdict[tuple[str, str | None], int] = defaultdict(int)

    def begin(self, rules: Rules) -> None:
        self.clear()
        self.rules = rules

    def draw(self, call: Call) -> Fault | None:
        """A fault to take at once, or nothing; deeds that were drawn stand by for this call."""
        rules = self.rules
        if rules is None or not rules.covers(call.operation, call.order_id):
            return None
        self._calls[call.operation, call.order_id] += 1
        number = self._calls[call.operation, call.order_id]
        # all that the draw depends on: a text, since hash() differs from one process to the next
        dice = random.Random(f"{rules.seed}/{call.operation}/{call.order_id}/{number}")
        self.draws += 1
        eligible = rules.eligible(call.operation, self._api_of(call))
        if not eligible or dice.random() >= rules.rate:
            return None
        drawn = dice.choice(eligible)
        self.counts[drawn.name] += 1
        words = f"drawn with seed {rules.seed} for call {number}"
        self._sim.notes.write("chance", drawn.name, words, operation=call.operation, order_id=call.order_id)
        return self._sim.mischief.draw(drawn, call)

    def draw_for_callback(self, operation: str, order_id: str | None, _kinds: frozenset[str]) -> Fault | None:
        return self.draw(Call(operation, order_id)) if operation == "callback" else None

    def _api_of(self, call: Call) -> str:
        if call.operation != "callback" or call.order_id is None:
            return api_of(call)
        return self._sim.ledger.by_order(call.order_id).api

    def clear(self) -> None:
        self.rules, self.draws = None, 0
        self.counts.clear()
        self._calls.clear()
