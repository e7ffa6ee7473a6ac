"""What Vipps posts to us: verified, stored, acknowledged. Settling comes afterwards."""

from __future__ import annotations

import json

from fastapi import Request, Response

from payments_service.api.authentication import Unauthorized
from payments_service.api.problems import HttpProblem
from payments_service.api.serving import services_of
from payments_service.api.strict_json import router as new_router
from payments_service.use_cases.receive_callback import receive_callback
from payments_service.vipps import callback_token

router = new_router(prefix="/vipps", tag="Vipps")


@router.post("/v2/payments/{order_id}", include_in_schema=False)
@router.post("/v2/payments/{order_id}/", include_in_schema=False)
async def receive_ecom_callback(request: Request, order_id: str) -> Response:
    """Take a callback of the eCom API. It has one try and three seconds, so nothing is done here but keeping it."""
    services = services_of(request)
    secret = services.settings.vipps_callback_secret
    presented = [value for name, value in request.headers.raw if name == b"authorization"]
    msn = services.settings.vipps_merchant_serial_number
    if secret is None or len(presented) != 1:
        raise Unauthorized
    if not callback_token.matches(secret.get_secret_value(), msn, order_id, presented[0]):
        raise Unauthorized
    body = await request.body()
    _refuse_unreadable(body)
    await receive_callback(
        channel="ecom", order_id=order_id, body=body, database=services.database, nudge=services.nudge
    )
    return Response(status_code=200)


def _refuse_unreadable(body: bytes) -> None:
    """What is no JSON at all is refused. How odd it is otherwise does not matter: nothing it says is believed."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        raise HttpProblem("invalid_request", status=400) from None
