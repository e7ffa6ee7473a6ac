"""The event backend is told what happens: in order, at least once, whatever fails meanwhile."""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt
import pytest

from payments_service.demo.actors import JWT_KEY
from payments_service.simulator.journal import ReceivedNotice
from tests.journeys.pace import MORTAL, MOVES_AGAIN_WITHIN, TAKEN_OVER_WITHIN
from tests.journeys.stack import Member, Stack

SOON = 5.0


def heard(stack: Stack, member: Member) -> list[ReceivedNotice]:
    """What the backend was told about a member, in the order in which it came."""
    notices = stack.neighbours.do(lambda: list(stack.simulator.journal.notices))
    return [n for n in notices if n.registration_id == member.registration_id and not n.problem]


def types(stack: Stack, member: Member) -> list[str | None]:
    return [notice.type for notice in heard(stack, member)]


def becomes_heard(stack: Stack, member: Member, *expected: str, within: float) -> None:
    stack.eventually(
        lambda: types(stack, member) == list(expected), within=within, what=f"{expected} about {member}"
    )


def listed(stack: Stack, **query: Any) -> list[dict[str, Any]]:
    answer = stack.service.get("/v1/notices", **query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def pays(stack: Stack) -> tuple[Member, str]:
    member = stack.joins()
    order_id = stack.starts_paying(member)
    stack.approve(order_id)
    stack.is_captured(order_id, within=SOON)
    return member, order_id


def gets_it_back(stack: Stack, order_id: str) -> None:
    body = {"reason": "ill"}
    assert stack.service.post(f"/v1/orders/{order_id}/refund", body).status_code in (200, 202)


def test_a_payment_and_its_refund_are_told_of_in_order(stack: Stack) -> None:
    member, order_id = pays(stack)
    gets_it_back(stack, order_id)
    becomes_heard(stack, member, "order.paid", "order.refunded", within=SOON)
    paid, refunded = heard(stack, member)
    assert paid.body["data"] == {
        "event_id": member.event_id,
        "user_id": member.user_id,
        "registration_id": member.registration_id,
        "order_id": order_id,
        "status": paid.body["data"]["status"],
        "amount": "250.00",
        "currency": "NOK",
    }
    assert paid.body["data"]["status"] in ("RESERVED", "CAPTURE")
    assert refunded.body["data"]["status"] == "REFUND"
    # And the service says so itself, newest first
    newest, oldest = listed(stack, registration_id=member.registration_id)
    assert [newest["type"], oldest["type"]] == ["order.refunded", "order.paid"]
    assert (newest["body"], oldest["body"]) == (refunded.body, paid.body)


def test_a_seat_that_was_taken_back_is_told_of(stack: Stack) -> None:
    member = stack.joins(due_in=0)
    becomes_heard(stack, member, "registration.expired", within=10)
    (notice,) = heard(stack, member)
    data = notice.body["data"]
    assert (data["status"], data["order_id"], data["amount"]) == ("expired", None, "250.00")
    assert not stack.has_seat(member)


@pytest.mark.parametrize("fault", ["error", "drop_before", "drop_after", "silent"])
def test_a_notice_that_was_not_taken_comes_again_and_holds_up_no_other(stack: Stack, fault: str) -> None:
    # Given a backend that has trouble with one event's notices, and only with those
    victim = stack.joins()
    stack.simulator.add_fault(fault, "backend.notice", event_id=victim.event_id, times=2)
    order_id = stack.starts_paying(victim)
    stack.approve(order_id)
    stack.is_captured(order_id, within=SOON)
    gets_it_back(stack, order_id)
    # When somebody else pays, that one's notice comes at once
    other, _ = pays(stack)
    becomes_heard(stack, other, "order.paid", within=SOON)
    # And the first one's come when the trouble is over, in order, whatever came twice
    stack.eventually(lambda: "order.refunded" in types(stack, victim), within=2 * MOVES_AGAIN_WITHIN)
    ids = [notice.notice_id for notice in heard(stack, victim)]
    assert list(dict.fromkeys(types(stack, victim))) == ["order.paid", "order.refunded"]
    assert len(set(ids)) == 2
    assert len(ids) == (4 if fault == "drop_after" else 2)


def test_while_the_backend_is_down_everything_waits_and_then_comes(own_stack: Stack) -> None:
    stack = own_stack
    stack.start_service()
    stack.simulator.take_down("backend", "refuse")
    members = [pays(stack)[0] for _ in range(3)]
    assert [notice["status"] for notice in listed(stack)] == ["waiting"] * 3
    stack.eventually(lambda: all(notice["attempts"] for notice in listed(stack)), within=SOON)
    assert listed(stack)[0]["last_answer"].startswith("no answer")
    stack.eventually(lambda: "payments_notices_waiting 3.0" in metrics(stack), within=10)
    stack.simulator.bring_up("backend")
    for member in members:
        becomes_heard(stack, member, "order.paid", within=MOVES_AGAIN_WITHIN)
    stack.eventually(lambda: "payments_notices_waiting 0.0" in metrics(stack), within=10)
    assert "payments_oldest_waiting_notice_seconds 0.0" in metrics(stack)


def metrics(stack: Stack) -> str:
    return stack.service.get("/metrics").text


def test_a_notice_whose_sender_is_killed_comes_again_under_the_same_id(mortal_stack: Stack) -> None:
    stack = mortal_stack
    member, victim = stack.joins(), stack.service
    order_id = stack.starts_paying(member)
    # Given a service that dies in the instant between sending a notice and writing that it was taken
    stack.neighbours.after("backend.notice", lambda _: victim.kill())
    stack.approve(order_id)
    stack.eventually(lambda: not victim.is_running, within=10)
    stack.start_service(MORTAL)
    # Then another one tells it again, and the backend knows it by its id
    becomes_heard(stack, member, "order.paid", "order.paid", within=TAKEN_OVER_WITHIN + SOON)
    first, again = heard(stack, member)
    assert (first.notice_id, first.body) == (again.notice_id, again.body)
    stack.eventually(lambda: stack.order(order_id)["status"] == "CAPTURE", within=TAKEN_OVER_WITHIN)


def test_a_backend_that_is_gone_is_told_again_when_somebody_asks_for_it(stack: Stack) -> None:
    member = stack.joins()
    stack.simulator.add_fault("error", "backend.notice", event_id=member.event_id, status=410)
    order_id = stack.starts_paying(member)
    stack.approve(order_id)
    query = {"event_id": member.event_id, "status": "given_up"}
    (notice,) = stack.eventually(lambda: listed(stack, **query), within=SOON)
    assert (notice["attempts"], notice["last_answer"], notice["due_at"]) == (1, "http/410", None)
    path = f"/v1/notices/{notice['notice_id']}/repeat"
    for _ in range(2):
        again = stack.service.post(path, None, **{"Idempotency-Key": f"again-{order_id}"})
        assert (again.status_code, again.json()["status"]) == (200, "waiting")
    becomes_heard(stack, member, "order.paid", within=SOON)
    assert heard(stack, member)[0].notice_id == notice["notice_id"]
    unknown = stack.service.post("/v1/notices/msg_none/repeat")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "notice_not_found")


def test_the_list_is_paged_and_refuses_what_it_does_not_know(stack: Stack) -> None:
    event_id = stack.event()
    for _ in range(3):
        stack.joins(due_in=0, event_id=event_id)
    stack.eventually(lambda: len(listed(stack, event_id=event_id)) == 3, within=10)
    all_of_them = [notice["notice_id"] for notice in listed(stack, event_id=event_id)]
    paged, cursor = [], None
    while True:
        query = {"event_id": event_id, "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = stack.service.get("/v1/notices", **query).json()
        paged += [notice["notice_id"] for notice in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert paged == all_of_them
    for wrong in ({"status": "lost"}, {"limit": 0}, {"cursor": "x"}, {"user_id": "olanor"}):
        refused = stack.service.get("/v1/notices", **wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


def test_only_services_and_admins_look_and_only_services_repeat(own_stack: Stack) -> None:
    stack = own_stack
    stack.start_service(JWT_KEY=JWT_KEY)
    pays(stack)
    (notice,) = listed(stack)
    path = f"/v1/notices/{notice['notice_id']}/repeat"
    claims: list[tuple[dict[str, object], int]] = [
        ({"admin": True, "finance": True}, 200),
        ({"groups": ["index"]}, 403),
        ({}, 403),
    ]
    for more, status in claims:
        token = {"sub": "kari", "aud": "payments-service", "exp": int(time.time()) + 600, **more}
        headers = {"Authorization": f"Bearer {jwt.encode(token, JWT_KEY, algorithm='HS256')}"}
        with httpx.Client(base_url=stack.service.url, headers=headers, trust_env=False) as caller:
            assert caller.get("/v1/notices").status_code == status
            assert caller.post(path).status_code == 403
    assert httpx.get(f"{stack.service.url}/v1/notices", trust_env=False).status_code == 401
