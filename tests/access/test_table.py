"""Every route of the app, asked by every kind of caller about every kind of target, answers as table.csv says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from tests.access.table import CALLERS, Expected, Line, read
from tests.access.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINES = read()
#: Where access itself says no. Nothing may have happened by then, here or at a neighbour's.
ACCESS_SAYS_NO = {401, 403, 404}
_READS = {"GET", "HEAD"}


def routes_of(world: World) -> set[tuple[str, str]]:
    """Every method and path there is, whether or not it is described."""
    return {
        (method, context.path)
        for context in iter_route_contexts(world.app.routes)
        if context.path is not None
        for method in context.methods or {"WEBSOCKET"}
    }


def what_to_add(routes: set[tuple[str, str]]) -> str:
    lines = [
        f"{method} {path} | paid | "
        + " | ".join("401" if c in ("nobody", "junk") else "???" for c in CALLERS)
        for method, path in sorted(routes)
    ]
    return (
        "routes without a line in tests/access/table.csv. Add for each a line of a target that is there and one of"
        " `unknown`, with what each caller is answered, for example:\n" + "\n".join(f"{x} | |" for x in lines)
    )


async def test_every_route_has_its_lines(world: World) -> None:
    missing = routes_of(world) - {line.route for line in LINES}
    assert not missing, what_to_add(missing)


async def test_every_line_has_its_route(world: World) -> None:
    there = routes_of(world)
    gone = [f"table.csv:{line.number}: {line}" for line in LINES if line.route not in there]
    assert not gone, "lines about routes that are not there (any more):\n" + "\n".join(gone)


async def test_every_route_about_one_thing_is_asked_about_an_unknown_one_too(world: World) -> None:
    about_one = {line.route for line in LINES if "{" in line.address and line.route in routes_of(world)}
    missing = about_one - {line.route for line in LINES if line.target == "unknown"}
    assert not missing, f"add a line of `unknown` to tests/access/table.csv for: {sorted(missing)}"


@pytest.mark.parametrize("line", LINES, ids=str)
async def test_everybody_is_answered_as_the_table_says(world: World, line: Line) -> None:
    wrong = [problem for caller in CALLERS async for problem in _ask(world, line, caller)]
    assert not wrong, f"table.csv:{line.number}: {line}\n" + "\n".join(wrong)


async def _ask(world: World, line: Line, caller: str) -> Any:
    before, calls = await world.contents(), world.neighbours.calls
    answer = await world.ask(line, caller)
    if answered(answer) != line.expected[caller]:
        yield f"{caller} gets {answered(answer)}, not {line.expected[caller]}: {answer.text[:300]}"
    after = await world.contents()
    if before == after and world.neighbours.calls == calls:
        return
    await world.put_back()
    changed = sorted(name for name in after if after[name] != before[name])
    if answer.status_code in ACCESS_SAYS_NO and not _is_about_seats(line, answer):
        yield f"{caller} was refused and yet: rows of {changed}, {world.neighbours.calls - calls} calls"
    if changed and line.method in _READS:
        yield f"{caller} only looked and yet changed rows of {changed}"


def _is_about_seats(line: Line, answer: httpx.Response) -> bool:
    """A registration we do not know of is looked up at the backend before it is said not to be there."""
    return line.route == ("POST", "/v1/orders") and answer.status_code == 404


def answered(answer: httpx.Response) -> Expected:
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return Expected(answer.status_code, answer.json()["code"] if is_problem else None)


def _pairs() -> Iterator[tuple[Line, Line, list[str]]]:
    """A line of something that is there, the same request about what is not, and to whom both look the same."""
    for unknown in (line for line in LINES if line.target in ("unknown", "noevent")):
        for line in LINES:
            if (line.method, line.address, line.body) != (unknown.method, unknown.address, unknown.body):
                continue
            alike = [c for c in CALLERS if line.expected[c].code and line.expected[c] == unknown.expected[c]]
            if line is not unknown and alike:
                yield line, unknown, alike


@pytest.mark.parametrize(
    ("line", "unknown", "alike"), [pytest.param(*p, id=f"{p[0]} and {p[1].target}") for p in _pairs()]
)
async def test_what_is_not_yours_is_byte_by_byte_what_does_not_exist(
    world: World, line: Line, unknown: Line, alike: list[str]
) -> None:
    for caller in alike:
        theirs, nobodys = await world.ask(line, caller), await world.ask(unknown, caller)
        assert theirs.content == nobodys.content, caller
        assert theirs.headers.raw == nobodys.headers.raw, caller
