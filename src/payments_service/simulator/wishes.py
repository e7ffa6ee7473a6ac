"""Reads what somebody asks for: a misbehaviour that exists, for operations and with parameters that it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payments_service.simulator.misbehaviour import WITHOUT_ORDER, Misbehaviour
from payments_service.simulator.misbehaviours import find


@dataclass(frozen=True, slots=True)
class Wish:
    misbehaviour: Misbehaviour
    order_id: str | None
    operation: str
    """One, or several joined by `|`."""
    parameters: Mapping[str, Any]
    is_named: bool = False
    """Somebody chose the operation."""


def check(name: str, *, operation: str | None, skip: int, parameters: Mapping[str, Any]) -> Misbehaviour:
    """ValueError when it could not be selected like this."""
    return read_wish(name, None, operation, times=1, skip=skip, parameters=parameters).misbehaviour


def read_wish(
    name: str,
    order_id: str | None,
    operation: str | None,
    *,
    times: int | None,
    skip: int,
    parameters: Mapping[str, Any],
) -> Wish:
    wanted = find(name)
    _check_numbers(times, skip)
    meant = _operation(wanted, operation, order_id)
    return Wish(wanted, order_id, meant, _parameters(wanted, parameters), is_named=operation is not None)


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
