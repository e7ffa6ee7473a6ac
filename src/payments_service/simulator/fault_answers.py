"""The wrong answers themselves, in every shape a client of Vipps has met."""

import json

from starlette.responses import Response

from payments_service.simulator.faults import Fault
from payments_service.simulator.gateway import too_many
from payments_service.simulator.problems import MEDIA_TYPE, coded
from payments_service.simulator.refusals import Refusal

JSON = "application/json;charset=UTF-8"


def fault_answer(fault: Fault) -> Response:
    if fault.kind == "rate_limited":
        return too_many(fault.retry_after)
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    content, media_type = _content(fault)
    return Response(content, status_code=fault.status, media_type=media_type, headers=headers)


def _content(fault: Fault) -> tuple[str, str | None]:
    message = "Something failed; please try again later."
    page = "<html><head><title>Bad Gateway</title></head><body>Bad Gateway</body></html>"
    response_info = {"responseCode": fault.status, "responseMessage": message}
    problem = coded(fault.code if fault.code != "99" else "3010", message, status=fault.status)
    shapes: dict[str, tuple[str, str | None]] = {
        "responseinfo": (json.dumps({"responseInfo": response_info}), JSON),
        "gateway": (json.dumps({"statusCode": fault.status, "message": message}), JSON),
        "html": (page, "text/html"),
        "empty": ("", None),
        "strings": (json.dumps([message, "Error"]), JSON),
        "junk": ('{"orderId": "half a', JSON),
        "ecom": (json.dumps(Refusal(fault.group, fault.code, message).body()), JSON),
        "epayment": (json.dumps(problem.body("/v1/payments")), MEDIA_TYPE),
        "django": (json.dumps({"detail": message}), "application/json"),
    }
    return shapes[fault.shape]
