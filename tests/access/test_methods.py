"""What a route does not offer is 405 for everybody, credentials or not; nobody changes or deletes an order."""

from __future__ import annotations

import pytest

from tests.access.callers import headers_of
from tests.access.table import CALLERS
from tests.access.test_table import routes_of
from tests.access.world import World, filled

pytestmark = pytest.mark.asyncio(loop_scope="module")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("target", ["paid", "open", "unknown"])
async def test_nobody_changes_or_deletes_an_order(world: World, method: str, target: str) -> None:
    before, calls = await world.contents(), world.neighbours.calls
    path = f"/v1/orders/{world.ids[target]['order_id']}"
    answers = set()
    for caller in CALLERS:
        for more in ({}, {"Idempotency-Key": f"{method}-{target}"}):
            answer = await world.client.request(
                method, path, headers=headers_of(caller) | more, json={"status": "SALE"}
            )
            assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed"), caller
            assert answer.headers["allow"] == "GET"
            answers.add(answer.content)
    assert len(answers) == 1
    after = await world.contents()
    await world.put_back()
    # an answer to an authenticated caller's key is kept, as any other
    assert {**after, "idempotency_keys": ""} == {**before, "idempotency_keys": ""}
    assert world.neighbours.calls == calls


@pytest.mark.parametrize("caller", ["nobody", "junk", "member", "service"])
async def test_a_method_that_is_not_offered_says_which_are(world: World, caller: str) -> None:
    offered: dict[str, set[str]] = {}
    for method, path in routes_of(world):
        offered.setdefault(path, set()).add(method)
    for path, known in offered.items():
        for method in set(METHODS) - known:
            answer = await world.client.request(
                method, filled(path, world.ids["paid"]), headers=headers_of(caller)
            )
            assert answer.status_code == 405, f"{method} {path}"
            assert method == "HEAD" or answer.json()["code"] == "method_not_allowed", f"{method} {path}"
            assert set(answer.headers["allow"].split(", ")) == known, f"{method} {path}"


async def test_no_browser_is_invited(world: World) -> None:
    """No CORS, no cookie, nothing kept: whoever calls has its credentials in a header."""
    asks = {"Origin": "https://evil.test", "Access-Control-Request-Method": "POST", "Cookie": "session=1"}
    for method, path in sorted(routes_of(world)):
        for sent in (method, "OPTIONS"):
            for caller in ("nobody", "service"):
                answer = await world.client.request(
                    sent, filled(path, world.ids["unknown"]), headers=headers_of(caller) | asks
                )
                allowing = [name for name in answer.headers if name.startswith("access-control-")]
                assert allowing == [], f"{sent} {path}"
                assert "set-cookie" not in answer.headers
                assert answer.headers["cache-control"] == "no-store"
                assert answer.headers["x-content-type-options"] == "nosniff"
    await world.put_back()
