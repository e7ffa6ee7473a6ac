"""One reason, told in the words of the API that was asked: its code and the HTTP status it travels under."""

from dataclasses import replace

from payments_service.simulator.faults import Call, Fault

# By what a fault's `value` says is the matter: HTTP status, group and code of eCom; HTTP status and code of ePayment.
_ECOM = {
    "locked": (409, "VippsError", "94"),
    "duplicate": (400, "Merchant", "34"),
    "cancel_failed": (400, "Payment", "52"),
}
_EPAYMENT = {"locked": (423, "6160"), "duplicate": (409, "4150"), "cancel_failed": (400, "6250")}


def api_of(call: Call) -> str:
    return "epayment" if call.path.lstrip("/").lower().startswith(("epayment", "webhooks")) else "ecom"


def in_native_words(fault: Fault | None, call: Call) -> Fault | None:
    """A `refused` becomes the error the API would give; a status other than 500 was chosen on purpose."""
    if fault is None or fault.kind != "refused":
        return fault
    reason = fault.value or "locked"
    if api_of(call) == "epayment":
        status, code = _EPAYMENT[reason]
        return replace(fault, kind="error", shape="epayment", status=_chosen(fault, status), code=code)
    status, group, code = _ECOM[reason]
    return replace(fault, kind="error", shape="ecom", status=_chosen(fault, status), group=group, code=code)


def _chosen(fault: Fault, usual: int) -> int:
    return usual if fault.status == 500 else fault.status
