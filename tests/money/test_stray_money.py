"""Money and callbacks that belong to nobody here: kept, and shown to a person."""

from __future__ import annotations

import json

import httpx
import pytest

from payments_service.vipps import callback_token
from tests.journeys.pace import MOVES_AGAIN_WITHIN, SETTLED_WITHIN
from tests.money.database import rows
from tests.money.late import is_a_case
from tests.money.till import Till

CALLBACK_SECRET = "local-callback-secret-that-signs-nothing-else"
MSN = "654321"


def call_back(
    till: Till, order_id: str, *, at: str = "2026-11-23T12:00:00Z", tail: str = ""
) -> httpx.Response:
    """Post what Vipps would post about an order, with the order's own token."""
    information = {"amount": 25000, "status": "RESERVED", "timeStamp": at, "transactionId": "5001"}
    body = {"merchantSerialNumber": MSN, "orderId": order_id, "transactionInfo": information}
    return httpx.post(
        f"{till.service.url}/vipps/v2/payments/{order_id}{tail}",
        content=json.dumps(body).encode(),
        headers={
            "Authorization": callback_token.make(CALLBACK_SECRET, MSN, order_id),
            "Content-Type": "application/json",
        },
        trust_env=False,
    )


def cases_about(till: Till, order_id: str) -> list[dict[str, object]]:
    found, query = [], dict[str, str]()
    while True:
        page = till.service.get("/v1/attention", **query).json()
        found += [case for case in page["items"] if case["order_id"] == order_id]
        if page["next_cursor"] is None:
            return found
        query = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("order_id", ["5b0f0000-0000-4000-8000-00000000cafe", "an-order-of-an-older-service"])
def test_an_authentic_callback_about_an_unknown_order_is_kept_for_a_person(till: Till, order_id: str) -> None:
    # When Vipps tells us twice, with and without a slash, of a payment that we do not know
    assert call_back(till, order_id).status_code == 200
    assert call_back(till, order_id, tail="/").status_code == 200
    assert call_back(till, order_id, at="2026-11-23T12:00:01Z").status_code == 200
    # Then each different one is kept, and one case is open
    kept = rows(till.database_url, "SELECT body FROM deliveries WHERE order_id = $1", order_id)
    assert len(kept) == 2
    (case,) = cases_about(till, order_id)
    assert (case["code"], case["event_id"], case["registration_id"]) == ("unknown_payment", None, None)
    assert case["actions"]
    assert till.calls("details", order_id) == 0


def test_a_paid_registration_that_is_gone_at_the_backend_is_a_case_and_never_refunded_by_itself(
    own_till: Till,
) -> None:
    # Given a member who has paid, and one who is about to
    till = own_till
    till.start_service(PULL_SECONDS=1)
    payer, late = till.sells(), till.in_checkout()
    # When both are gone at the backend, and nobody told us
    for sale in (payer, late):
        user, event = sale.member.user_id, sale.member.event_id
        till.neighbours.do(lambda user=user, event=event: till.simulator.backend.sign_off(event, user))  # type: ignore[misc]
        till.becomes(sale.member, "ended", within=6)
    # Then the money that was here before is a person's matter
    till.eventually(lambda: is_a_case(till, payer, "paid_without_seat", "refund"), within=3)
    assert till.calls("refund", payer.order_id) == 0
    assert till.refund(payer).json()["status"] == "REFUND"
    assert till.case(payer, "paid_without_seat") is None
    # And the open checkout was closed, so that no money came after that
    till.order_becomes(late, "CANCEL", "VOID", within=5)
    assert till.calls("capture", late.order_id) == 0


def test_money_that_crosses_the_end_of_its_registration_goes_back(own_till: Till) -> None:
    # Given a checkout that Vipps does not close, of a registration that is gone at the backend
    till = own_till
    till.start_service(PULL_SECONDS=1)
    sale = till.in_checkout()
    stuck = till.simulator.add_fault("drop_before", "cancel", order_id=sale.order_id, times=None)
    till.neighbours.do(lambda: till.simulator.backend.sign_off(sale.member.event_id, sale.member.user_id))
    till.becomes(sale.member, "ended", within=6)
    # When it is approved
    till.approve(sale.order_id)
    till.eventually(lambda: is_a_case(till, sale, "paid_without_seat", "refund"), within=SETTLED_WITHIN)
    till.simulator.faults.clear(stuck.id)
    # Then it goes back
    till.order_becomes(sale, "VOID", within=MOVES_AGAIN_WITHIN)
    assert till.order(sale.order_id)["status_reason"] == "late"
    assert till.calls("capture", sale.order_id) == 0
    till.eventually(lambda: till.case(sale, "paid_without_seat") is None, within=3)
