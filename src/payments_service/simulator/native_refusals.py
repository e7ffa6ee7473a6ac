"""One reason, told in the words of the API that was asked: its code and the HTTP status it travels under."""

from dataclasses import replace

from payments_service.simulator.faults import Call, Fault

# By what a fault's `value` says is the matter: HTTP status, group and code.
_ECOM = {
    "locked": (409, "VippsError", "94"),
    "duplicate": (400, "Merchant", "34"),
    "cancel_failed": (400, "Payment", "52"),
}


def api_of(call: Call) -> str:
    return "epayment" if call.path.lstrip("/").lower().startswith(("epayment", "webhooks")) else "ecom"


def in_native_words(fault: Fault | None, _call: Call) -> Fault | None:
    """A `refused` becomes the error the API would give; a status other than 500 was chosen on purpose."""
    if fault is None or fault.kind != "refused":
        return fault
    status, group, code = _ECOM[fault.value or "locked"]
    status = status if fault.status == 500 else fault.status
    return replace(fault, kind="error", shape="ecom", status=status, group=group, code=code)
