"""POST /accesstoken/get, with the error objects of the identity provider behind it."""

from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from payments_service.simulator.clock import VirtualClock, wire_time
from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.gateway import gateway_refusal
from payments_service.simulator.tokens import TokenOffice


def token_router(*, config: SimulatorConfig, clock: VirtualClock, tokens: TokenOffice) -> APIRouter:
    router = APIRouter()

    def refuse(status: int, error: str, description: str, codes: list[int]) -> JSONResponse:
        body = {
            "error": error,
            "error_description": f"AADSTS{codes[0]}: {description}",
            "error_codes": codes,
            "timestamp": wire_time(clock.now()),
            "trace_id": str(uuid4()),
            "correlation_id": str(uuid4()),
        }
        return JSONResponse(body, status_code=status)

    @router.post("/accesstoken/get")
    async def get_token(request: Request) -> JSONResponse:
        client_id = request.headers.get("client_id")
        unit = next((u for u in config.sales_units if u.client_id == client_id), None)
        key = request.headers.get("ocp-apim-subscription-key")
        if not key:
            return gateway_refusal(401, "The subscription key is missing from the request.")
        if unit is None:
            return refuse(400, "unauthorized_client", "No application has this client_id.", [70001])
        if key not in unit.subscription_keys:
            return gateway_refusal(401, "The subscription key is not valid.")
        if request.headers.get("client_secret") != unit.client_secret:
            return refuse(401, "invalid_client", "The client_secret is wrong.", [70002, 50012])
        return JSONResponse(tokens.issue(unit))

    return router
