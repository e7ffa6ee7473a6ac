"""The Webhooks API: register, list and delete. A secret is told once."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from payments_service.simulator.addresses import why_not
from payments_service.simulator.forms import Form
from payments_service.simulator.gateway import Stopped
from payments_service.simulator.merchant_headers import check_headers, instance_of
from payments_service.simulator.problems import Problem, problem_answer, unreadable
from payments_service.simulator.webhook_registry import PAYMENT_EVENTS

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

# The other products' events can be asked for too; nothing here brings them about.
OTHER_EVENTS = (
    *(f"recurring.agreement-{what}.v1" for what in ("activated", "rejected", "stopped", "expired")),
    *(
        f"recurring.charge-{what}.v1"
        for what in ("reserved", "captured", "canceled", "failed", "refunded", "creation-failed")
    ),
    "user.checked-in.v1",
    "login.merchant-initiated.ping.v1",
)
_KNOWN = frozenset((*PAYMENT_EVENTS, *OTHER_EVENTS))


def webhooks_router(sim: "Simulator") -> APIRouter:
    router = APIRouter(prefix="/webhooks/v1/webhooks")
    desk = WebhooksDesk(sim)

    @router.post("")
    async def register(request: Request) -> Response:
        return await desk.answer(request, partial(desk.register, await request.body()))

    @router.get("")
    async def list_all(request: Request) -> Response:
        return await desk.answer(request, desk.list_all)

    @router.delete("/{registration_id}")
    async def delete(request: Request, registration_id: str) -> Response:
        return await desk.answer(request, partial(desk.delete, registration_id))

    return router


class WebhooksDesk:
    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim

    async def answer(self, request: Request, work: Callable[[str], Response]) -> Response:
        try:
            unit = self._sim.gateway.admit(request)
            check_headers(request, unit)
            return work(unit.merchant_serial_number)
        except Stopped as stopped:
            return stopped.answer
        except Problem as problem:
            return problem_answer(problem.body(instance_of(request)))

    def register(self, raw: bytes, msn: str) -> Response:
        form = Form.of(raw)
        form.only(("url", "events"))
        url = form.text("url", ".+", required=True) or ""
        if url and (wrong := why_not(url, config=self._sim.config)) is not None:
            form.complain("url", wrong)
        events = form.given.get("events")
        if not _are_known(events):
            form.complain("events", "must be a list of names of events")
        form.check()
        for event in events or ():
            if self._sim.webhooks.is_full(msn, event):
                raise unreadable(("events", f"{event} has all the registrations it can have"))
        made = self._sim.webhooks.register(url=url, events=events or (), msn=msn)
        return JSONResponse({"id": made.id, "secret": made.secret}, status_code=201)

    def list_all(self, msn: str) -> Response:
        found = self._sim.webhooks.of(msn)
        return JSONResponse(
            {"webhooks": [{"id": r.id, "url": r.url, "events": list(r.events)} for r in found]}
        )

    def delete(self, registration_id: str, msn: str) -> Response:
        if registration_id not in {r.id for r in self._sim.webhooks.of(msn)}:
            raise unreadable(("id", "must be the id of a registration"))
        self._sim.webhooks.remove(registration_id)
        return Response(status_code=204)


def _are_known(events: Any) -> bool:
    if not isinstance(events, list) or not events:
        return False
    return all(isinstance(event, str) and event in _KNOWN for event in events)
