"""Collects one check for each misbehaviour and makes a test of it for every API it applies to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from payments_service.simulator.misbehaviours import CATALOGUE
from tests.simulator.merchants import MERCHANTS

Check = Callable[[Any], Awaitable[None]]


class Checks(dict[str, Check]):
    def shows(self, name: str) -> Callable[[Check], Check]:
        def keep(check: Check) -> Check:
            assert name not in self
            self[name] = check
            return check

        return keep

    def cases(self) -> list[Any]:
        return [pytest.param(name, api, id=f"{name}-{api}") for name in self for api in CATALOGUE[name].apis]


@asynccontextmanager
async def merchant_of(api: str) -> AsyncIterator[Any]:
    shop = MERCHANTS[api].open_shop()
    await shop.sign_in()
    yield MERCHANTS[api](shop)
    await shop.sim.close()
    await shop.http.aclose()
