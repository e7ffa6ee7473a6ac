"""The control API: what a demo or a test in another process uses to steer the simulator and look inside."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Body, HTTPException
from fastapi.encoders import jsonable_encoder
from pydantic import AwareDatetime, BaseModel

from payments_service.simulator.control_backend import control_backend_router, control_notices_router
from payments_service.simulator.control_misbehaviour import control_misbehaviour_router
from payments_service.simulator.control_payments import control_payments_router, payment_view
from payments_service.simulator.control_webhooks import control_webhooks_router, registrations_view
from payments_service.simulator.faults import Fault

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

Neighbour = Literal["vipps", "backend"]
Values = Annotated[dict[str, Any], Body()]


class ClockChange(BaseModel):
    advance_seconds: float = 0
    set_to: AwareDatetime | None = None


class Down(BaseModel):
    mode: Literal["silent", "refuse", "500"] = "silent"


def control_router(sim: "Simulator") -> APIRouter:
    router = APIRouter(prefix="/control", tags=["control"])
    router.include_router(control_webhooks_router(sim))  # before the payments, whose actions have any name
    router.include_router(control_payments_router(sim))
    router.include_router(control_backend_router(sim))
    router.include_router(control_notices_router(sim))
    router.include_router(control_misbehaviour_router(sim))
    _add_inspection(router, sim)
    _add_faults(router, sim)
    _add_settings(router, sim)
    return router


def _add_inspection(router: APIRouter, sim: "Simulator") -> None:
    @router.get("/state")
    async def state() -> Any:
        sim.checkout.expire_due()
        return jsonable_encoder(
            {
                "now": sim.clock.now(),
                "payments": [payment_view(sim, p) for p in sim.ledger.payments.values()],
                "events": [asdict(event) for event in sim.backend.events.values()],
                "webhooks": registrations_view(sim),
                "faults": [asdict(fault) for fault in sim.faults.faults],
                "down": {name: fault.kind for name, fault in sim.down.items()},
                **sim.journal.as_dict(),
            }
        )

    @router.get("/oracle")
    async def oracle() -> Any:
        judgements, violations = sim.oracle.judgements, sim.oracle.violations
        return jsonable_encoder(
            {"violations": [asdict(v) for v in violations], "judgements": [asdict(j) for j in judgements]}
        )

    @router.post("/reset")
    async def reset() -> dict[str, str]:
        sim.reset()
        return {"status": "reset"}

    @router.get("/clock")
    async def read_clock() -> dict[str, datetime]:
        return {"now": sim.clock.now()}

    @router.post("/clock")
    async def move_clock(change: ClockChange) -> dict[str, datetime]:
        if change.set_to is not None:
            sim.clock.set(change.set_to)
        return {"now": await sim.advance(change.advance_seconds)}


def _add_faults(router: APIRouter, sim: "Simulator") -> None:
    @router.get("/faults")
    async def list_faults() -> Any:
        return jsonable_encoder([asdict(fault) for fault in sim.faults.faults])

    @router.post("/faults", status_code=201)
    async def add_fault(wanted: Values) -> Any:
        try:
            return jsonable_encoder(asdict(sim.faults.add(Fault(**wanted))))
        except (TypeError, ValueError) as problem:
            raise HTTPException(422, str(problem)) from problem

    @router.delete("/faults", status_code=204)
    async def clear_faults() -> None:
        sim.faults.clear()

    @router.delete("/faults/{fault_id}", status_code=204)
    async def clear_fault(fault_id: int) -> None:
        sim.faults.clear(fault_id)

    @router.post("/{neighbour}/down")
    async def take_down(neighbour: Neighbour, down: Down | None = None) -> dict[str, str]:
        mode = (down or Down()).mode
        sim.take_down(neighbour, mode)
        return {"neighbour": neighbour, "down": mode}

    @router.post("/{neighbour}/up")
    async def bring_up(neighbour: Neighbour) -> dict[str, str]:
        sim.bring_up(neighbour)
        return {"neighbour": neighbour, "down": "no"}

    @router.post("/tokens/revoke")
    async def revoke_tokens() -> dict[str, str]:
        sim.tokens.revoke_all()
        return {"status": "revoked"}


def _add_settings(router: APIRouter, sim: "Simulator") -> None:
    @router.get("/config")
    async def read_config() -> Any:
        return jsonable_encoder(asdict(sim.config))

    @router.post("/config")
    async def change_config(values: Values) -> Any:
        _change(sim.config, values, forbidden="sales_units")
        return jsonable_encoder(asdict(sim.config))

    @router.post("/sales-units/{msn}")
    async def change_sales_unit(msn: str, values: Values) -> Any:
        unit = sim.config.unit(msn)
        if unit is None:
            raise HTTPException(404, f"there is no sales unit {msn}")
        _change(unit, values, forbidden="merchant_serial_number")
        return jsonable_encoder(asdict(unit))


def _change(target: Any, values: dict[str, Any], *, forbidden: str) -> None:
    known = {f.name for f in fields(target)} - {forbidden}
    if unknown := sorted(set(values) - known):
        raise HTTPException(422, f"cannot be changed: {', '.join(unknown)}")
    for name, value in values.items():
        setattr(target, name, value)
