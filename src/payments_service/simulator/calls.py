"""Recognises what a request is: which operation, for which order or seat, whatever way its path is spelt."""

import json
import re
from typing import Any
from urllib.parse import unquote

from starlette.types import Scope

from payments_service.simulator.faults import Call

_ECOM = r"^/+ecomm/+v2"
_VIPPS_ROUTES = (
    ("token", "POST", re.compile(r"^/+accesstoken/+get(?P<tail>/*)$", re.IGNORECASE)),
    ("initiate", "POST", re.compile(_ECOM + r"/+payments(?P<tail>/*)$", re.IGNORECASE)),
    (
        "force_approve",
        "POST",
        re.compile(
            _ECOM + r"/+integration-test/+payments/+(?P<order>[^/]+)/+approve(?P<tail>/*)$", re.IGNORECASE
        ),
    ),
    (
        "",
        "",
        re.compile(
            _ECOM
            + r"/+payments/+(?P<order>[^/]+)/+(?P<op>details|status|capture|cancel|refund)(?P<tail>/*)$",
            re.IGNORECASE,
        ),
    ),
)
_SEAT = re.compile(r"^/backend/events/(?P<event>[^/]+)/registrations/(?:(?P<user>[^/]+)/)?$")
_BACKEND_OPERATIONS = {"GET": "backend.read", "DELETE": "backend.release", "PUT": "backend.waitlist"}
_SECRET_HEADERS = ("authorization", "client_secret", "ocp-apim-subscription-key", "x-csrf-token")


def recognise(scope: Scope, body: bytes, *, tolerate_odd_slashes: bool) -> tuple[Call, str]:
    """The call, and its path in the one spelling the routes know."""
    path, method = str(scope["path"]), str(scope["method"])
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    operation, canonical, who = _name(path, method, body, tolerate_odd_slashes=tolerate_odd_slashes)
    call = Call(operation, **who, method=method, path=path, headers=headers, body=body)
    return call, canonical


def _name(
    path: str, method: str, body: bytes, *, tolerate_odd_slashes: bool
) -> tuple[str, str, dict[str, str | None]]:
    seat = _SEAT.match(path)
    if seat:
        user = seat["user"]
        operation = _BACKEND_OPERATIONS.get(method, "other") if user else "backend.list"
        return operation, path, {"event_id": unquote(seat["event"]), "user_id": user and unquote(user)}
    for operation, expected, pattern in _VIPPS_ROUTES:
        match = pattern.match(path)
        odd = "//" in path or (match is not None and match["tail"] and operation not in ("token", "initiate"))
        if match is None or (odd and not tolerate_odd_slashes):
            continue
        order = match.groupdict().get("order")
        name = operation or match["op"].lower()
        canonical = _canonical(name, order)
        if name == "initiate":
            order = _order_in(body)
        return (name if expected in ("", method) else "other"), canonical, {"order_id": order}
    return "other", path, {}


def _canonical(name: str, order: str | None) -> str:
    if name == "token":
        return "/accesstoken/get"
    if name == "initiate":
        return "/ecomm/v2/payments"
    if name == "force_approve":
        return f"/ecomm/v2/integration-test/payments/{order}/approve"
    return f"/ecomm/v2/payments/{order}/{name}"


def _order_in(body: bytes) -> str | None:
    try:
        found: Any = json.loads(body)["transaction"]["orderId"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def without_secrets(headers: dict[str, str]) -> dict[str, str]:
    """Good enough to tell two tokens apart in a log, not to use one."""
    return {
        name: f"…{value[-6:]}" if name in _SECRET_HEADERS and len(value) > 12 else value
        for name, value in headers.items()
    }
