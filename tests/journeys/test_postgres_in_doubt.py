"""PostgreSQL is out of reach, or gone in the middle of a COMMIT."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from payments_service.domain.orders import VippsApi
from tests.journeys.pace import LONG_CHECKOUT_SECONDS, MORTAL, TAKEN_OVER_WITHIN
from tests.journeys.postgres_proxy import PostgresProxy
from tests.journeys.stack import Stack


@pytest.fixture
def stack(database_url: str, tmp_path: Path, vipps_api: VippsApi) -> Iterator[Stack]:
    """Without any replica yet; the service may complain."""
    with Stack(database_url, tmp_path, vipps_api=vipps_api, checkout_seconds=LONG_CHECKOUT_SECONDS) as stack:
        stack.watch.may_complain = True
        yield stack
        stack.end()


@pytest.fixture
def proxy(stack: Stack) -> Iterator[PostgresProxy]:
    proxy = PostgresProxy(stack.neighbours, stack.database_url)
    yield proxy
    proxy.close()


def test_nothing_is_sent_or_acknowledged_that_is_not_written_down(stack: Stack, proxy: PostgresProxy) -> None:
    # Given one member in the checkout and another about to ask for it, when PostgreSQL falls silent
    victim = stack.start_service(MORTAL, DATABASE_URL=proxy.start())
    payer, other = stack.joins(), stack.joins()
    order_id = stack.starts_paying(payer)
    stack.neighbours.do(proxy.hold)

    def ask() -> None:
        with suppress(httpx.TransportError):
            stack.pay(other, victim)

    asking = threading.Thread(target=ask)
    asking.start()
    stack.neighbours.config.callback_patience_seconds = 1
    stack.neighbours.config.webhook_patience_seconds = 1
    # Then a callback gets no 200, and Vipps is not asked to start anything
    stack.approve(order_id)
    assert stack.simulator.journal.deliveries_of(order_id)[0].http_status != 200
    assert len(stack.simulator.journal.requests_for("initiate")) == 1
    assert stack.calls("capture", order_id) == 0
    # And when the process is killed and another starts, nothing is lost
    victim.kill()
    asking.join()
    stack.start_service(MORTAL)
    assert stack.service.post(f"/v1/orders/{order_id}/sync").json()["is_paid"] is True
    stack.is_captured(order_id, within=5)
    stack.approve(stack.starts_paying(other))
    stack.becomes(other, "paid", within=3)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_that_was_cut_is_found_as_it_ended(stack: Stack, proxy: PostgresProxy, when: str) -> None:
    # Given a payment that Vipps has started, and a connection that breaks as its link is written down
    stack.start_service(MORTAL, DATABASE_URL=proxy.start())
    member = stack.joins()
    stack.neighbours.after("initiate", lambda _: proxy.cut_at_commit_of("order_started", when))
    cut = stack.pay(member)
    assert cut.status_code == 503, cut.text
    (first,) = stack.registration(member)["orders"]

    # Then the member gets the same link when it was written, or can be had again; and a new one otherwise
    def again() -> str | None:
        answer = stack.pay(member)
        assert answer.status_code in (200, 201, 409, 503), answer.text
        time.sleep(0.2)
        return str(answer.json()["order_id"]) if answer.is_success else None

    order_id = stack.eventually(again, within=TAKEN_OVER_WITHIN + 5)
    is_the_same = when == "after" or stack.vipps_api == "epayment"
    assert (order_id == first["order_id"]) is is_the_same
    stack.approve(order_id)
    stack.is_captured(order_id, within=5)
    assert stack.has_status(member, "paid")
