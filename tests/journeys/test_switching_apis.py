"""A deployment moves from eCom to ePayment while payments are open in both, and nobody waits for it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.journeys.pace import SEEN_WITHIN, SETTLED_WITHIN
from tests.journeys.service import Service
from tests.journeys.stack import Stack


@pytest.fixture
def stack(database_url: str, tmp_path: Path) -> Iterator[Stack]:
    """One replica, on eCom; checkouts that nobody has to hurry through."""
    with Stack(database_url, tmp_path, checkout_seconds=30) as stack:
        stack.start_service()
        yield stack
        stack.end()


def api_of(stack: Stack, order_id: str) -> str:
    return str(stack.order(order_id)["vipps_api"])


def paths(stack: Stack, operation: str, order_id: str) -> set[str]:
    """The APIs that were asked for it, by the first part of their paths."""
    return {r.path.split("/")[1] for r in stack.simulator.journal.requests_for(operation, order_id)}


def test_old_and_new_replicas_work_side_by_side_on_orders_of_both(stack: Stack) -> None:
    # Given replicas of the old setting and the new one at once, as while a deployment rolls
    old = stack.service
    new = stack.start_service(VIPPS_API="epayment")
    replicas = [old, new]
    event_id = stack.event()
    members = [stack.joins(event_id=event_id) for _ in range(12)]

    def starts(n: int) -> str:
        answer = stack.pay(members[n], replicas[n % 2])
        assert answer.status_code == 201, answer.text
        return str(answer.json()["order_id"])

    with ThreadPoolExecutor(6) as pool:
        order_ids = list(pool.map(starts, range(len(members))))
    assert [api_of(stack, o) for o in order_ids] == ["ecom", "epayment"] * 6
    # When each asks again at the other kind of replica, it is the same payment
    for n, order_id in enumerate(order_ids):
        again = stack.pay(members[n], replicas[(n + 1) % 2])
        assert (again.status_code, again.json()["order_id"]) == (200, order_id)
    # And all approve, then each is taken once, by the API it was started with
    for order_id in order_ids:
        stack.approve(order_id)
    for member, order_id in zip(members, order_ids, strict=True):
        stack.becomes(member, "paid", within=SEEN_WITHIN)
        stack.is_captured(order_id, within=SEEN_WITHIN)
        ours = "ecomm" if api_of(stack, order_id) == "ecom" else "epayment"
        assert paths(stack, "capture", order_id) == paths(stack, "details", order_id) == {ours}


def test_after_the_switch_what_was_started_before_goes_on(stack: Stack) -> None:
    # Given payments that are captured, open, and about to be given up, all in eCom
    paid, opened, aborted = stack.joins(), stack.joins(), stack.joins()
    captured, in_checkout, given_up = (stack.starts_paying(m) for m in (paid, opened, aborted))
    stack.approve(captured)
    stack.is_captured(captured, within=SETTLED_WITHIN)
    # When the service is stopped, and started anew with ePayment and without what eCom alone needs
    heir = _switched(stack, VIPPS_API="epayment", VIPPS_CALLBACK_SECRET="")
    # Then the open one is handed out again, approved, and found although its callback is turned away
    assert stack.pay(opened).json()["order_id"] == in_checkout
    stack.approve(in_checkout)
    assert stack.simulator.journal.deliveries_of(in_checkout)[0].http_status == 401
    stack.is_captured(in_checkout, within=SEEN_WITHIN)
    # And the captured one is refunded where it was captured
    answer = heir.post(f"/v1/orders/{captured}/refund", {"reason": "ill"})
    assert (answer.status_code, answer.json()["status"]) == (200, "REFUND")
    assert paths(stack, "refund", captured) == {"ecomm"}
    # And whoever gave up pays anew, in the new API, told of by a webhook
    stack.neighbours.wait_for(stack.simulator.member.reject(given_up))
    fresh = stack.starts_paying(aborted)
    assert api_of(stack, fresh) == "epayment"
    stack.approve(fresh)
    assert stack.simulator.journal.deliveries_of(fresh)[-1].channel == "webhooks"
    assert stack.simulator.journal.deliveries_of(fresh)[-1].http_status == 200
    stack.is_captured(fresh, within=SETTLED_WITHIN)


def test_and_back_again(stack: Stack) -> None:
    member, other = stack.joins(), stack.joins()
    _switched(stack, VIPPS_API="epayment")
    order_id = stack.starts_paying(member)
    _switched(stack, VIPPS_API="ecom")
    stack.approve(order_id)
    stack.is_captured(order_id, within=SEEN_WITHIN)
    assert paths(stack, "capture", order_id) == {"epayment"}
    assert api_of(stack, stack.starts_paying(other)) == "ecom"


def _switched(stack: Stack, **settings: object) -> Service:
    """The service is stopped, and started anew at the same address with other settings."""
    old = stack.service
    old.kill(signal.SIGTERM)
    assert old.ends(within=25) == 0
    address = {name: old.environment[name] for name in ("PORT", "PUBLIC_URL")}
    return stack.start_service({**settings, **address})
