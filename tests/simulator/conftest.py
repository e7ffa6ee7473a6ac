"""A shop that is signed in at a simulator of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.simulator.epay import REF, EpayShop
from tests.simulator.shop import Shop


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    await shop.sign_in()
    yield shop
    await shop.sim.close()
    await shop.http.aclose()


@pytest.fixture
async def reserved(shop: Shop) -> Shop:
    await shop.initiate()
    await shop.sim.member.approve("order-1")
    return shop


@pytest.fixture
async def epay() -> AsyncIterator[EpayShop]:
    shop = EpayShop()
    await shop.sign_in()
    yield shop
    await shop.sim.close()
    await shop.http.aclose()


@pytest.fixture
async def authorised(epay: EpayShop) -> EpayShop:
    await epay.create()
    await epay.sim.member.approve(REF)
    return epay
