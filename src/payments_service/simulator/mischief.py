"""Puts misbehaviours into effect: somebody asks for one by name, for an order, an operation, so many times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from payments_service.simulator.acts import Waiting
from payments_service.simulator.faults import CALLBACK_KINDS, DOOR_KINDS, Call, Fault
from payments_service.simulator.misbehaviour import (
    STARTED,
    Act,
    Misbehaviour,
    Occasion,
    Setting,
    Spoil,
)
from payments_service.simulator.wishes import Wish, read_wish

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

_ids = count(1)


@dataclass(slots=True)
class Selection:
    """One misbehaviour that was asked for, and all that was set up for it."""

    wish: Wish
    done: str | None = None
    """What was done on the spot."""
    faults: list[Fault] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    undo: list[Callable[[], None]] = field(default_factory=list)
    id: int = field(default_factory=lambda: next(_ids))


class Mischief:
    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim
        self.selections: list[Selection] = []

    def select(
        self,
        name: str,
        *,
        order_id: str | None = None,
        operation: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        **parameters: Any,
    ) -> Selection:
        """ValueError for what does not exist; what cannot be done on the spot raises CheckoutOver or Refusal."""
        wish = read_wish(name, order_id, operation, times=times, skip=skip, parameters=parameters)
        wanted, selection = wish.misbehaviour, Selection(wish)
        if wanted.at_once and not wish.is_named and (order_id is not None or not wanted.needs_order):
            selection.done = self._do_at_once(wish)
        if selection.done is None:
            self._set_up(selection, times=times, skip=skip)
        self.selections.append(selection)
        return selection

    def draw(self, wanted: Misbehaviour, call: Call) -> Fault | None:
        """For exactly this call, by chance: the fault to take at once; everything else stands by for it."""
        selection = Selection(Wish(wanted, call.order_id, call.operation, dict(wanted.parameters)))
        self._set_up(selection, times=1, skip=0)
        for act in selection.waiting:
            act.only_now = True
        at_once = CALLBACK_KINDS if call.operation == "callback" else DOOR_KINDS
        taken = next((fault for fault in selection.faults if fault.kind in at_once), None)
        if taken is not None:
            self._sim.faults.clear(taken.id)
        return taken

    def clear(self, selection_id: int | None = None) -> None:
        for selection in [s for s in self.selections if selection_id in (None, s.id)]:
            self.selections.remove(selection)
            self._sim.faults.faults = [f for f in self._sim.faults.faults if f not in selection.faults]
            self._sim.acts.waiting = [a for a in self._sim.acts.waiting if a not in selection.waiting]
            for undo in selection.undo:
                undo()

    def is_active(self, selection: Selection) -> bool:
        """Whether it can still take hold."""
        ids = {fault.id for fault in self._sim.faults.faults}
        acts = self._sim.acts.waiting
        return (
            bool(selection.undo)
            or any(fault.id in ids for fault in selection.faults)
            or any(act in acts for act in selection.waiting)
        )

    def _do_at_once(self, wish: Wish) -> str | None:
        if wish.misbehaviour.needs_order and not self._exists(wish.order_id or ""):
            return None  # it will be started yet
        occasion = Occasion(Call(wish.operation, wish.order_id), wish.order_id, wish.parameters)
        acts = [effect for effect in wish.misbehaviour.effects if isinstance(effect, Act)]
        said = "; ".join(word for act in acts if (word := act.deed(self._sim, occasion)) is not None)
        if said:
            self._sim.notes.write("misbehaviour", wish.misbehaviour.name, said, order_id=wish.order_id)
        return said or None

    def _exists(self, order_id: str) -> bool:
        try:
            self._sim.payment(order_id)
        except KeyError:
            return False
        return True

    def _set_up(self, selection: Selection, *, times: int | None, skip: int) -> None:
        wish = selection.wish
        for effect in wish.misbehaviour.effects:
            match effect:
                case Spoil(kind=kind, how=how):
                    fields = {**how, **wish.parameters, "times": times, "skip": skip}
                    name = wish.misbehaviour.name
                    fault = Fault(kind, wish.operation, wish.order_id, spares=STARTED, name=name, **fields)
                    selection.faults.append(self._sim.faults.add(fault))
                case Act():
                    act = replace(effect, stage="before") if _is_early(wish) else effect
                    self._wait(selection, act, times=times, skip=skip)
                case Setting(sales_unit=values):
                    self._change_sales_units(selection, values)

    def _wait(self, selection: Selection, act: Act, *, times: int | None, skip: int) -> None:
        wish = selection.wish
        waiting = Waiting(
            wish.misbehaviour.name, wish.operation, act.stage, act.deed, wish.parameters, wish.order_id,
            times, skip, act.waits, act.of_others,
        )  # fmt: skip
        selection.waiting.append(waiting)
        self._sim.acts.waiting.append(waiting)

    def _change_sales_units(self, selection: Selection, values: Mapping[str, Any]) -> None:
        if selection.wish.order_id is not None:
            raise ValueError(f"{selection.wish.misbehaviour.name} holds for all orders, not for one")
        for unit in self._sim.config.sales_units:
            for name, value in values.items():
                selection.undo.append(partial(setattr, unit, name, getattr(unit, name)))
                setattr(unit, name, value)


def _is_early(wish: Wish) -> bool:
    """At a call that somebody chose, a deed that is not tied to one comes before the work, to be part of it."""
    usual = wish.misbehaviour.waits_for
    return wish.is_named and usual is not None and wish.operation not in (usual, "initiate", "callback")
