"""A list shows what its caller may see one by one, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.callers import MEMBER, headers_of
from tests.access.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def items(world: World, path: str, caller: str) -> list[dict[str, Any]]:
    answer = await world.client.get(path, headers=headers_of(caller))
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_services_and_admins_see_everything(world: World) -> None:
    for caller in ("service", "admin"):
        registrations = await items(world, "/v1/registrations", caller)
        assert {r["registration_id"] for r in registrations} == {
            "r-paid", "r-open", "r-free", "r-gone", "r-erased", "r-kari",
        }  # fmt: skip
        orders = await items(world, "/v1/orders", caller)
        assert {o["order_id"] for o in orders} == {
            world.ids[name]["order_id"] for name in ("paid", "open", "eventless", "erased")
        }


async def test_an_organiser_sees_the_registrations_of_the_event_that_was_named(world: World) -> None:
    found = await items(world, "/v1/registrations?event_id=julebord", "organiser")
    assert {r["registration_id"] for r in found} == {"r-paid", "r-erased"}
    assert {r["event_id"] for r in found} == {"julebord"}


async def test_a_cursor_of_somebody_elses_list_opens_nothing_more(world: World) -> None:
    answer = await world.client.get("/v1/registrations?limit=1", headers=headers_of("service"))
    cursor = answer.json()["next_cursor"]
    while cursor:
        for caller in ("organiser", "organiser+f", "member"):
            refused = await world.client.get(f"/v1/registrations?cursor={cursor}", headers=headers_of(caller))
            assert refused.status_code == 403
        mine = await world.client.get(
            f"/v1/registrations?event_id=julebord&cursor={cursor}", headers=headers_of("organiser")
        )
        assert {r["event_id"] for r in mine.json()["items"]} <= {"julebord"}
        answer = await world.client.get(
            f"/v1/registrations?limit=1&cursor={cursor}", headers=headers_of("service")
        )
        cursor = answer.json()["next_cursor"]


async def test_a_registration_shows_its_member_no_order_of_somebody_else(world: World) -> None:
    answer = await world.client.get("/v1/registrations/r-paid", headers=headers_of("member"))
    assert {order["user_id"] for order in answer.json()["orders"]} == {MEMBER}
