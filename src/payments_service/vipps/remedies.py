"""What to do about every no of Vipps': one table over operation, HTTP status, group and code, for both payment APIs.

The rule behind the table: `REJECTED` needs a code or status that can only mean "not done"; where a no may come after
the deed (a repeated key, "already processed", "unknown failure"), the answer is `UNKNOWN`, for reading the payment
costs a call and a wrong "not done" costs somebody's money.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import IntEnum
from typing import Final, Literal

from payments_service.outgoing import Answer
from payments_service.vipps.error_bodies import GATEWAY, ErrorCode, error_codes
from payments_service.vipps.errors import OutcomeUnknown, Rejected, TryAgain, VippsError

Operation = Literal["start", "read", "capture", "cancel", "refund"]

LONGEST_PAUSE: Final = 3600.0  # seconds; a Retry-After beyond an hour is obeyed no further


class Remedy(IntEnum):
    """What to do, the most careful last: of several codes in one answer the last one counts."""

    REJECTED = 1  # a clear no
    TRY_AGAIN = 2  # nothing done, come back later with the same key
    NO_SUCH_PAYMENT = 3  # only for a read
    UNKNOWN = 4  # read the payment first


def _codes(group: str, remedy: Remedy, *codes: str) -> dict[tuple[str, str], Remedy]:
    return {(group, code): remedy for code in codes}


#: Group and code, in small letters. `docs/vipps.md` explains each to people; a test keeps the two in step.
BY_CODE: Final[dict[tuple[str, str], Remedy]] = {
    **_codes("payment", Remedy.REJECTED, "41", "42", "43", "44", "45"),  # card and issuer
    **_codes("payment", Remedy.REJECTED, "51", "52", "53"),  # cancel: after a capture, failed, not reserved
    **_codes("payment", Remedy.REJECTED, "61", "62"),  # capture: too much, not reserved
    **_codes(
        "payment", Remedy.UNKNOWN, "63"
    ),  # capture failed in an unknown way; the guide says: read details
    **_codes(
        "payment", Remedy.REJECTED, "71", "72", "73", "74"
    ),  # refund: too much, too early, cancelled, no funds
    **_codes("payment", Remedy.REJECTED, "95", "96", "98"),  # too late; 96 was 98's number until 2023
    **_codes("payment", Remedy.REJECTED, "1082", "1501"),  # the member may not pay this way
    # The key was used with another payload. Ours for a key never changes, save by a release that words texts
    # differently: then the first request may well have been carried out, and a new key would do it twice.
    **_codes("payment", Remedy.UNKNOWN, "93"),
    **_codes("vippserror", Remedy.UNKNOWN, "92", "93", "99"),  # 92 already processed: by whom, the read tells
    **_codes("vippserror", Remedy.REJECTED, "91"),  # not allowed, such as capturing what was cancelled
    **_codes("vippserror", Remedy.TRY_AGAIN, "94", "98"),  # locked; too many at once
    **_codes("user", Remedy.REJECTED, "81", "82"),
    **_codes(
        "merchant", Remedy.REJECTED, "31", "32", "33", "36", "37", "38", "39", "51", "97", "unauthorized"
    ),
    # Our order ids are never used twice, so a duplicate means that an earlier copy of this very request got through.
    **_codes("merchant", Remedy.UNKNOWN, "34"),
    **_codes("merchant", Remedy.REJECTED, "35"),
    # ePayment has numbers, and no groups.
    **_codes("problem", Remedy.UNKNOWN, "3010"),  # internal
    # the key or the reference was used before, as 93 and 34
    **_codes("problem", Remedy.UNKNOWN, "4010", "4020", "4150"),
    # amount, customer, scope, address, metadata, something missing
    **_codes("problem", Remedy.REJECTED, "4040", "4050", "4060", "4070", "4080", "4090"),
    **_codes("problem", Remedy.REJECTED, "4100", "4110", "4120", "4130", "4140", "4160"),
    # what this sales unit may not do; a payment that cannot be made; no such reference; no refund
    **_codes("problem", Remedy.REJECTED, "5010", "5020", "5030", "5040", "5050", "5060"),
    **_codes("problem", Remedy.REJECTED, "5070", "5080", "5090", "5100"),
    # too little, too much, too early, too late, or not in this state
    **_codes("problem", Remedy.REJECTED, "6010", "6020", "6030", "6040", "6050", "6060", "6070"),
    **_codes("problem", Remedy.REJECTED, "6080", "6090", "6100", "6110", "6120", "6130", "6140"),
    **_codes("problem", Remedy.REJECTED, "6150", "6190", "6200", "6210", "6220"),
    # Another operation is under way, and that may be this very one's earlier try: never to be sent under a new key.
    **_codes("problem", Remedy.TRY_AGAIN, "6160", "6250"),
    **_codes("problem", Remedy.UNKNOWN, "6170", "6180", "6230"),  # done already: by whom, the read tells
    # The bank said no to a capture. The same key would be answered the same for ever: the next try takes the next one.
    **_codes("problem", Remedy.REJECTED, "6260", "6280"),
    **_codes("problem", Remedy.REJECTED, "7010"),  # no such customer
}
#: "There is no such payment", as the two APIs put it. Only ever an answer to something that names an existing one.
_NO_SUCH: Final = {("merchant", "35"): (402, 404), ("problem", "5090"): (404,)}
_BY_STATUS: Final = {
    # The gateway turned us away, and a fresh token did not help: nothing was done. Not REJECTED, since wrong keys say
    # nothing about this payment and the same request succeeds when somebody has mended them.
    401: Remedy.TRY_AGAIN,
    404: Remedy.UNKNOWN,  # a gateway that lost its route answers so for payments that exist
    408: Remedy.UNKNOWN,
    409: Remedy.UNKNOWN,  # a conflict with what? possibly with our own earlier try
    425: Remedy.TRY_AGAIN,
}


def remedy_for(operation: Operation, status: int, codes: tuple[ErrorCode, ...] = ()) -> Remedy:
    """Say what to do about an answer that is no yes. Total: every status and every code has an answer."""
    if status in (423, 429):
        return Remedy.TRY_AGAIN
    if not 400 <= status < 500:
        return (
            Remedy.UNKNOWN
        )  # 5xx hide bad requests as well as deeds done; 1xx, 3xx and odd 2xx are no answers
    known = [_by_code(operation, status, code) for code in codes]
    remedy = max((found for found in known if found), default=_BY_STATUS.get(status, Remedy.REJECTED))
    if operation == "read" and remedy is Remedy.REJECTED:
        return (
            Remedy.UNKNOWN
        )  # a read asks for nothing that could be refused: without an answer we know nothing
    return remedy


def _by_code(operation: Operation, status: int, error: ErrorCode) -> Remedy | None:
    group, code = error.key
    if group == "invalidrequest":
        return Remedy.REJECTED  # its codes are the names of fields
    if operation == "read" and error.key in _NO_SUCH:
        # 404 today, 402 in eCom's older answers; with any other status it is not the statement we know.
        return Remedy.NO_SUCH_PAYMENT if status in _NO_SUCH[error.key] else Remedy.UNKNOWN
    if operation == "start" and error.key in _NO_SUCH:
        return Remedy.UNKNOWN  # no sense as an answer to a start
    return BY_CODE.get((group, code))


def failure(operation: Operation, answer: Answer) -> VippsError:
    """Turn a no into the error named after its remedy."""
    codes = error_codes(answer.body)
    name = name_of(answer.status, codes)
    message = f"{operation}: {name} (http {answer.status})"
    remedy = remedy_for(operation, answer.status, codes)
    pause = retry_after_seconds(answer.headers.get("Retry-After"))
    error: VippsError
    if remedy is Remedy.REJECTED:
        error = Rejected(message, code=name)
    elif remedy is Remedy.TRY_AGAIN:
        error = TryAgain(message, retry_after_seconds=pause)
    else:
        error = OutcomeUnknown(message, retry_after_seconds=pause)
    error.status = answer.status
    return error


def name_of(status: int, codes: tuple[ErrorCode, ...]) -> str:
    """`Payment/61`, or `http/400` when only the gateway or nobody spoke."""
    return next((str(code) for code in codes if code.key[0] != GATEWAY), f"http/{status}")


def retry_after_seconds(value: str | None) -> float | None:
    """Read a Retry-After, seconds or HTTP date; None when absent or unreadable, never negative."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_PAUSE)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return min(max((moment - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_PAUSE)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
