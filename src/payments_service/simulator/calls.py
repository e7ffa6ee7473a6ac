"""Recognises what a request is: which operation, for which order or seat, whatever way its path is spelt."""

import json
import re
from typing import Any
from urllib.parse import unquote

from starlette.types import Scope

from payments_service.simulator.faults import Call

_ECOM, _EPAYMENT = "/ecomm/v2", "/epayment/v1"
_MOVES = ("capture", "cancel", "refund")
_ROUTES = (
    ("token", "POST", "/accesstoken/get"),
    ("initiate", "POST", f"{_ECOM}/payments"),
    ("force_approve", "POST", f"{_ECOM}/integration-test/payments/{{order}}/approve"),
    *((word, "", f"{_ECOM}/payments/{{order}}/{word}") for word in ("details", "status", *_MOVES)),
    ("initiate", "POST", f"{_EPAYMENT}/payments"),
    ("details", "GET", f"{_EPAYMENT}/payments/{{order}}"),
    *((word, "", f"{_EPAYMENT}/payments/{{order}}/{word}") for word in ("events", *_MOVES)),
    ("force_approve", "POST", f"{_EPAYMENT}/test/payments/{{order}}/approve"),
    ("webhooks.register", "POST", "/webhooks/v1/webhooks"),
    ("webhooks.list", "GET", "/webhooks/v1/webhooks"),
    ("webhooks.delete", "DELETE", "/webhooks/v1/webhooks/{order}"),
)
# These always took a slash at their end.
_TAIL_IS_FINE = ("token", "initiate")
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
    if (path, method) == ("/backend/notices", "POST"):
        return "backend.notice", path, _about(body)
    seat = _SEAT.match(path)
    if seat:
        user = seat["user"]
        operation = _BACKEND_OPERATIONS.get(method, "other") if user else "backend.list"
        return operation, path, {"event_id": unquote(seat["event"]), "user_id": user and unquote(user)}
    named: tuple[str, str, dict[str, str | None]] = ("other", path, {})
    for operation, expected, template, pattern in _PATTERNS:
        match = pattern.match(path)
        odd = "//" in path or (match is not None and match["tail"] and operation not in _TAIL_IS_FINE)
        if match is None or (odd and not tolerate_odd_slashes):
            continue
        order = match.groupdict().get("order")
        canonical = template.format(order=order)
        if expected in ("", method):
            return operation, canonical, {"order_id": _whose(operation, order, body)}
        named = ("other", canonical, {"order_id": order})
    return named


def _whose(operation: str, order: str | None, body: bytes) -> str | None:
    """The last part of the Webhooks API's paths is a registration, not an order."""
    if operation.startswith("webhooks."):
        return None
    return _order_in(body) if operation == "initiate" else order


def _order_in(body: bytes) -> str | None:
    try:
        given: Any = json.loads(body)
        found = given["transaction"]["orderId"] if "transaction" in given else given["reference"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _about(body: bytes) -> dict[str, str | None]:
    """Whom a notice is about. Not which order: the calls about an order are those to Vipps."""
    try:
        data: Any = json.loads(body)["data"]
        found = {name: data[name] for name in ("event_id", "user_id")}
    except (ValueError, KeyError, TypeError):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _pattern(template: str) -> re.Pattern[str]:
    spelt = template.replace("/", "/+").replace("{order}", "(?P<order>[^/]+)")
    return re.compile(f"^{spelt}(?P<tail>/*)$", re.IGNORECASE)


_PATTERNS = tuple((name, method, template, _pattern(template)) for name, method, template in _ROUTES)


def without_secrets(headers: dict[str, str]) -> dict[str, str]:
    """Good enough to tell two tokens apart in a log, not to use one."""
    return {
        name: f"…{value[-6:]}" if name in _SECRET_HEADERS and len(value) > 12 else value
        for name, value in headers.items()
    }
