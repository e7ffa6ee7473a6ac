"""Where the event backend is told of payments and seats: Standard Webhooks, verified, kept, answered."""

import json
from binascii import Error as NotBase64
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from payments_service.simulator.journal import ReceivedNotice

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

PATH = "/backend/notices"


def notices_router(sim: "Simulator") -> APIRouter:
    router = APIRouter()

    @router.post(PATH)
    async def receive(request: Request) -> JSONResponse:
        raw = await request.body()
        problem = problem_with(sim.config.notice_secrets, raw, dict(request.headers))
        said = _read(raw)
        data = said.get("data")
        data = data if isinstance(data, dict) else {}
        sim.journal.notices.append(
            ReceivedNotice(
                sim.journal.next_seq(), sim.clock.now(), request.headers.get("webhook-id", ""),
                said.get("type"), data.get("event_id"), data.get("registration_id"), data.get("order_id"),
                said, dict(request.headers), problem,
            )
        )  # fmt: skip
        if problem is not None:
            return JSONResponse({"detail": problem}, status_code=401)
        return JSONResponse({"detail": "Thanks"})

    return router


def problem_with(secrets: tuple[str, ...], raw: bytes, headers: dict[str, str]) -> str | None:
    """Why this cannot be from the service; None when it is, by any of the secrets."""
    problem = "No secret"
    for secret in secrets:
        try:
            Webhook(secret).verify(raw, headers, json_parse=False)
        except (WebhookVerificationError, NotBase64, ValueError) as wrong:
            problem = str(wrong)
        else:
            return None
    return problem


def _read(raw: bytes) -> dict[str, Any]:
    try:
        said = json.loads(raw)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
