"""PostgreSQL restarts under a stream of callbacks: the service lives, is soon ready again, and keeps its word."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from payments_service.embedded_postgres import EmbeddedPostgres
from payments_service.vipps import callback_token
from tests.money.database import rows
from tests.money.test_stray_money import CALLBACK_SECRET, MSN
from tests.money.till import Till
from tests.money.wire import Wire
from tests.postgres import SETTINGS, in_a_thread, migrate

READY_WITHIN = 5.0
ORDERS = 5


class Stream:
    """Callbacks about some orders, each a little different, as fast as they are answered."""

    def __init__(self, url: str, order_ids: list[str]) -> None:
        self._client = httpx.Client(base_url=url, timeout=5, trust_env=False)
        self._order_ids = order_ids
        self.acknowledged: set[bytes] = set()
        self.refused = 0

    def send(self, number: int) -> None:
        order_id = self._order_ids[number % len(self._order_ids)]
        body = f'{{"orderId": "{order_id}", "number": {number}}}'.encode()
        token = callback_token.make(CALLBACK_SECRET, MSN, order_id)
        headers = {"Authorization": token, "Content-Type": "application/json"}
        try:
            answer = self._client.post(f"/vipps/v2/payments/{order_id}", content=body, headers=headers)
        except httpx.TransportError:
            self.refused += 1
            return
        if answer.status_code == 200:
            self.acknowledged.add(hashlib.sha256(order_id.encode() + b"\n" + body).digest())
        else:
            assert answer.status_code == 503, answer.text
            self.refused += 1

    def close(self) -> None:
        self._client.close()


@contextmanager
def flowing(stream: Stream) -> Iterator[None]:
    is_over = threading.Event()

    def flow() -> None:
        number = 0
        while not is_over.wait(0.01):
            stream.send(number)
            number += 1

    thread = threading.Thread(target=flow)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(15)
        stream.close()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server of the journey's own; it keeps its data when it is stopped."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres") / "data", durable=False, settings=SETTINGS)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.home, ignore_errors=True)  # as root it may lie outside of what pytest clears away


def test_no_acknowledged_callback_is_lost_when_postgres_restarts(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    # Given members in the checkout, and callbacks that stream in
    url = server.create_database("payments")
    in_a_thread(lambda: migrate(url))
    with Till(url, tmp_path, vipps_api="ecom") as till:
        till.watch.may_complain = True
        wire = Wire(till.neighbours, url)
        service = till.start_service(DATABASE_URL=wire.start())
        sales = [till.in_checkout() for _ in range(ORDERS)]
        stream = Stream(service.url, [sale.order_id for sale in sales])
        with flowing(stream):
            time.sleep(0.5)
            before = len(stream.acknowledged)
            # When PostgreSQL stops and comes back
            server.stop()
            till.eventually(lambda: service.get("/health/ready").status_code == 503, within=5)
            until = time.monotonic() + 1
            while time.monotonic() < until:
                assert service.get("/health/live").status_code == 200
                time.sleep(0.05)
            wire.port = server.start().port or 0
            # Then the service is soon ready, and takes callbacks
            till.eventually(lambda: service.get("/health/ready").status_code == 200, within=READY_WITHIN)
            assert service.get("/health/live").status_code == 200
            back = len(stream.acknowledged)
            till.eventually(lambda: len(stream.acknowledged) > back + 10, within=3)
        # And every callback that got its 200 is kept
        till.database_url = server.url("payments")
        kept = {row["fingerprint"] for row in rows(till.database_url, "SELECT fingerprint FROM deliveries")}
        assert before > 0
        assert stream.refused > 0
        assert stream.acknowledged <= kept
        # And work goes on
        for sale in sales:
            till.approve(sale.order_id)
            till.order_becomes(sale, "CAPTURE", within=10)
        till.end()
        assert till.check() == (0, [])
        service.close()
        wire.close()
