"""However an address is written, it leads to what it names, past the same question, or nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.access.callers import headers_of
from tests.access.table import CALLERS, Line, read
from tests.access.test_table import answered, routes_of
from tests.access.world import World, filled

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINES = {str(line): line for line in read()}
ORDER = LINES["GET /v1/orders/{order_id} of paid"]
REGISTRATION = LINES["GET /v1/registrations/{registration_id} of paid"]
HISTORY = LINES["GET /v1/orders/{order_id}/history of paid"]


def percent(text: str) -> str:
    return "".join(f"%{ord(character):02x}" for character in text)


async def get(world: World, path: str, caller: str) -> tuple[int, str | None]:
    found = answered(await world.client.get(path, headers=headers_of(caller)))
    return found.status, found.code


@pytest.mark.parametrize("caller", CALLERS)
async def test_an_id_in_percents_is_the_same_id(world: World, caller: str) -> None:
    ids = world.ids["paid"]
    written = {name: percent(value) for name, value in ids.items()}
    for line in (ORDER, REGISTRATION, HISTORY):
        expected = line.expected[caller]
        assert await get(world, filled(line.address, written), caller) == (expected.status, expected.code)


@pytest.mark.parametrize("caller", CALLERS)
async def test_a_slash_in_percents_leads_past_the_same_question(world: World, caller: str) -> None:
    expected = HISTORY.expected[caller]
    path = f"/v1/orders/{world.ids['paid']['order_id']}%2Fhistory"
    assert await get(world, path, caller) in {(expected.status, expected.code), (404, "not_found")}


def spellings(path: str) -> Iterator[str]:
    yield f"{path}/"
    yield f"{path}//"
    yield f"/{path}"
    yield path.replace("/v1/", "/V1/")
    yield path.replace("/v1/", "/v1//")
    yield path.replace("/v1/", "/v1/%2e/")
    yield path.replace("/v1/", "/v1/x/%2e%2e/")
    yield path.replace("/v1/", "/v1;x/")
    yield path.replace("/orders", "/Orders")
    yield f"{path}.json"
    yield f"{path}%20"
    yield f"{path}%2f"
    yield f"{path};admin=true"


async def test_another_spelling_of_a_path_is_no_path(world: World) -> None:
    path = f"/v1/orders/{world.ids['paid']['order_id']}"
    for spelling in spellings(path):
        for method in ("GET", "DELETE"):
            url = f"http://payments.test{spelling}"
            for caller in ("nobody", "member", "service"):
                answer = await world.client.request(method, url, headers=headers_of(caller))
                # what still has the shape of an order's address is the address of no order
                assert answer.status_code in {401, 404, 405}, f"{method} {spelling}"
                assert method == "DELETE" or answer.status_code != 405


MALFORMED = ["x", "0", "null", "%2e%2e", "5B0F0000-0000-4000-8000-000000000000", "{5b0f}", "a" * 300, "'--"]


@pytest.mark.parametrize("order_id", MALFORMED)
async def test_a_malformed_order_id_is_the_id_of_no_order_to_everybody(world: World, order_id: str) -> None:
    unknown = LINES["GET /v1/orders/{order_id} of unknown"]
    for caller in CALLERS:
        expected = unknown.expected[caller]
        path = f"/v1/orders/{order_id}"
        assert await get(world, path, caller) == (expected.status, expected.code), caller


async def test_an_orders_id_in_capitals_is_another_id(world: World) -> None:
    path = f"/v1/orders/{world.ids['paid']['order_id'].upper()}"
    assert await get(world, path, "service") == (404, "order_not_found")


async def test_without_credentials_a_wrong_id_is_no_more_than_no_credentials(world: World) -> None:
    routes = sorted(route for route in routes_of(world) if route[1].startswith("/v1/") and "{" in route[1])
    for method, path in routes:
        wrong = dict.fromkeys(("order_id", "registration_id", "event_id", "user_id", "notice_id"), "%20")
        answer = await world.client.request(method, filled(path, wrong), content=b"{", headers={})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), f"{method} {path}"


SERVICES_ONLY = [
    line for line in LINES.values() if all(line.expected[c].code == "forbidden" for c in CALLERS[3:])
]


@pytest.mark.parametrize("line", [line for line in SERVICES_ONLY if line.body], ids=str)
async def test_who_may_not_is_told_so_before_what_was_sent_is_read(world: World, line: Line) -> None:
    ids = world.ids[line.target]
    for body in (b"", b"{", b'{"price": 1}'):
        answer = await world.client.request(
            line.method, filled(line.address, ids), content=body, headers=headers_of("admin+f")
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
