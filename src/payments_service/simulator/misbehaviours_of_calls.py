"""Misbehaviours 9 to 16, 25, 26, 28 and 32: calls that are not answered, badly answered, or refused."""

from payments_service.simulator.deeds import approve_all_the_same, shorten_tokens
from payments_service.simulator.misbehaviour import (
    BOTH,
    CHANGES,
    ECOM,
    EVERY_CALL,
    Act,
    Misbehaviour,
    Setting,
    Spoil,
)

START, CANCEL, TOKEN = ("initiate",), ("cancel",), ("token",)


def _error(name: str, sentence: str, status: int, shape: str) -> Misbehaviour:
    how = {"shape": shape}
    return Misbehaviour(
        12, f"error_answer.{name}", sentence, EVERY_CALL, BOTH, (Spoil("error", how),), {"status": status}
    )


CALLS = (
    Misbehaviour(
        9, "initiate_answer_lost", "The payment is started, but the answer with its link never comes.",
        START, BOTH, (Spoil("silent", {"after": True}),),
    ),
    Misbehaviour(
        10, "answer_lost", "The work is done, then the connection dies without an answer.",
        CHANGES, BOTH, (Spoil("drop_after"),),
    ),
    Misbehaviour(
        11, "call_lost", "The connection dies before anything was done.",
        EVERY_CALL, BOTH, (Spoil("drop_before"),),
    ),
    _error("gateway_500", "The gateway answers 500 in its own shape, `responseInfo`.", 500, "responseinfo"),
    _error("html_502", "The gateway answers 502 with a page of HTML.", 502, "html"),
    _error("unavailable_503", "The gateway answers 503 with a statusCode and a message.", 503, "gateway"),
    _error("empty", "An error without any body.", 500, "empty"),
    _error("array_of_strings", "An error whose body is an array of strings.", 500, "strings"),
    Misbehaviour(
        13, "rate_limited.with_retry_after", "429 that says how many seconds to wait.",
        EVERY_CALL, BOTH, (Spoil("rate_limited"),), {"retry_after": 7},
    ),
    Misbehaviour(
        13, "rate_limited.without_retry_after", "429 that does not say for how long.",
        EVERY_CALL, BOTH, (Spoil("rate_limited"),),
    ),
    Misbehaviour(
        13, "rate_limited.bucket",
        "Calls are counted as the real gateway does, and 429 begins where it would begin.",
        EVERY_CALL, BOTH, (Setting({"rate_limits": True}),), by_chance=False,
    ),
    Misbehaviour(
        14, "token_invalid.revoked", "Every access token is revoked the moment before the call.",
        EVERY_CALL[1:], BOTH, (Spoil("unauthorized"),),
    ),
    Misbehaviour(
        14, "token_invalid.refused_once", "401 for a token that is as good as ever.",
        EVERY_CALL[1:], BOTH, (Spoil("error", {"status": 401, "shape": "gateway"}),),
    ),
    Misbehaviour(
        14, "token_invalid.expires_early", "The token dies after so many seconds, whatever its answer said.",
        TOKEN, BOTH, (Act(shorten_tokens, "after"),), {"seconds": 60.0},
    ),
    Misbehaviour(
        15, "token_endpoint.down", "The token endpoint answers 500.",
        TOKEN, BOTH, (Spoil("error"),), {"status": 500},
    ),
    Misbehaviour(
        15, "token_endpoint.silent", "The token endpoint never answers.", TOKEN, BOTH, (Spoil("silent"),)
    ),
    Misbehaviour(
        15, "token_endpoint.slow", "The token endpoint answers so many real seconds late.",
        TOKEN, BOTH, (Spoil("delay"),), {"seconds": 6.0},
    ),
    Misbehaviour(
        16, "order_locked", "Another operation holds the order: 409 VippsError 94, or 423 with code 6160.",
        CHANGES, BOTH, (Spoil("refused", {"value": "locked"}),),
    ),
    Misbehaviour(
        25, "cancel_of_pending.refused", "The cancel is refused, as during 3-D Secure; nothing is changed.",
        CANCEL, BOTH, (Spoil("refused", {"value": "cancel_failed"}),),
    ),
    Misbehaviour(
        25, "cancel_of_pending.broken", "The cancel is answered with 500, and nothing is changed.",
        CANCEL, BOTH, (Spoil("error"),),
    ),
    Misbehaviour(
        25, "cancel_of_pending.approved_first",
        "The member approves the instant before the cancel, which then releases a reservation.",
        CANCEL, BOTH, (Spoil("approve_first"),),
    ),
    Misbehaviour(
        25, "cancel_of_pending.claimed", "The cancel is confirmed, and nothing is cancelled.",
        CANCEL, BOTH, (Spoil("not_really"),),
    ),
    Misbehaviour(
        25, "cancel_of_pending.approved_despite",
        "The cancel is confirmed, and the member's approval goes through all the same.",
        CANCEL, BOTH, (Spoil("not_really"), Act(approve_all_the_same)),
    ),
    Misbehaviour(
        26, "bad_request.integer_msn", "The call is read as if it named the sales unit by a number: 500.",
        START, ECOM, (Spoil("garbled_request", {"value": "integer_msn"}),),
    ),
    Misbehaviour(
        26, "bad_request.wrong_case", "The call is read as if it said `fallback` for `fallBack`: 500.",
        START, ECOM, (Spoil("garbled_request", {"value": "wrong_case"}),),
    ),
    Misbehaviour(
        26, "bad_request.float_amount", "The call is read as if its amount had decimals: 500.",
        START, ECOM, (Spoil("garbled_request", {"value": "float_amount"}),),
    ),
    Misbehaviour(
        28, "duplicate_order_id.today",
        "The id is said to be used already: 400 with Merchant 34, or 409 with code 4150.",
        START, BOTH, (Spoil("refused", {"value": "duplicate"}),),
    ),
    Misbehaviour(
        28, "duplicate_order_id.legacy", "The id is said to be used already, with the 402 of former days.",
        START, ECOM, (Spoil("refused", {"value": "duplicate", "status": 402}),),
    ),
    Misbehaviour(
        32, "slow_answer.in_time", "The work is done and answered after 4.9 real seconds.",
        EVERY_CALL, BOTH, (Spoil("delay", {"after": True}),), {"seconds": 4.9},
    ),
    Misbehaviour(
        32, "slow_answer.too_late", "The work is done and answered after 6 real seconds.",
        EVERY_CALL, BOTH, (Spoil("delay", {"after": True}),), {"seconds": 6.0},
    ),
)  # fmt: skip
