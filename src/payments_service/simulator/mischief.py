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
    WITHOUT_ORDER,
    Act,
    Misbehaviour,
    Occasion,
    Setting,
    Spoil,
)
from payments_service.simulator.misbehaviours import find

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

_ids = count(1)


@dataclass(slots=True)
class Selection:
    """One misbehaviour that was asked for, and all that was set up for it."""

    misbehaviour: Misbehaviour
    order_id: str | None
    operation: str
    parameters: Mapping[str, Any]
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
        selection = _read(name, order_id, operation, times, skip, parameters)
        wanted = selection.misbehaviour
        if wanted.at_once and operation is None and (order_id is not None or not wanted.needs_order):
            selection.done = self._do_at_once(selection)
        if selection.done is None:
            self._set_up(selection, times=times, skip=skip, named=operation is not None)
        self.selections.append(selection)
        return selection

    def draw(self, wanted: Misbehaviour, call: Call) -> Fault | None:
        """For exactly this call, by chance: the fault to take at once; everything else stands by for it."""
        selection = Selection(wanted, call.order_id, call.operation, dict(wanted.parameters))
        self._set_up(selection, times=1, skip=0, named=False)
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

    def _do_at_once(self, selection: Selection) -> str | None:
        if selection.misbehaviour.needs_order and not self._exists(selection.order_id or ""):
            return None  # it will be started yet
        call = Call(selection.operation, selection.order_id)
        occasion = Occasion(call, selection.order_id, selection.parameters)
        acts = [effect for effect in selection.misbehaviour.effects if isinstance(effect, Act)]
        words = [word for act in acts if (word := act.deed(self._sim, occasion)) is not None]
        if words:
            name, said = selection.misbehaviour.name, "; ".join(words)
            self._sim.note("misbehaviour", name, said, order_id=selection.order_id)
            return said
        return None

    def _exists(self, order_id: str) -> bool:
        try:
            self._sim.payment(order_id)
        except KeyError:
            return False
        return True

    def _set_up(self, selection: Selection, *, times: int | None, skip: int, named: bool) -> None:
        wanted = selection.misbehaviour
        for effect in wanted.effects:
            match effect:
                case Spoil(kind=kind, how=how):
                    fields = {**how, **selection.parameters}
                    fault = Fault(
                        kind, selection.operation, selection.order_id,
                        times=times, skip=skip, spares=STARTED, name=wanted.name, **fields,
                    )  # fmt: skip
                    selection.faults.append(self._sim.faults.add(fault))
                case Act():
                    # at a call that somebody named the deed comes before the work, to be part of it
                    early = named and selection.operation not in (wanted.waits_for, "initiate", "callback")
                    act = replace(effect, stage="before") if early and wanted.waits_for else effect
                    self._wait(selection, act, times=times, skip=skip)
                case Setting(sales_unit=values):
                    self._change_sales_units(selection, values)

    def _wait(self, selection: Selection, act: Act, *, times: int | None, skip: int) -> None:
        waiting = Waiting(
            selection.misbehaviour.name, selection.operation, act.stage, act.deed, selection.parameters,
            selection.order_id, times, skip, act.waits, act.of_others,
        )  # fmt: skip
        selection.waiting.append(waiting)
        self._sim.acts.waiting.append(waiting)

    def _change_sales_units(self, selection: Selection, values: Mapping[str, Any]) -> None:
        if selection.order_id is not None:
            raise ValueError(f"{selection.misbehaviour.name} holds for all orders, not for one")
        for unit in self._sim.config.sales_units:
            for name, value in values.items():
                selection.undo.append(partial(setattr, unit, name, getattr(unit, name)))
                setattr(unit, name, value)


def check(name: str, *, operation: str | None, skip: int, parameters: Mapping[str, Any]) -> Misbehaviour:
    """ValueError when it could not be selected like this."""
    return _read(name, None, operation, 1, skip, parameters).misbehaviour


def _read(
    name: str,
    order_id: str | None,
    operation: str | None,
    times: int | None,
    skip: int,
    parameters: Mapping[str, Any],
) -> Selection:
    wanted = find(name)
    _check_numbers(times, skip)
    return Selection(
        wanted, order_id, _operation(wanted, operation, order_id), _parameters(wanted, parameters)
    )


def _operation(wanted: Misbehaviour, operation: str | None, order_id: str | None) -> str:
    if operation == "*":
        operation = None
    elif operation is not None and operation not in wanted.operations:
        raise ValueError(f"{wanted.name} is for {', '.join(wanted.operations)}, not for {operation!r}")
    operations = (operation,) if operation else wanted.operations
    if order_id is not None and WITHOUT_ORDER.issuperset(operations):
        raise ValueError(f"calls of {', '.join(operations)} belong to no order")
    return operation or wanted.waits_for or "|".join(operations)


def _parameters(wanted: Misbehaviour, given: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(given) - set(wanted.parameters)):
        known = ", ".join(wanted.parameters) or "none"
        raise ValueError(f"{wanted.name} has no parameter {', '.join(unknown)}; it has: {known}")
    for name, value in given.items():
        if not _same_kind(value, wanted.parameters[name]):
            raise ValueError(f"{name} of {wanted.name} is like {wanted.parameters[name]!r}, not {value!r}")
    return {**wanted.parameters, **given}


def _same_kind(value: object, example: object) -> bool:
    if isinstance(example, str):
        return isinstance(value, str)
    numbers = int if isinstance(example, int) else (int, float)
    return isinstance(value, numbers) and not isinstance(value, bool)


def _check_numbers(times: object, skip: object) -> None:
    if times is not None and (type(times) is not int or times < 1):
        raise ValueError("times is a number from 1, or null for until further notice")
    if type(skip) is not int or skip < 0:
        raise ValueError("skip is a number from 0")
