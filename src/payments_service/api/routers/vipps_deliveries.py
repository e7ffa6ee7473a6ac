"""What Vipps posts to us: verified, stored, acknowledged. Settling comes afterwards."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request, Response

from payments_service.api.authentication import Unauthorized
from payments_service.api.problems import HttpProblem
from payments_service.api.serving import services_of
from payments_service.api.strict_json import router as new_router
from payments_service.settings import Settings
from payments_service.use_cases.receive_delivery import receive_delivery
from payments_service.vipps import callback_token, webhook_registrations, webhook_signature

router = new_router(tag="Vipps")


@router.post("/vipps/v2/payments/{order_id}", include_in_schema=False)
@router.post("/vipps/v2/payments/{order_id}/", include_in_schema=False)
async def receive_ecom_callback(request: Request, order_id: str) -> Response:
    """Take a callback of the eCom API. It has one try and three seconds, so nothing is done here but keeping it."""
    services = services_of(request)
    secret = services.settings.vipps_callback_secret
    presented = _only(request, b"authorization")
    msn = services.settings.vipps_merchant_serial_number
    if secret is None or presented is None:
        raise Unauthorized
    if not callback_token.matches(secret.get_secret_value(), msn, order_id, presented):
        raise Unauthorized
    body = await request.body()
    _readable(body)
    await receive_delivery(
        channel="ecom",
        order_id=order_id,
        body=body,
        database=services.database,
        policy=services.policy,
        nudge=services.nudge,
    )
    return Response(status_code=200)


@router.post(webhook_registrations.PATH, include_in_schema=False)
async def receive_webhook(request: Request) -> Response:
    """Take a webhook. Whatever it speaks of, an authentic one gets 200: a refusal would be repeated for a week, and all
    later news of the same payment would wait behind it."""
    services = services_of(request)
    body = await request.body()
    if not _is_signed(request, body, services.settings):
        raise Unauthorized
    said = _readable(body)
    reference = said.get("reference") if isinstance(said, dict) else None
    await receive_delivery(
        channel="webhooks",
        order_id=reference,
        body=body,
        database=services.database,
        policy=services.policy,
        nudge=services.nudge,
    )
    return Response(status_code=200)


def _is_signed(request: Request, body: bytes, settings: Settings) -> bool:
    query: bytes = request.scope["query_string"]
    path = webhook_registrations.PATH.encode()
    return webhook_signature.is_authentic(
        secrets=[secret.get_secret_value() for secret in settings.vipps_webhook_secrets],
        host=webhook_signature.authority(settings.public_url),
        path_and_query=path + (b"?" + query if query else b""),
        date=_only(request, b"x-ms-date"),
        content_hash=_only(request, b"x-ms-content-sha256"),
        authorization=_only(request, b"authorization"),
        body=body,
    )


def _only(request: Request, name: bytes) -> bytes | None:
    """The header's bytes when it was sent exactly once: of two, a proxy may have looked at the other one."""
    found = [value for key, value in request.headers.raw if key == name]
    return found[0] if len(found) == 1 else None


def _readable(body: bytes) -> Any:
    """What is no JSON at all is refused. How odd it is otherwise does not matter: nothing it says is believed."""
    try:
        return json.loads(body, parse_int=_no_number)
    except (ValueError, RecursionError):
        raise HttpProblem("invalid_request", status=400) from None


def _no_number(_digits: str) -> None:
    """Nobody needs the numbers, and thousands of digits would be refused."""
