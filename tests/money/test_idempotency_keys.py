"""`Idempotency-Key`: per caller, method and path, the same request gets the same answer and is one operation."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import pytest

from tests.money.till import Till

Body = dict[str, Any]


_numbers = count(1)


@pytest.fixture
def key() -> str:
    """A key that no other test has used."""
    return f"key-{next(_numbers)}"


def write(till: Till, method: str, path: str, body: Body, key: str | bytes) -> httpx.Response:
    raw = key if isinstance(key, bytes) else key.encode("ascii")
    return till.service.client.request(method, path, json=body, headers={b"Idempotency-Key": raw})


def registering(till: Till) -> tuple[str, str, Body, Body]:
    """Return method, path, a body, and another one."""
    member = till.sign_up(till.event())
    body = {"event_id": member.event_id, "user_id": member.user_id}
    other = {**body, "from_waiting_list": True}
    return "PUT", f"/v1/registrations/{member.registration_id}", body, other


def ordering(till: Till) -> tuple[str, str, Body, Body]:
    member = till.joins()
    body = {"event_id": member.event_id, "user_id": member.user_id, "payer_name": member.user_id}
    return "POST", "/v1/orders", body, {**body, "payer_name": "Somebody Else"}


def refunding(till: Till) -> tuple[str, str, Body, Body]:
    sale = till.sells()
    body = {"amount": "100.00", "reason": "ill"}
    return "POST", f"/v1/orders/{sale.order_id}/refund", body, {**body, "amount": "50.00"}


Writing = Callable[[Till], tuple[str, str, Body, Body]]
each_write = pytest.mark.parametrize("writing", [registering, ordering, refunding])


@each_write
def test_a_repeat_gets_the_same_answer_and_does_nothing(till: Till, writing: Writing, key: str) -> None:
    method, path, body, _ = writing(till)
    first = write(till, method, path, body, key)
    assert first.is_success
    assert "Idempotent-Replayed" not in first.headers
    for _ in range(2):
        again = write(till, method, path, body, key)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.headers["Content-Type"] == first.headers["Content-Type"]


@each_write
def test_a_key_that_comes_with_another_body_is_refused(till: Till, writing: Writing, key: str) -> None:
    method, path, body, other = writing(till)
    first = write(till, method, path, body, key)
    reused = write(till, method, path, other, key)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    assert write(till, method, path, body, key).content == first.content


@each_write
@pytest.mark.parametrize("odd", [b"", b"k" * 256, "blåbær".encode(), "\u00e6".encode("latin-1")])
def test_a_key_that_is_none_is_refused_and_nothing_is_done(till: Till, writing: Writing, odd: bytes) -> None:
    method, path, body, _ = writing(till)
    calls = len(till.simulator.journal.requests)
    refused = write(till, method, path, body, odd)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    moved = till.simulator.journal.requests[calls:]
    assert [call for call in moved if call.operation in ("initiate", "refund")] == []


def test_the_longest_and_the_oddest_keys_are_keys(till: Till) -> None:
    sale = till.sells()
    for number, key in enumerate(["k" * 255, "~ !\"#$%&'()*+,/:;<=>?@[]^_`{|}", "0"], start=1):
        for _ in range(2):
            assert till.refund(sale, "10.00", key=key).json()["refunded"] == f"{number}0.00"
    assert len(till.done_with("REFUND", sale)) == 3


def test_a_refusal_is_repeated_as_well(till: Till, key: str) -> None:
    sale = till.in_checkout()
    first = till.refund(sale, key=key)
    assert first.json()["code"] == "nothing_to_refund"
    till.approve(sale.order_id)
    till.order_becomes(sale, "CAPTURE", within=5)
    again = till.refund(sale, key=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (409, "true")
    assert till.refund(sale, key="second").json()["status"] == "REFUND"


def test_the_same_key_of_another_caller_or_path_is_another_key(till: Till) -> None:
    event_id = till.event_of()
    sale, other = till.sells(event_id=event_id), till.sells(event_id=event_id)
    treasurer = till.holder("treasurer", groups=["sosialen"], finance=True)
    deputy = till.holder("deputy", groups=["sosialen"], finance=True)
    asked = [till.refund(sale, "10.00", key="k"), till.refund(other, "10.00", key="k")]
    asked += [till.moves("refund", sale, "10.00", key="k", by=person) for person in (treasurer, deputy)]
    assert [answer.status_code for answer in asked] == [200] * 4
    assert [answer.headers.get("Idempotent-Replayed") for answer in asked] == [None] * 4
    assert till.sums(sale) == ("CAPTURE", "250.00", "30.00", True)
    assert till.sums(other) == ("CAPTURE", "250.00", "10.00", True)


@pytest.mark.parametrize(("writing", "operation"), [(ordering, "initiate"), (refunding, "refund")])
def test_while_the_first_is_running_a_repeat_is_told_to_wait(
    till: Till, writing: Writing, operation: str, key: str
) -> None:
    # Given a request that Vipps is slow to answer
    method, path, body, other = writing(till)
    before = len(till.simulator.journal.requests_for(operation))
    till.simulator.add_fault("delay", operation, seconds=1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(write, till, method, path, body, key)
        asked = till.simulator.journal.requests_for
        till.eventually(lambda: len(asked(operation)) > before, within=3)
        # Then its repeat is told so, and the same key with another body is a slip all the same
        repeat = write(till, method, path, body, key)
        assert (repeat.status_code, repeat.json()["code"]) == (409, "request_in_progress")
        assert int(repeat.headers["Retry-After"]) >= 1
        assert write(till, method, path, other, key).json()["code"] == "idempotency_key_reused"
        first = running.result(10)
    assert first.is_success
    assert write(till, method, path, body, key).headers["Idempotent-Replayed"] == "true"
    assert len(asked(operation)) == before + 1


def test_after_a_failure_of_ours_or_vipps_the_same_key_goes_on(till: Till, key: str) -> None:
    # Given a payment whose start Vipps did not answer
    method, path, body, _ = ordering(till)
    till.simulator.add_fault("drop_before", "initiate", times=till.starts)
    failed = write(till, method, path, body, key)
    assert (failed.status_code, failed.json()["code"]) == (503, "vipps_unavailable")
    assert int(failed.headers["Retry-After"]) >= 1

    # Then the same key is not answered with the failure, and leads to a payment
    def paid() -> httpx.Response | None:
        answer = write(till, method, path, body, key)
        assert "Idempotent-Replayed" not in answer.headers
        return answer if answer.is_success else None

    order = till.eventually(paid, within=15).json()
    assert order["payment_link"]
    assert write(till, method, path, body, key).headers["Idempotent-Replayed"] == "true"
