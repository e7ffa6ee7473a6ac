"""Scripted scenarios: where a file is found, and what is wrong with it, all at once and by step and key."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from payments_service.simulator.scenario_format import Scenario, Step, Then, When

FOLDER = Path(__file__).parent / "scenarios"


class BadScenario(Exception):
    """What is wrong with a scenario, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def shipped() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name_or_path: str) -> Scenario:
    """One of those that are shipped, or a file."""
    path = FOLDER / f"{name_or_path}.toml" if name_or_path in shipped() else Path(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        known = ", ".join(shipped())
        raise BadScenario([f"{name_or_path} cannot be read ({problem}); shipped are {known}"]) from problem
    return read_toml(text)


def read_toml(text: str) -> Scenario:
    try:
        return read(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise BadScenario([f"this is not TOML: {problem}"]) from problem


def read(content: dict[str, Any]) -> Scenario:
    problems = _unknown_references(content)
    try:
        scenario = Scenario.model_validate(content)
    except ValidationError as invalid:
        found = [_sentence(error["loc"], error["type"], error["msg"]) for error in invalid.errors()]
        raise BadScenario(list(dict.fromkeys(found + problems))) from invalid
    if problems:
        raise BadScenario(problems)
    return scenario


def _unknown_references(content: dict[str, Any]) -> list[str]:
    """`when.step` may only look back; otherwise two steps could wait for each other."""
    problems, seen = [], set[str]()
    steps = content.get("step")
    for number, given in enumerate(steps if isinstance(steps, list) else [], start=1):
        step = given if isinstance(given, dict) else {}
        when, name = step.get("when"), step.get("name")
        wanted = when.get("step") if isinstance(when, dict) else None
        if isinstance(wanted, str) and wanted not in seen:
            problems.append(f"step {number}, when.step: there is no earlier step named {wanted!r}")
        if isinstance(name, str) and name in seen:
            problems.append(f"step {number}, name: an earlier step is named {name!r} too")
        if isinstance(name, str):
            seen.add(name)
    return problems


def _sentence(where: tuple[int | str, ...], kind: str, message: str) -> str:
    place, model = _place(where)
    if kind == "extra_forbidden":
        return f"{place}: there is no such key; there are {', '.join(_keys(model))}"
    if kind == "missing":
        return f"{place}: is missing"
    return f"{place}: {message.removeprefix('Value error, ')}"


def _place(where: tuple[int | str, ...]) -> tuple[str, type[BaseModel]]:
    """In the words of the file: `step 2, then.member`."""
    if where[:1] != ("step",) or len(where) < 2:
        return ".".join(map(str, where)) or "the scenario", Scenario
    step, rest = f"step {int(where[1]) + 1}", where[2:]
    parts: dict[int | str, type[BaseModel]] = {"when": When, "then": Then}
    model = parts.get(rest[0], Step) if rest[1:] else Step
    if rest[:1] == ("then",) and rest[1:] and isinstance(rest[1], int):
        rest = ("then", *rest[2:])
    return f"{step}, {'.'.join(map(str, rest))}" if rest else step, model


def _keys(model: type[BaseModel]) -> list[str]:
    """As they are spelt in a file."""
    return [field.alias or name for name, field in model.model_fields.items()]
