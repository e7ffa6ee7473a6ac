"""Who may capture, cancel and refund: services, and finance people of the event's group or among the admins."""

from __future__ import annotations

import httpx
import pytest

from tests.money.till import ORGANIZER, Sale, Till

#: Who asks, and what they are told; "member" is the one who paid.
CALLERS: list[tuple[str, dict[str, object], int, str]] = [
    ("member", {}, 403, "forbidden"),
    ("member", {"finance": True}, 403, "forbidden"),
    ("stranger", {}, 404, "order_not_found"),
    ("stranger", {"finance": True}, 404, "order_not_found"),
    ("stranger", {"finance": True, "groups": ["another-group"]}, 404, "order_not_found"),
    ("organiser", {"groups": [ORGANIZER]}, 403, "forbidden"),
    ("admin", {"admin": True}, 403, "forbidden"),
]
TRUSTED: list[tuple[str, dict[str, object]]] = [
    ("organiser", {"groups": ["index", ORGANIZER], "finance": True}),
    ("admin", {"admin": True, "finance": True}),
]


@pytest.mark.parametrize(("who", "claims", "status", "code"), CALLERS)
def test_others_move_no_money(
    till: Till, who: str, claims: dict[str, object], status: int, code: str
) -> None:
    sale = till.sells(event_id=till.event_of())
    caller = till.holder(sale.member.user_id if who == "member" else who, **claims)
    for verb in ("refund", "capture", "cancel"):
        refused = till.moves(verb, sale, "1.00", by=caller)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert till.sums(sale) == ("CAPTURE", "250.00", "0.00", True)
    assert till.calls("refund", sale.order_id) == 0


@pytest.mark.parametrize(("who", "claims"), TRUSTED)
def test_finance_people_of_the_event_move_its_money(till: Till, who: str, claims: dict[str, object]) -> None:
    sale = till.sells(event_id=till.event_of())
    caller = till.holder(who, **claims)
    assert till.moves("refund", sale, "1.00", by=caller).status_code == 200
    assert till.sums(sale) == ("CAPTURE", "250.00", "1.00", True)
    assert till.moves("capture", sale, by=caller).json()["code"] == "nothing_to_capture"
    assert till.moves("cancel", sale, by=caller).json()["code"] == "nothing_to_cancel"


def test_without_credentials_nobody_learns_anything(till: Till) -> None:
    sale = till.sells()
    known = f"{till.service.url}/v1/orders/{sale.order_id}/refund"
    unknown = f"{till.service.url}/v1/orders/5b0f0000-0000-4000-8000-000000000000/refund"
    for url in (known, unknown):
        answer = httpx.post(url, json={"reason": "mine"}, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_an_order_that_does_not_exist_looks_like_one_that_is_not_yours(till: Till) -> None:
    sale = till.sells(event_id=till.event_of())
    stranger = till.holder("stranger", finance=True)
    nowhere = Sale(sale.member, "5b0f0000-0000-4000-8000-000000000000")
    theirs, nobodys = (till.moves("refund", s, by=stranger).json() for s in (sale, nowhere))
    for answer in (theirs, nobodys):
        answer.pop("request_id")
    assert theirs == nobodys


@pytest.mark.parametrize(
    "body",
    [
        {"amount": "1.00"},
        {"amount": 1, "reason": "a number"},
        {"amount": "0.00", "reason": "nothing"},
        {"amount": "-1.00", "reason": "less than nothing"},
        {"amount": "1.005", "reason": "half an øre"},
        {"amount": "1.00", "reason": "more", "currency": "SEK"},
    ],
)
def test_a_wrong_body_moves_nothing(till: Till, body: dict[str, object]) -> None:
    sale = till.in_checkout()
    answer = till.service.post(f"/v1/orders/{sale.order_id}/refund", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
