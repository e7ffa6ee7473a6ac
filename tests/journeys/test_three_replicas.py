"""Three replicas on one database: one truth, and nobody's work twice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from payments_service.domain.orders import VippsApi
from tests.journeys.pace import CLOSED_WITHIN, DUE_WITHIN, SEEN_WITHIN
from tests.journeys.stack import Stack
from tests.postgres import Server, fresh_database

CAPACITY = 100
DUE_IN = 6.0


@pytest.fixture(scope="module")
def three_replicas(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory, vipps_api: VippsApi
) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("three")
    with fresh_database(postgres_server) as url, Stack(url, folder, vipps_api=vipps_api) as stack:
        for service in [stack.start_service(wait=False) for _ in range(3)]:
            service.wait_until_ready()
        yield stack


@pytest.fixture
def stack(three_replicas: Stack) -> Iterator[Stack]:
    three_replicas.begin()
    yield three_replicas
    three_replicas.end()


def test_forty_seats_due_at_once_are_each_decided_once(stack: Stack) -> None:
    # Given forty seats that fall due in the same second: unpaid, paid, and in an open checkout
    event_id = stack.event(capacity=CAPACITY)
    members = [stack.sign_up(event_id) for _ in range(40)]
    unpaid, payers, undecided = members[:14], members[14:28], members[28:]
    deadline = datetime.now(UTC).timestamp() + DUE_IN
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda m: stack.register(m, due_in=deadline - datetime.now(UTC).timestamp()), members))
        paid = list(pool.map(stack.starts_paying, payers))
        opened = list(pool.map(stack.starts_paying, undecided))
    # And half of the payers' callbacks are lost
    for order_id in paid[::2]:
        stack.simulator.add_fault("lost", "callback", order_id=order_id)
    for order_id in paid:
        stack.approve(order_id)
    assert datetime.now(UTC).timestamp() < deadline, "the machine is too slow for this journey"
    # Then every unpaid seat goes once, in time, and no payer's does
    left = deadline - datetime.now(UTC).timestamp()
    stack.eventually(lambda: not any(stack.has_seat(m) for m in unpaid), within=left + DUE_WITHIN)
    stack.eventually(lambda: not any(stack.has_seat(m) for m in undecided), within=CLOSED_WITHIN)
    for member in unpaid + undecided:
        assert [release.status for release in stack.releases(member)] == [200]
        stack.becomes(member, "expired", within=3)
    for member, order_id in zip(payers, paid, strict=True):
        assert stack.has_seat(member)
        assert stack.releases(member) == []
        stack.is_captured(order_id, within=SEEN_WITHIN)
        assert stack.has_status(member, "paid")
    assert all(stack.payment(order_id).ended == "timed_out" for order_id in opened)


def test_twenty_requests_over_three_replicas_make_one_payment(stack: Stack) -> None:
    member = stack.joins()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: stack.pay(member, stack.services[n % 3]), range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["payment_link"] for answer in answers}) == 1
    whose = [
        p.order_id for p in list(stack.simulator.ledger.payments.values()) if p.user_id == member.user_id
    ]
    assert whose == [answers[0].json()["order_id"]]


def test_a_replica_told_to_stop_answers_what_it_has_begun(own_stack: Stack) -> None:
    # Given a request that is waiting for Vipps
    stack = own_stack
    service = stack.start_service()
    member = stack.joins()
    stack.simulator.add_fault("delay", "initiate", seconds=1)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(stack.pay, member, service)
        stack.eventually(lambda: stack.simulator.journal.requests_for("initiate"), within=5)
        # When the replica is told to stop
        service.kill(signal.SIGTERM)
        # Then the request gets its answer, and the process ends well
        assert asking.result().status_code == 201
    assert service.ends(within=25) == 0
