"""Control API, event backend: events, sign-ups and deadlines, as members and organisers would cause them."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException
from fastapi.encoders import jsonable_encoder
from pydantic import AwareDatetime, BaseModel

from payments_service.simulator.backend_api import as_wire

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator


class NewEvent(BaseModel):
    event_id: str | int
    capacity: int = 10
    paytime_seconds: float | None = None


class SignUp(BaseModel):
    user_id: str


class Deadline(BaseModel):
    payment_expiredate: AwareDatetime | None


def control_backend_router(sim: "Simulator") -> APIRouter:
    router = APIRouter(prefix="/backend/events")

    def check(event_id: str, user_id: str | None = None) -> None:
        event = sim.backend.events.get(event_id)
        if event is None or (user_id is not None and event.find(user_id) is None):
            raise HTTPException(404, "there is no such event or registration")

    @router.post("", status_code=201)
    async def create_event(new: NewEvent) -> Any:
        event = sim.backend.create_event(new.event_id, new.capacity, paytime_seconds=new.paytime_seconds)
        return jsonable_encoder(asdict(event))

    @router.delete("/{event_id}", status_code=204)
    async def delete_event(event_id: str) -> None:
        sim.backend.delete_event(event_id)

    @router.get("/{event_id}/registrations")
    async def list_registrations(event_id: str) -> list[dict[str, Any]]:
        check(event_id)
        return [as_wire(r) for r in sim.backend.registrations(event_id)]

    @router.post("/{event_id}/registrations", status_code=201)
    async def sign_up(event_id: str, wanted: SignUp) -> dict[str, Any]:
        check(event_id)
        try:
            return as_wire(sim.backend.sign_up(event_id, wanted.user_id))
        except ValueError as problem:
            raise HTTPException(409, str(problem)) from problem

    @router.put("/{event_id}/registrations/{user_id}")
    async def set_deadline(event_id: str, user_id: str, deadline: Deadline) -> dict[str, Any]:
        check(event_id, user_id)
        return as_wire(sim.backend.set_payment_expiredate(event_id, user_id, deadline.payment_expiredate))

    @router.delete("/{event_id}/registrations/{user_id}", status_code=204)
    async def sign_off(event_id: str, user_id: str) -> None:
        check(event_id, user_id)
        sim.backend.sign_off(event_id, user_id)

    return router


def control_notices_router(sim: "Simulator") -> APIRouter:
    router = APIRouter(prefix="/backend/notices")

    @router.get("")
    async def list_notices() -> Any:
        """Everything the backend was told, oldest first, repeats and forgeries included."""
        return jsonable_encoder([asdict(notice) for notice in sim.journal.notices])

    return router
