"""The real client, once against the simulator and once against answers made by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from payments_service.simulator.in_process import InProcessTransport
from payments_service.simulator.simulator import Simulator
from payments_service.vipps.ecom import EcomApi
from payments_service.vipps.epayment import EpaymentApi
from payments_service.vipps.port import PaymentApi
from payments_service.vipps.transport import VippsTransport
from tests.vipps.played import KEYS, Played


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    simulator = Simulator()
    yield simulator
    await simulator.close()


@pytest.fixture
async def transport(sim: Simulator) -> AsyncIterator[VippsTransport]:
    unit = sim.config.sales_units[0]
    transport = VippsTransport(
        base_url="http://simulator.test",
        client_id=unit.client_id,
        client_secret=unit.client_secret,
        subscription_key=unit.subscription_keys[0],
        merchant_serial_number=unit.merchant_serial_number,
        transport=InProcessTransport(sim.app),
    )
    yield transport
    await transport.aclose()


@pytest.fixture
def ecom(transport: VippsTransport) -> EcomApi:
    """With ePayment behind it for closing checkouts, as the service has it."""
    return EcomApi(
        transport=transport,
        callback_prefix="https://shop.test/vipps",
        callback_secret="a secret for callbacks",
        closing=EpaymentApi(transport=transport),
    )


@pytest.fixture
def epayment(transport: VippsTransport) -> EpaymentApi:
    return EpaymentApi(transport=transport)


@pytest.fixture(params=["ecom", "epayment"])
def api(request: pytest.FixtureRequest, ecom: EcomApi, epayment: EpaymentApi) -> PaymentApi:
    """Either of the two, each test with both."""
    apis: dict[str, PaymentApi] = {"ecom": ecom, "epayment": epayment}
    return apis[request.param]


@pytest.fixture
async def played(request: pytest.FixtureRequest) -> AsyncIterator[Played]:
    """Plays eCom, unless a test asks for the other API."""
    played = Played(getattr(request, "param", "ecom"))
    yield played
    await played.transport.aclose()


@pytest.fixture
def keys() -> dict[str, str]:
    return KEYS
