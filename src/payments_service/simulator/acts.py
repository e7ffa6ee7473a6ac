"""Deeds that wait for a call: done at its stage, so often, for one order or any."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payments_service.simulator.checkout import CheckoutOver
from payments_service.simulator.faults import Call, covers
from payments_service.simulator.misbehaviour import Deed, Occasion
from payments_service.simulator.refusals import Refusal

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator


@dataclass(slots=True, eq=False)
class Waiting:
    name: str
    operation: str
    """An operation, or several joined by `|`."""
    stage: str
    deed: Deed
    parameters: Mapping[str, Any]
    order_id: str | None
    times: int | None
    skip: int
    waits: bool
    of_others: bool
    only_now: bool = False
    """For one call: over when that has passed, whether or not there was anything to do."""

    def fits(self, stage: str, call: Call) -> bool:
        if stage != self.stage or not covers(self.operation, call.operation):
            return False
        return self.of_others or self.order_id in (None, call.order_id)


class ActPlan:
    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim
        self.waiting: list[Waiting] = []

    async def listen(self, stage: str, call: Call) -> None:
        for act in [act for act in self.waiting if act.fits(stage, call)]:
            if act.skip:
                act.skip -= 1
            elif self._do(act, call):
                self._use_up(act)
                if act.waits:
                    await self._sim.callbacks.flush()
                else:
                    self._sim.callbacks.flush_soon()
            elif act.only_now and act in self.waiting:
                self.waiting.remove(act)

    def _do(self, act: Waiting, call: Call) -> bool:
        """Whether there was anything to do; what cannot be done is noted and counts."""
        try:
            words = act.deed(self._sim, Occasion(call, act.order_id, act.parameters))
        except KeyError:
            return False  # the payment it is about was never started
        except (CheckoutOver, Refusal) as problem:
            words = f"could not be done: {problem}"
        if words is None:
            return False
        self._sim.notes.write(
            "misbehaviour", act.name, words, operation=call.operation, order_id=call.order_id
        )
        return True

    def _use_up(self, act: Waiting) -> None:
        if act.times is None:
            return
        act.times -= 1
        if act.times <= 0 and act in self.waiting:
            self.waiting.remove(act)

    def clear(self) -> None:
        self.waiting.clear()
