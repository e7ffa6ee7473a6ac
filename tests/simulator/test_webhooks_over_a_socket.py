"""Webhooks over real sockets: from the registration to what a receiver reads from the wire."""

import asyncio
import base64
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from payments_service.simulator.server import SimulatorServer, make_server
from payments_service.simulator.simulator import Simulator
from tests.simulator.epay import REF, EpayShop


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Receiver:
    """Reads one request from each connection and answers it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.requests: list[tuple[bytes, dict[str, str], bytes]] = []
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._read, "127.0.0.1", self.port)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.requests.append((first.encode(), headers, body))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    yield receiver
    await receiver.close()


@pytest.fixture
async def server() -> AsyncIterator[SimulatorServer]:
    server = make_server(Simulator(), port=free_port())
    server.simulator.config.tick_seconds = 0.02
    running = asyncio.create_task(server._serve())  # not serve(): the signals belong to the tests
    while not server.started:  # noqa: ASYNC110 -- the server offers nothing to wait on
        await asyncio.sleep(0.01)
    yield server
    server.should_exit = True
    await running


@pytest.fixture
async def shop(server: SimulatorServer) -> AsyncIterator[EpayShop]:
    """A merchant for whom Vipps is on the network."""
    shop = EpayShop()
    await shop.http.aclose()
    shop.sim, shop.unit = server.simulator, server.simulator.config.sales_units[0]
    origin = f"http://127.0.0.1:{server.config.port}"
    shop.http = httpx.AsyncClient(base_url=origin, trust_env=False)
    await shop.sign_in()
    yield shop
    await shop.http.aclose()


async def register(shop: EpayShop, receiver: Receiver) -> str:
    wanted = {
        "url": f"http://127.0.0.1:{receiver.port}/hooks/vipps?shop=1",
        "events": ["epayments.payment.authorized.v1"],
    }
    answer = await shop.http.post("/webhooks/v1/webhooks", json=wanted, headers=shop.headers())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["secret"])


async def test_what_arrives_is_what_was_signed(shop: EpayShop, receiver: Receiver) -> None:
    await receiver.open()
    secret = await register(shop, receiver)
    assert (await shop.create()).status_code == 201
    await shop.sim.member.approve(REF)
    [(first, headers, body)] = receiver.requests
    assert first == b"POST /hooks/vipps?shop=1 HTTP/1.1"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    content = base64.b64encode(hashlib.sha256(body).digest()).decode()
    signed = f"POST\n/hooks/vipps?shop=1\n{headers['x-ms-date']};{headers['host']};{content}"
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    assert headers["authorization"].endswith(f"Signature={base64.b64encode(digest).decode()}")
    assert headers["x-ms-content-sha256"] == content


async def test_a_receiver_that_was_away_gets_it_when_it_is_back(shop: EpayShop, receiver: Receiver) -> None:
    shop.sim.config.webhook_retry_seconds = (0.05,)
    await register(shop, receiver)
    await shop.create()
    await shop.sim.member.approve(REF)
    [first] = shop.sim.journal.deliveries_of(REF)
    assert first.outcome.startswith("unreachable")
    await receiver.open()
    async with asyncio.timeout(5):
        while not receiver.requests:  # noqa: ASYNC110 -- the receiver offers nothing to wait on
            await asyncio.sleep(0.02)
    assert receiver.requests[0][2] == first.body.encode()
