"""The event backend on the wire, in the shapes of TIHLDE's: trailing slashes, pages of 25, `detail`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from payments_service.simulator.clock import wire_time
from payments_service.simulator.event_backend import Registration
from payments_service.simulator.journal import BackendCall

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

SEAT = "/events/{event_id}/registrations/{user_id}/"


def as_wire(registration: Registration) -> dict[str, Any]:
    expires = registration.payment_expiredate
    return {
        "registration_id": registration.registration_id,
        "is_on_wait": registration.is_on_wait,
        "has_attended": False,
        "payment_expiredate": wire_time(expires) if expires else None,
        "created_at": wire_time(registration.created_at),
        "user_info": {"user_id": registration.user_id, "first_name": "Test", "last_name": "Person"},
    }


def backend_router(sim: "Simulator") -> APIRouter:
    router = APIRouter(prefix="/backend")
    desk = BackendDesk(sim)

    @router.get("/events/{event_id}/registrations/")
    async def list_registrations(request: Request, event_id: str) -> JSONResponse:
        return desk.list_page(request, event_id)

    @router.get(SEAT)
    async def read(request: Request, event_id: str, user_id: str) -> JSONResponse:
        return desk.read(request, event_id, user_id)

    @router.delete(SEAT)
    async def release(request: Request, event_id: str, user_id: str) -> JSONResponse:
        return desk.release(request, event_id, user_id)

    @router.put(SEAT)
    async def move(request: Request, event_id: str, user_id: str) -> JSONResponse:
        try:
            body = await request.json()
        except ValueError:
            body = None
        return desk.move(request, event_id, user_id, body)

    return router


_WORDS = {400: "is_on_wait must be a boolean", 403: "No permission", 404: "Not found"}


@dataclass(slots=True)
class Visit:
    """One call, as far as it has been understood."""

    operation: str
    event_id: str
    user_id: str | None = None
    registration: Registration | None = None
    refused_with: int = 404


class BackendDesk:
    """Finds, answers, and writes every call down. Releases were judged at the front door."""

    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim

    def list_page(self, request: Request, event_id: str) -> JSONResponse:
        visit = Visit("list", event_id)
        if not self._may_enter(request):
            return self._answer(request, visit, 403)
        event = self._sim.backend.events.get(event_id)
        page = request.query_params.get("page", "1")
        size = self._sim.config.backend_page_size
        rows = event.registrations if event else []
        last = max(1, -(-len(rows) // size))
        if event is None or not page.isdigit() or not 1 <= int(page) <= last:
            return self._answer(request, visit, 404)
        number = int(page)
        body = {
            "count": len(rows),
            "next": number + 1 if number < last else None,
            "previous": number - 1 if number > 1 else None,
            "results": [as_wire(r) for r in rows[(number - 1) * size : number * size]],
        }
        return self._answer(request, visit, 200, body)

    def read(self, request: Request, event_id: str, user_id: str) -> JSONResponse:
        visit = Visit("read", event_id, user_id)
        registration = self._find(request, visit)
        if registration is None:
            return self._answer(request, visit, visit.refused_with)
        return self._answer(request, visit, 200, as_wire(registration))

    def release(self, request: Request, event_id: str, user_id: str) -> JSONResponse:
        visit = Visit("release", event_id, user_id)
        registration = self._find(request, visit)
        if registration is None:
            return self._answer(request, visit, visit.refused_with)
        self._sim.backend.sign_off(event_id, user_id)
        return self._answer(request, visit, 200, {"detail": "The registration is deleted"})

    def move(self, request: Request, event_id: str, user_id: str, body: Any) -> JSONResponse:
        visit = Visit("waitlist", event_id, user_id)
        registration = self._find(request, visit)
        if registration is None:
            return self._answer(request, visit, visit.refused_with)
        wanted = body.get("is_on_wait") if isinstance(body, dict) else None
        if not isinstance(wanted, bool):
            return self._answer(request, visit, 400)
        self._record(request, visit, 200)
        if wanted:
            self._sim.backend.move_to_waiting_list(event_id, user_id)
        else:
            self._sim.backend.give_seat(event_id, user_id)
        return JSONResponse(as_wire(registration))

    def _find(self, request: Request, visit: Visit) -> Registration | None:
        if not self._may_enter(request):
            visit.refused_with = 403
            return None
        event = self._sim.backend.events.get(visit.event_id)
        visit.registration = event.find(visit.user_id or "") if event else None
        return visit.registration

    def _may_enter(self, request: Request) -> bool:
        header, token = self._sim.config.backend_token_header, self._sim.config.backend_token
        expected = f"Bearer {token}" if header.lower() == "authorization" else token
        return request.headers.get(header) == expected

    def _answer(
        self, request: Request, visit: Visit, status: int, body: dict[str, Any] | None = None
    ) -> JSONResponse:
        self._record(request, visit, status)
        return JSONResponse(body or {"detail": _WORDS[status]}, status_code=status)

    def _record(self, request: Request, visit: Visit, status: int) -> None:
        journal, registration = self._sim.journal, visit.registration
        journal.backend_calls.append(
            BackendCall(
                journal.next_seq(), self._sim.clock.now(), visit.operation, visit.event_id, visit.user_id,
                request.headers.get("idempotency-key"), request.headers.get("x-request-id"),
                registration.registration_id if registration else None, status,
            )
        )  # fmt: skip
