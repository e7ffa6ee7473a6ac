"""The bodies in which Vipps and the gateway before it say no, down to group and code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from payments_service.vipps.messages import Unreadable, read_json

GATEWAY: Final = (
    "gateway"  # said by the gateway or by nobody in particular: tells no more than the HTTP status
)
_MOST: Final = 10  # errors looked at; usually there is one


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """`Payment` and `61`, both shortened to harmless characters. Compare `key`: group spelling varies."""

    group: str
    code: str

    @property
    def key(self) -> tuple[str, str]:
        group = self.group.lower()
        return _SAME_GROUP.get(group, group), self.code.lower()

    def __str__(self) -> str:
        return f"{self.group}/{self.code}"


# The guide writes `user`, the spec `User`, a real answer `Customer`; callbacks have been seen with `PAYMENTS`.
_SAME_GROUP: Final = {"customer": "user", "payments": "payment"}


def error_codes(body: bytes) -> tuple[ErrorCode, ...]:
    """Return the codes in an error body, in its order; none for text, HTML, lists of strings and the like.

    Shapes: a list of (or one bare) `errorGroup`/`errorCode`; `statusCode`; `responseInfo.responseCode`, also
    capitalised; RFC 7807 with `extraDetails`; a top-level `error` from the access token service.
    """
    try:
        found = read_json(body)
    except Unreadable:
        return ()
    codes = [
        code for item in (found if isinstance(found, list) else [found])[:_MOST] if (code := _code_in(item))
    ]
    return tuple(codes)


def trace_of(body: bytes) -> str | None:
    """Return the name under which Vipps' support finds this no: eCom's `contextId`, ePayment's `traceId`."""
    try:
        found = read_json(body)
    except Unreadable:
        return None
    first = found[0] if isinstance(found, list) and found else found
    if not isinstance(first, dict):
        return None
    trace = first.get("contextId") or first.get("traceId")
    return trace if isinstance(trace, str) and re.fullmatch(r"[0-9A-Fa-f-]{8,64}", trace) else None


def _code_in(item: Any) -> ErrorCode | None:
    """Look for one error in one JSON value."""
    if not isinstance(item, dict):
        return None
    fields = {key.lower(): value for key, value in item.items()}
    if (code := _text(fields.get("errorcode"))) is not None:
        return ErrorCode(_text(fields.get("errorgroup")) or "?", code)
    if (code := _problem_code(fields.get("extradetails"))) is not None:
        return ErrorCode("Problem", code)
    info = fields.get("responseinfo")
    inner = {key.lower(): value for key, value in info.items()} if isinstance(info, dict) else {}
    for value in (
        fields.get("statuscode"),
        inner.get("responsecode"),
        fields.get("error"),
        fields.get("status"),
    ):
        if (code := _text(value)) is not None:
            return ErrorCode(GATEWAY, code)
    return None


def _problem_code(details: Any) -> str | None:
    """ePayment's number in `extraDetails: [{"name": "ErrorCode", "reason": "6080"}]`."""
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and detail.get("name") == "ErrorCode":
            return _text(detail.get("reason"))
    return None


def _text(value: Any) -> str | None:
    """A code as text, from string or number, free of anything that could forge a log line."""
    if type(value) not in (str, int):
        return None
    try:
        text = str(value)
    except ValueError:  # an integer of thousands of digits
        return None
    return re.sub(r"[^A-Za-z0-9_.\[\]-]", "?", text)[:40] or None
