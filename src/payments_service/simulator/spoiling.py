"""Requests that are read as if they were wrong, and answers with fields taken out or personal data expired."""

import json
from collections.abc import Callable
from typing import Any

from starlette.types import Message

from payments_service.simulator.faults import Fault

EXPIRED = "[Expired]"
_PERSONAL = ("email", "firstName", "lastName", "mobileNumber")


def spoilt_request(fault: Fault | None, body: bytes) -> bytes:
    """As though the caller had made the mistake itself; what comes of it is up to the API."""
    if fault is None or fault.kind != "garbled_request":
        return body
    try:
        content = json.loads(body)
        _GARBLE[fault.value or "integer_msn"](content)
    except (ValueError, KeyError, TypeError):
        return body  # wrong already
    return json.dumps(content).encode()


def _integer_msn(content: Any) -> None:
    merchant = content["merchantInfo"]
    merchant["merchantSerialNumber"] = int(merchant["merchantSerialNumber"])


def _wrong_case(content: Any) -> None:
    merchant = content["merchantInfo"]
    merchant["fallback"] = merchant.pop("fallBack")


def _float_amount(content: Any) -> None:
    content["transaction"]["amount"] += 0.5


_GARBLE: dict[str, Callable[[Any], None]] = {
    "integer_msn": _integer_msn,
    "wrong_case": _wrong_case,
    "float_amount": _float_amount,
}


def spoilt_answer(fault: Fault | None, messages: list[Message]) -> list[Message]:
    if fault is None or fault.kind not in _SPOIL or int(messages[0]["status"]) >= 400:
        return messages
    content = json.loads(b"".join(message.get("body", b"") for message in messages[1:]))
    _SPOIL[fault.kind](content, fault.value or "")
    body = json.dumps(content).encode()
    start = dict(messages[0])
    start["headers"] = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    start["headers"].append((b"content-length", str(len(body)).encode()))
    return [start, {"type": "http.response.body", "body": body}]


def _leave_out(content: Any, name: str) -> None:
    """Wherever it stands, since each API keeps it in another place."""
    if isinstance(content, dict):
        content.pop(name, None)
        for value in content.values():
            _leave_out(value, name)
    elif isinstance(content, list):
        for value in content:
            _leave_out(value, name)


def _expire_personal_data(content: Any, _value: str) -> None:
    """As a week after the reservation, whether or not anything personal was asked for."""
    if isinstance(content, dict):
        known = content.get("userDetails") or dict.fromkeys(_PERSONAL)
        content["userDetails"] = dict.fromkeys(known, EXPIRED)


_SPOIL: dict[str, Callable[[Any, str], None]] = {
    "fields_missing": _leave_out,
    "personal_data_expired": _expire_personal_data,
}
