"""Every no Vipps gives to an eCom call: its group, its code, and the HTTP status it travels under."""

from uuid import uuid4


class Refusal(Exception):
    """A definite no in the array shape of eCom."""

    def __init__(self, group: str, code: str, message: str) -> None:
        super().__init__(f"{group} {code}: {message}")
        self.group, self.code, self.message = group, code, message

    def body(self) -> list[dict[str, str]]:
        return [
            {
                "errorGroup": self.group,
                "errorCode": self.code,
                "errorMessage": self.message,
                "contextId": str(uuid4()),
            }
        ]


class Breakdown(Exception):
    """The 500 with which eCom answers several mistakes of its callers."""


# No source ties codes to statuses today; these are the best-supported assumptions. The rest is a 400.
_STATUS = {
    ("Merchant", "35"): 404,
    ("Merchant", "31"): 403,
    ("Merchant", "36"): 403,
    ("Merchant", "37"): 403,
    ("Merchant", "38"): 403,
    ("Merchant", "39"): 403,
    ("Merchant", "51"): 403,
    ("Merchant", "97"): 403,
    ("Merchant", "Unauthorized"): 403,
    ("Payment", "94"): 409,
    ("VippsError", "94"): 409,
    ("VippsError", "98"): 409,
    ("VippsError", "99"): 500,
}


def status_of(refusal: Refusal, *, legacy_402: bool) -> int:
    """Until May 2021 a failed movement of money (4x, 5x, 6x, 7x) was a 402."""
    if legacy_402 and refusal.group == "Payment" and refusal.code[0] in "4567" and len(refusal.code) == 2:
        return 402
    return _STATUS.get((refusal.group, refusal.code), 400)


def not_found(order_id: str, msn: str) -> Refusal:
    return Refusal("Merchant", "35", f"No order {order_id} is known for sales unit {msn}")


def invalid(field: str, message: str) -> Refusal:
    return Refusal("InvalidRequest", field, message)
