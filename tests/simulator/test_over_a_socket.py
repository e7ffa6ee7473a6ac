"""Over a real socket: connections that die without an answer, and a shutdown that waits for nobody."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from payments_service.simulator.server import SimulatorServer, greeting, make_server
from payments_service.simulator.simulator import Simulator


@pytest.fixture
async def server() -> AsyncIterator[SimulatorServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = make_server(Simulator(), port=port)
    running = asyncio.create_task(server._serve())  # not serve(): the signals belong to the tests
    while not server.started:  # noqa: ASYNC110 -- the server offers nothing to wait on
        await asyncio.sleep(0.01)
    yield server
    server.should_exit = True
    await running


async def ask(server: SimulatorServer, timeout: float = 1) -> httpx.Response:
    address = f"http://127.0.0.1:{server.config.port}/accesstoken/get"
    unit = server.simulator.config.sales_units[0]
    keys = {"client_id": unit.client_id, "client_secret": unit.client_secret}
    headers = {**keys, "Ocp-Apim-Subscription-Key": unit.subscription_keys[0]}
    async with httpx.AsyncClient(trust_env=False, timeout=timeout) as client:
        return await client.post(address, headers=headers)


async def test_a_dropped_connection_gives_no_answer_at_all(server: SimulatorServer) -> None:
    for kind, issued in (("drop_before", 0), ("drop_after", 1)):
        server.simulator.add_fault(kind, "token")
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await ask(server)
        assert len(server.simulator.tokens.issued) == issued
    assert (await ask(server)).status_code == 200


async def test_vipps_refuses_while_it_is_down(server: SimulatorServer) -> None:
    server.simulator.take_down("vipps", "refuse")
    with pytest.raises(httpx.TransportError):
        await ask(server)
    server.simulator.bring_up()
    assert (await ask(server)).status_code == 200


async def test_a_held_call_ends_when_its_caller_goes(server: SimulatorServer) -> None:
    server.simulator.add_fault("silent", "token")
    with pytest.raises(httpx.ReadTimeout):
        await ask(server, timeout=0.1)
    await asyncio.sleep(0.1)
    assert server.simulator.journal.requests[0].outcome == "silent"


async def test_a_held_call_does_not_delay_the_end(server: SimulatorServer) -> None:
    server.simulator.add_fault("silent", "token")
    call = asyncio.create_task(ask(server, timeout=10))
    await asyncio.sleep(0.1)
    started = time.monotonic()
    server.should_exit = True
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await call
    assert time.monotonic() - started < 1.5


async def test_time_runs_by_itself(server: SimulatorServer) -> None:
    seen: list[str] = []
    server.simulator.checkout.expire_due = lambda: seen.append("tick")  # type: ignore[method-assign]
    server.simulator.config.tick_seconds = 0.01
    await asyncio.sleep(0.4)
    assert len(seen) > 1


def test_the_greeting_names_every_setting_a_service_needs() -> None:
    text = greeting(Simulator().config)
    for name in (
        "VIPPS_API",
        "VIPPS_BASE_URL",
        "VIPPS_CLIENT_SECRET",
        "VIPPS_MERCHANT_SERIAL_NUMBER",
        "EVENT_SERVICE_TOKEN",
    ):
        assert f"{name}=" in text
    assert "VIPPS_API=epayment" in text
    assert "/control/webhooks" in text
