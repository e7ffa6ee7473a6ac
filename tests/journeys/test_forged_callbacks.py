"""Callbacks that Vipps never sent, or that say something else than Vipps does when asked."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.journeys.apis import only
from tests.journeys.stack import Stack

pytestmark = only("ecom")  # ePayment has webhooks, see tests/webhooks
Headers = list[tuple[str, str]]


def post(stack: Stack, order_id: str, headers: Headers, content: bytes | None = None, tail: str = "") -> int:
    """Post what a callback looks like, without the backend's key."""
    body = {
        "merchantSerialNumber": "654321",
        "orderId": order_id,
        "transactionInfo": {"amount": 25000, "status": "RESERVED", "timeStamp": "2026-11-23T12:00:00Z"},
    }
    sent = httpx.post(
        f"{stack.service.url}/vipps/v2/payments/{order_id}{tail}",
        content=content if content is not None else json.dumps(body).encode(),
        headers=[*headers, ("Content-Type", "application/json")],
        trust_env=False,
    )
    return sent.status_code


def token_of(stack: Stack, order_id: str) -> str:
    token = stack.payment(order_id).auth_token
    assert token is not None
    return token


def test_a_forged_callback_changes_nothing(stack: Stack) -> None:
    # Given two members in the checkout
    member, other = stack.joins(), stack.joins()
    order_id, others = stack.starts_paying(member), stack.starts_paying(other)
    token, foreign = token_of(stack, order_id), token_of(stack, others)
    assert token != foreign
    before = _without_clock(stack.order(order_id))
    happened = len(stack.service.get(f"/v1/orders/{order_id}/history").json()["items"])
    # When somebody posts to us who does not know the order's own token
    forgeries: list[Headers] = [
        [],
        [("Authorization", foreign)],
        [("Authorization", token.swapcase())],
        [("Authorization", f"Bearer {token}")],
        [("Authorization", token + " x")],
        [("Authorization", token[:-1])],
        [("Authorization", "")],
        [("Authorization", token), ("Authorization", token)],
        [("Authorization", foreign), ("Authorization", token)],
    ]
    # Then each is refused, and nothing has changed
    assert [post(stack, order_id, headers) for headers in forgeries] == [401] * len(forgeries)
    assert [post(stack, order_id, headers, tail="/") for headers in forgeries] == [401] * len(forgeries)
    assert _without_clock(stack.order(order_id)) == before
    assert len(stack.service.get(f"/v1/orders/{order_id}/history").json()["items"]) == happened
    assert stack.calls("capture", order_id) == 0


def test_an_unknown_order_opens_with_no_token(stack: Stack) -> None:
    order_id = stack.starts_paying(stack.joins())
    unknown = "5b0f1c9e-0000-4000-8000-000000000000"
    assert post(stack, unknown, [("Authorization", token_of(stack, order_id))]) == 401
    assert post(stack, unknown, []) == 401
    assert post(stack, "not-an-order-of-ours", [("Authorization", "anything")]) == 401
    assert post(stack, order_id.upper(), [("Authorization", token_of(stack, order_id))]) == 401


@pytest.mark.parametrize("tail", ["", "/"])
def test_an_authentic_callback_is_taken_once_however_often_it_comes(stack: Stack, tail: str) -> None:
    # Given an approved payment, whose callback was lost
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.simulator.add_fault("lost", "callback", order_id=order_id)
    stack.approve(order_id)
    # When it is delivered by hand, five times
    headers = [("Authorization", token_of(stack, order_id))]
    assert [post(stack, order_id, headers, tail=tail) for _ in range(5)] == [200] * 5
    # Then it is settled at once, and once
    stack.eventually(lambda: stack.order(order_id)["status"] == "CAPTURE", within=3)
    assert stack.effects(order_id, "CAPTURE") == 1
    assert stack.calls("capture", order_id) == 1


def test_a_callback_that_lies_is_settled_by_what_vipps_says(stack: Stack) -> None:
    member = stack.joins()
    order_id = stack.starts_paying(member)
    reads = stack.calls("details", order_id)
    assert post(stack, order_id, [("Authorization", token_of(stack, order_id))]) == 200
    stack.eventually(lambda: stack.calls("details", order_id) > reads, within=3)
    assert stack.order(order_id)["status"] == "INITIATE"
    assert stack.has_status(member, "awaiting_payment")
    stack.approve(order_id)
    stack.becomes(member, "paid", within=3)


def test_what_cannot_be_read_or_is_too_large_is_refused(stack: Stack) -> None:
    order_id = stack.starts_paying(stack.joins())
    headers = [("Authorization", token_of(stack, order_id))]
    assert post(stack, order_id, headers, b'{"orderId": "half a') == 400
    assert post(stack, order_id, headers, b"") == 400
    assert post(stack, order_id, headers, b"\xff\xfe\x00") == 400
    assert post(stack, order_id, headers, b'"' + b"x" * 65_536 + b'"') == 413
    assert stack.order(order_id)["status"] == "INITIATE"


def _without_clock(order: dict[str, Any]) -> dict[str, Any]:
    """Our own polling may look at Vipps meanwhile; that is no change of the order."""
    return {name: value for name, value in order.items() if name not in ("server_time", "updated_at")}
