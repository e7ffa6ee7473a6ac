"""What a callback says: address, body and token, in all the variants Vipps has sent or could send."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from payments_service.simulator.clock import wire_time
from payments_service.simulator.faults import Fault
from payments_service.simulator.ledger import Payment


@dataclass(frozen=True, slots=True)
class Forgery:
    """How a callback differs from the true one; all None is the true one."""

    status: str | None = None
    token: str | None = None
    without_token: bool = False
    amount: int | None = None
    msn: str | None = None
    order_id: str | None = None
    raw: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    @classmethod
    def from_fault(cls, fault: Fault | None) -> "Forgery":
        if fault is None:
            return cls()
        forgeries = {
            "wrong_token": cls(token=fault.value or "somebody-else's-token"),
            "missing_token": cls(without_token=True),
            "wrong_amount": cls(amount=1 if fault.amount is None else fault.amount),
            "wrong_msn": cls(msn="999999"),
            "wrong_order_id": cls(order_id="another-order"),
            "malformed": cls(raw='{"orderId": "half a'),
            "unknown_status": cls(status=fault.value or "AUTO_CANCEL"),
            "fields_missing": cls(without=("transactionId",)),
            "unknown_fields": cls(extra={"surprise": {"nested": [1, 2, 3]}}),
        }
        return forgeries.get(fault.kind, cls())


def write_letter(
    payment: Payment,
    status: str,
    *,
    at: datetime,
    error: dict[str, str] | None,
    with_transaction_id: bool,
    msn_as_integer: bool,
    forgery: Forgery,
) -> tuple[str, str, str | None]:
    """Address, body, Authorization. The address never ends in a slash."""
    url = f"{payment.callback_prefix.rstrip('/')}/v2/payments/{payment.order_id}"
    msn = forgery.msn or payment.msn
    info: dict[str, Any] = {
        "amount": payment.amount if forgery.amount is None else forgery.amount,
        "status": forgery.status or status,
        "timeStamp": wire_time(at),
    }
    if with_transaction_id and "transactionId" not in forgery.without:
        info["transactionId"] = payment.transaction_id
    body: dict[str, Any] = {
        "merchantSerialNumber": int(msn) if msn_as_integer else msn,
        "orderId": forgery.order_id or payment.order_id,
        "transactionInfo": info,
    }
    if error is not None:
        body["errorInfo"] = error
    if payment.is_express and error is None:
        body["userDetails"] = {"email": "kari@example.test", "firstName": "Kari", "lastName": "Nordmann"}
    body |= forgery.extra
    authorization = None if forgery.without_token else forgery.token or payment.auth_token
    return url, forgery.raw if forgery.raw is not None else json.dumps(body), authorization
