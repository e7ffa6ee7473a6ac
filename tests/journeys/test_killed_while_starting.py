"""`kill -9` while a payment is being started: the order is found, and a new one works."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx
import pytest

from payments_service.domain.orders import VippsApi
from payments_service.simulator.faults import Call
from tests.journeys.apis import only
from tests.journeys.pace import LONG_CHECKOUT_SECONDS, MORTAL, TAKEN_OVER_WITHIN
from tests.journeys.postgres_proxy import PostgresProxy
from tests.journeys.stack import Member, Stack


def asks_in_vain(stack: Stack, member: Member) -> threading.Thread:
    """Ask for a payment in a thread of its own; the answer never comes."""
    service = stack.service

    def ask() -> None:
        with pytest.raises(httpx.TransportError):
            stack.pay(member, service)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def pays_with_a_new_order(stack: Stack, member: Member, *, within: float) -> tuple[str, str]:
    """Try again, as a member would; return the lost order and the new one, which is then paid."""

    def again() -> str | None:
        answer = stack.pay(member)
        assert answer.status_code in (201, 409, 503), answer.text
        if answer.status_code == 409:
            assert answer.json()["code"] == "request_in_progress"
        time.sleep(0.2)
        return str(answer.json()["order_id"]) if answer.status_code == 201 else None

    fresh = stack.eventually(again, within=within)
    newest, lost = (order["order_id"] for order in stack.registration(member)["orders"])
    assert newest == fresh
    stack.approve(fresh)
    stack.is_captured(fresh, within=5)
    return lost, fresh


def test_before_vipps_did_anything(mortal_stack: Stack) -> None:
    stack = mortal_stack
    # Given a request to Vipps that is under way and has no effect yet
    member = stack.joins()
    stack.simulator.add_fault("silent", "initiate")
    before = len(stack.simulator.journal.requests_for("initiate"))
    asking = asks_in_vain(stack, member)
    stack.eventually(lambda: len(stack.simulator.journal.requests_for("initiate")) > before, within=5)
    # When the service is killed and another starts
    stack.service.kill()
    asking.join()
    stack.start_service(MORTAL)
    # Then two reads five seconds apart find that there is no such payment
    lost, _ = pays_with_a_new_order(stack, member, within=TAKEN_OVER_WITHIN + 5 + 2)
    assert stack.order(lost)["status_reason"] == "never_created"


@only("ecom")
def test_after_vipps_did_it_and_before_it_said_so(mortal_stack: Stack) -> None:
    stack = mortal_stack
    member = stack.joins()
    victim = stack.service
    stack.neighbours.after("initiate", lambda _: victim.kill())
    asks_in_vain(stack, member).join()
    stack.start_service(MORTAL)
    # Then the payment whose link nobody has is closed at Vipps
    lost, _ = pays_with_a_new_order(stack, member, within=TAKEN_OVER_WITHIN + 5)
    assert stack.payment(lost).is_cancelled
    assert stack.order(lost)["status_reason"] == "superseded"


@only("epayment")
def test_a_link_that_died_with_its_process_is_had_again(mortal_stack: Stack) -> None:
    stack = mortal_stack
    member, victim = stack.joins(), stack.service
    stack.neighbours.after("initiate", lambda _: victim.kill())
    asks_in_vain(stack, member).join()
    stack.start_service(MORTAL)
    # Then whoever takes the order over starts it again in the same words, and gets its link
    stack.eventually(lambda: _gets_a_link(stack, member), within=TAKEN_OVER_WITHIN + 5)
    (order,) = stack.registration(member)["orders"]
    assert stack.effects(order["order_id"], "INITIATE") == 1
    assert stack.keys("initiate", order["order_id"]) == {f"{order['order_id']}-i1"}
    stack.approve(order["order_id"])
    stack.is_captured(order["order_id"], within=5)


def _gets_a_link(stack: Stack, member: Member) -> bool:
    answer = stack.pay(member)
    assert answer.status_code in (200, 409, 503), answer.text
    time.sleep(0.2)
    return answer.status_code == 200 and answer.json()["payment_link"] is not None


def test_the_same_idempotency_key_goes_on_where_the_dead_process_stopped(mortal_stack: Stack) -> None:
    # Given a caller whose request died with the process that had taken it
    stack = mortal_stack
    member, victim = stack.joins(), stack.service
    body = {"event_id": member.event_id, "user_id": member.user_id, "payer_name": member.user_id}
    key = {"Idempotency-Key": f"pay-{member.user_id}"}
    stack.neighbours.after("initiate", lambda _: victim.kill())
    with pytest.raises(httpx.TransportError):
        victim.post("/v1/orders", body, **key)
    stack.start_service(MORTAL)

    # When it is repeated, as it was, until it is answered
    def again() -> httpx.Response | None:
        answer = stack.service.post("/v1/orders", body, **key)
        assert answer.status_code in (200, 201, 409, 503), answer.text
        time.sleep(0.2)
        return answer if answer.is_success else None

    answer = stack.eventually(again, within=TAKEN_OVER_WITHIN + 5)
    # Then there is one payment that can be paid (in ePayment the same one), and the answer is kept
    assert answer.status_code == {"ecom": 201, "epayment": 200}[stack.vipps_api]
    repeated = stack.service.post("/v1/orders", body, **key)
    assert repeated.status_code == answer.status_code
    assert repeated.headers["Idempotent-Replayed"] == "true"
    assert repeated.json()["order_id"] == answer.json()["order_id"]
    stack.approve(answer.json()["order_id"])
    stack.is_captured(answer.json()["order_id"], within=5)


@only("ecom")
def test_after_vipps_answered_and_before_it_was_recorded(
    database_url: str, tmp_path: Path, vipps_api: VippsApi
) -> None:
    with Stack(database_url, tmp_path, vipps_api=vipps_api, checkout_seconds=LONG_CHECKOUT_SECONDS) as stack:
        _killed_with_the_answer_in_hand(stack)
        stack.end()


def _killed_with_the_answer_in_hand(stack: Stack) -> None:
    proxy = PostgresProxy(stack.neighbours, stack.database_url)
    through_proxy = proxy.start()
    try:
        victim = stack.start_service(MORTAL, DATABASE_URL=through_proxy)
        member = stack.joins()

        async def hold(_: Call) -> None:
            proxy.hold()

        # Given Vipps' answer is here, and PostgreSQL cannot be reached
        stack.neighbours.after("initiate", hold)
        asking = asks_in_vain(stack, member)
        stack.eventually(lambda: _is_answered(stack), within=5)
        victim.kill()
        asking.join()
    finally:
        proxy.close()
    # When another process starts
    stack.start_service(MORTAL)
    lost, _ = pays_with_a_new_order(stack, member, within=TAKEN_OVER_WITHIN + 5)
    assert stack.payment(lost).is_cancelled
    assert stack.order(lost)["status_reason"] == "superseded"


def _is_answered(stack: Stack) -> bool:
    requests = stack.simulator.journal.requests_for("initiate")
    return bool(requests) and requests[-1].outcome == 200
