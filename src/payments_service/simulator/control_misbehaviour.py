"""Control API, misbehaviour: the catalogue, what was asked for, chance by seed, and scenarios."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Request
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict

from payments_service.simulator.chance import Rules
from payments_service.simulator.checkout import CheckoutOver
from payments_service.simulator.misbehaviours import CATALOGUE
from payments_service.simulator.mischief import Selection
from payments_service.simulator.refusals import Refusal
from payments_service.simulator.scenario_format import Scenario
from payments_service.simulator.scenarios import BadScenario, load, read, read_toml, shipped

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

Values = Annotated[dict[str, Any], Body()]


class Dice(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seed: int
    rate: float
    names: tuple[str, ...] | None = None
    operations: tuple[str, ...] | None = None
    orders: tuple[str, ...] | None = None


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (CheckoutOver, Refusal) as problem:
        raise HTTPException(409, str(problem)) from problem
    except BadScenario as bad:
        raise HTTPException(422, "; ".join(bad.problems)) from bad
    except (TypeError, ValueError) as problem:
        raise HTTPException(422, str(problem)) from problem


def control_misbehaviour_router(sim: "Simulator") -> APIRouter:
    router = APIRouter()
    _add_catalogue(router, sim)
    _add_chance(router, sim)
    _add_scenario(router, sim)
    return router


def _add_catalogue(router: APIRouter, sim: "Simulator") -> None:
    def view(selection: Selection) -> dict[str, Any]:
        return {
            "id": selection.id,
            "number": selection.wish.misbehaviour.number,
            "name": selection.wish.misbehaviour.name,
            "order_id": selection.wish.order_id,
            "operation": selection.wish.operation,
            "parameters": selection.wish.parameters,
            "done": selection.done,
            "active": sim.mischief.is_active(selection),
        }

    @router.get("/misbehaviours")
    async def catalogue() -> Any:
        return {
            "misbehaviours": [entry.as_dict() for entry in CATALOGUE.values()],
            "selected": [view(selection) for selection in sim.mischief.selections],
        }

    @router.post("/misbehaviours", status_code=201)
    async def select(wanted: Values) -> Any:
        with _explained():
            selection = sim.misbehave(**wanted)
        await sim.callbacks.flush()
        return view(selection)

    @router.delete("/misbehaviours", status_code=204)
    async def clear() -> None:
        sim.mischief.clear()

    @router.delete("/misbehaviours/{selection_id}", status_code=204)
    async def clear_one(selection_id: int) -> None:
        sim.mischief.clear(selection_id)


def _add_chance(router: APIRouter, sim: "Simulator") -> None:
    def view() -> Any:
        chance = sim.chance
        rules = None if chance.rules is None else asdict(chance.rules)
        drawn = [asdict(note) for note in sim.journal.notes if note.source == "chance"]
        counts = dict(sorted(chance.counts.items()))
        return jsonable_encoder({"rules": rules, "draws": chance.draws, "counts": counts, "drawn": drawn})

    @router.get("/chance")
    async def read_chance() -> Any:
        return view()

    @router.post("/chance", status_code=201)
    async def begin(dice: Dice) -> Any:
        with _explained():
            sim.chance.begin(Rules(**dice.model_dump()))
        return view()

    @router.delete("/chance", status_code=204)
    async def end() -> None:
        sim.chance.clear()


def _add_scenario(router: APIRouter, sim: "Simulator") -> None:
    def view() -> Any:
        player = sim.player
        steps = [
            {
                "name": p.name,
                "state": p.state,
                "happened_at": p.happened_at,
                "order_id": p.order_id,
                "said": p.said,
                "step": p.step.model_dump(exclude_unset=True, by_alias=True),
            }
            for p in player.progress
        ]
        return jsonable_encoder(
            {
                "title": player.scenario and player.scenario.title,
                "began_at": player.began_at,
                "finished": player.is_finished,
                "steps": steps,
                "shipped": shipped(),
            }
        )

    @router.get("/scenario")
    async def progress() -> Any:
        return view()

    @router.post("/scenario", status_code=201)
    async def begin(request: Request) -> Any:
        raw = await request.body()
        with _explained():
            sim.player.begin(_read(raw.decode(), request.headers.get("content-type", "")))
        return view()

    @router.delete("/scenario", status_code=204)
    async def end() -> None:
        sim.player.clear()


def _read(text: str, content_type: str) -> Scenario:
    """JSON in the shape of the file, or `{"name": …}` of a shipped one; any other type is TOML."""
    if "json" not in content_type:
        return read_toml(text)
    content = json.loads(text)
    if not isinstance(content, dict):
        raise BadScenario(["a scenario is an object"])
    if set(content) != {"name"}:
        return read(content)
    if content["name"] not in shipped():  # a path would be none of a caller's business
        raise BadScenario([f"no such scenario is shipped; there are {', '.join(shipped())}"])
    return load(content["name"])
