"""The headers every call to ePayment and to the Webhooks API carries, beside the keys the gateway looks at."""

import re

from fastapi import Request

from payments_service.simulator.config import SalesUnit
from payments_service.simulator.problems import Problem, unreadable

_SYSTEM_HEADERS = tuple(
    f"Vipps-System-{name}" for name in ("Name", "Version", "Plugin-Name", "Plugin-Version")
)


def check_headers(request: Request, unit: SalesUnit) -> None:
    msn = request.headers.get("merchant-serial-number")
    if msn is None or not re.fullmatch(r"[0-9]{4,6}", msn):
        raise unreadable(("Merchant-Serial-Number", "is required and must match ^[0-9]{4,6}$"))
    for name in _SYSTEM_HEADERS:
        if len(request.headers.get(name, "")) > 30:
            raise unreadable((name, "must be at most 30 characters long"))
    if msn != unit.merchant_serial_number:
        raise Problem(403, "Forbidden", f"The keys do not belong to sales unit {msn}")


def read_key(request: Request) -> str:
    key = request.headers.get("idempotency-key")
    if not key:
        raise unreadable(("Idempotency-Key", "is required"))
    if len(key) > 50:
        raise unreadable(("Idempotency-Key", "must be at most 50 characters long"))
    return key


def instance_of(request: Request) -> str:
    """The path as the API behind the gateway knows it: without the API's own name in front."""
    return "/" + request.url.path.split("/", 2)[-1]
