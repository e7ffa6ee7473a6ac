"""One ASGI application: Vipps at the root, then /backend, the phone under /vipps-app, and /control."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from payments_service.simulator.backend_api import backend_router
from payments_service.simulator.backend_notices import notices_router
from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.control_api import control_router
from payments_service.simulator.ecom import ecom_router
from payments_service.simulator.epayment import epayment_router
from payments_service.simulator.front_door import FrontDoor
from payments_service.simulator.gateway import gateway_refusal
from payments_service.simulator.member_pages import member_router
from payments_service.simulator.token_api import token_router
from payments_service.simulator.webhooks_api import webhooks_router

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator


class SimulatorApp(FastAPI):
    """The front door stands outside FastAPI, whose error handling would answer where silence is wanted."""

    def __init__(self, sim: "Simulator") -> None:
        super().__init__(title="Vipps simulator", lifespan=_clockwork, redirect_slashes=False)
        self.simulator = sim
        self.include_router(token_router(config=sim.config, clock=sim.clock, tokens=sim.tokens))
        self.include_router(ecom_router(sim))
        self.include_router(epayment_router(sim))
        self.include_router(webhooks_router(sim))
        self.include_router(backend_router(sim))
        self.include_router(notices_router(sim))
        self.include_router(member_router(sim))
        self.include_router(control_router(sim))
        self.add_exception_handler(HTTPException, _refuse)
        self._door = FrontDoor(sim, super().__call__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._door(scope, receive, send)


def create_simulator(config: SimulatorConfig | None = None) -> FastAPI:
    from payments_service.simulator.simulator import Simulator  # which itself needs the class above

    return Simulator(config).app


@asynccontextmanager
async def _clockwork(app: FastAPI) -> AsyncIterator[None]:
    sim: Simulator = app.simulator  # type: ignore[attr-defined]
    ticking = asyncio.create_task(sim.run_clockwork())
    try:
        yield
    finally:
        await sim.close()
        await ticking


async def _refuse(_request: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    detail = problem.detail if isinstance(problem, HTTPException) else "Something failed"
    return gateway_refusal(status, str(detail))
