"""Every no of ePayment and of the Webhooks API: problem+json, with a number where the matter has one."""

import secrets
from typing import Any

from fastapi.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
# What each number is about, and the HTTP status it travels under where that is not 400.
_TITLES = {
    "3010": "Something failed inside",
    "4010": "This key was used for another capture",
    "4020": "This key was used for another request",
    "4040": "The amount cannot be used",
    "4070": "The phone number cannot be used",
    "4080": "The scope cannot be used",
    "4090": "The address cannot be used",
    "4100": "There are too many metadata",
    "4120": "A key in the metadata is too long",
    "4130": "A value in the metadata is too long",
    "4140": "Something required is missing",
    "4150": "The reference or the refund's key is taken",
    "4160": "The payment method cannot be used",
    "5030": "The scope is not allowed here",
    "5040": "The currency is not the sales unit's",
    "5050": "Long-living payments are not allowed here",
    "5070": "The payment cannot be created",
    "5080": "Push messages are not allowed here",
    "5090": "There is no such reference",
    "5100": "The refund is not possible",
    "6010": "The amount is too small",
    "6020": "Nothing has been paid that could be refunded",
    "6030": "It is too late to cancel",
    "6040": "What is captured cannot be cancelled",
    "6050": "Nothing is reserved that could be cancelled",
    "6060": "The payment is authorised already",
    "6070": "The payment is cancelled and cannot be captured",
    "6080": "Nothing is reserved that could be captured",
    "6090": "More than what is reserved cannot be captured",
    "6100": "It is too late to capture",
    "6150": "More than what is captured cannot be refunded",
    "6160": "The payment is locked for the moment",
    "6170": "Everything is captured already",
    "6180": "Everything is refunded already",
    "6190": "The payment cannot be cancelled",
    "6200": "The payment cannot be captured",
    "6210": "The payment cannot be refunded",
    "6220": "It is too late to refund",
    "6230": "The payment is authorised already",
    "6250": "The payment is being processed",
    "6260": "The bank does not hold the money any more",
    "7010": "There is no such customer",
    "10010": "The approval failed",
}
_STATUS = {
    "3010": 500, "4010": 409, "4020": 409, "4150": 409, "5030": 403, "5050": 403, "5070": 422,
    "5080": 403, "5090": 404, "6160": 423,
}  # fmt: skip


class Problem(Exception):
    """A definite no; `fields` names what broke which rule, for a body that cannot be read."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        code: str | None = None,
        fields: list[tuple[str, str]] | None = None,
    ) -> None:
        super().__init__(f"{status} {code or title}: {detail}")
        self.status, self.title, self.detail, self.code = status, title, detail, code
        self.fields = fields or []

    @property
    def may_be_remembered(self) -> bool:
        """A lock and a failure of Vipps' own pass by themselves."""
        return self.status < 500 and self.status not in (401, 423, 429)

    def body(self, instance: str) -> dict[str, Any]:
        extra = [("ErrorCode", self.code)] if self.code is not None else self.fields
        return {
            "type": f"https://httpstatuses.io/{self.status}",
            "title": self.title,
            "detail": self.detail,
            "instance": instance,
            "status": self.status,
            "extraDetails": [{"name": name, "reason": reason} for name, reason in extra],
            "traceId": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
        }


def coded(code: str, detail: str | None = None, *, status: int | None = None) -> Problem:
    """A number nobody has written down here is passed on as it is, for faults."""
    title = _TITLES.get(code, "The request was refused")
    return Problem(status or _STATUS.get(code, 400), title, detail or title, code=code)


def unreadable(*fields: tuple[str, str]) -> Problem:
    """Names the fields and the rules they broke; such a problem has no number."""
    return Problem(400, "Bad Request", "The request does not have the right form.", fields=list(fields))


def problem_answer(body: dict[str, Any]) -> JSONResponse:
    return JSONResponse(body, status_code=body["status"], media_type=MEDIA_TYPE)
