"""`kill -9`, or a broken connection, at the COMMIT of an intent or its outcome: before PostgreSQL has it, or after."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from tests.journeys.stack import Member
from tests.money.mortal import FINISHED_WITHIN, Mortal
from tests.money.till import Sale
from tests.money.wire import Trap, When

each_when = pytest.mark.parametrize("when", get_args(When))
each_phase = pytest.mark.parametrize("phase", ["intended", "done"])
#: A connection that breaks before its COMMIT has arrived is one that is rolled back: nothing new beside a kill.
each_fate = pytest.mark.parametrize(
    ("when", "fate"), [("before", "killed"), ("after", "killed"), ("after", "cut off")]
)


def trap(mortal: Mortal, word: str, when: When, fate: str) -> Callable[[], None]:
    """Set a trap. Returns how to wait for it, and for the heir if there must be one."""
    victim = mortal.victim
    is_deadly = fate == "killed"
    set_trap: Trap = mortal.wire.set_trap(word, when, victim.kill if is_deadly else lambda: None)

    def wait() -> None:
        assert set_trap.sprung.wait(10), f"nobody wrote {word}"
        if is_deadly:
            mortal.start_heir()

    return wait


@each_fate
@each_phase
def test_a_refund_goes_back_once(mortal: Mortal, phase: str, when: When, fate: str) -> None:
    till = mortal.till
    client = mortal.victim.client
    sale = till.sells()
    path, body = f"/v1/orders/{sale.order_id}/refund", {"reason": "ill"}
    wait = trap(mortal, f"refund_{phase}", when, fate)
    mortal.meanwhile(client, "POST", path, json=body, headers={"Idempotency-Key": sale.order_id})
    wait()
    if (phase, when) == ("intended", "before"):
        # Then nothing was begun, and whoever asks again with the same key begins it
        assert till.calls("refund", sale.order_id) == 0
        mortal.asks_until_answered("POST", path, body, sale.order_id)
    # Then it goes on, by itself once it is written down
    till.order_becomes(sale, "REFUND", within=FINISHED_WITHIN)
    assert mortal.asks_until_answered("POST", path, body, sale.order_id).status_code in (200, 202)
    assert till.done_with("REFUND", sale) == [f"{sale.order_id}-r1"]
    assert till.status_of(sale) == "refunded"


@each_fate
@each_phase
def test_a_capture_is_made_once(mortal: Mortal, phase: str, when: When, fate: str) -> None:
    till = mortal.till
    assert mortal.victim.is_running
    sale = till.in_checkout()
    wait = trap(mortal, f"capture_{phase}", when, fate)
    till.approve(sale.order_id)
    wait()
    till.order_becomes(sale, "CAPTURE", within=FINISHED_WITHIN)
    assert till.done_with("CAPTURE", sale) == [f"{sale.order_id}-c1"]
    assert till.status_of(sale) == "paid"


@pytest.mark.parametrize("phase", ["intended", "started"])
@each_when
def test_a_payment_can_be_made_once(mortal: Mortal, phase: str, when: When) -> None:
    # Given a member whose request is cut short
    till = mortal.till
    client = mortal.victim.client
    member = till.joins()
    body = {"event_id": member.event_id, "user_id": member.user_id, "payer_name": member.user_id}
    wait = trap(mortal, f"order_{phase}", when, "killed")
    mortal.meanwhile(client, "POST", "/v1/orders", json=body, headers={"Idempotency-Key": member.user_id})
    wait()
    if phase == "intended":
        assert _payments(mortal, member) == []
    # When they ask again with the same key
    order_id = mortal.asks_until_answered("POST", "/v1/orders", body, member.user_id).json()["order_id"]
    # Then they can pay, and there is one payment that can be paid
    open_ones = [p for p in _payments(mortal, member) if till.payment(p).ended is None]
    assert open_ones == [order_id]
    till.approve(order_id)
    sale = Sale(member, order_id)
    till.order_becomes(sale, "CAPTURE", within=FINISHED_WITHIN)
    known = [order["order_id"] for order in till.registration(member)["orders"]]
    assert set(_payments(mortal, member)) <= set(known)


def _payments(mortal: Mortal, member: Member) -> list[str]:
    """Every payment that Vipps has for this member."""
    ledger = mortal.till.simulator.ledger
    every = mortal.till.neighbours.do(lambda: list(ledger.payments.values()))
    return [payment.order_id for payment in every if payment.user_id == member.user_id]
