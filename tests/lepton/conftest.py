"""The use cases' world and a stack of its own, for orders that come from Lepton, which spoke eCom."""

from __future__ import annotations

import pytest

from payments_service.domain.orders import VippsApi
from tests.journeys.conftest import own_stack
from tests.use_cases.conftest import seated, shared_url, world
from tests.vipps.conftest import ecom, sim, transport

__all__ = ["ecom", "own_stack", "seated", "shared_url", "sim", "transport", "world"]


@pytest.fixture(scope="session")
def vipps_api() -> VippsApi:
    return "ecom"
