"""Words in a token that look like more than they are: a member's name or groups are never a service's or an event's."""

from __future__ import annotations

from typing import Any

import pytest

from payments_service.demo.environment import SERVICE_KEY
from tests.access.callers import GROUP, MEMBER, bearer, headers_of, token
from tests.access.table import Line, read
from tests.access.test_table import answered, routes_of
from tests.access.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINES = read()
#: Each is answered what a member who organises nothing is answered.
IMPOSTORS: dict[str, dict[str, Any]] = {
    "a member called as the group": {"sub": GROUP, "finance": True},
    "a member called as the service": {"sub": "backend", "finance": True},
    "a member called as a service's identity": {"sub": "service:backend", "groups": ["service", "backend"]},
    "groups that are almost the group": {
        "sub": "nesten",
        "groups": [
            "",
            " ",
            "Sosialen",
            "SOSIALEN",
            "sosialen ",
            " sosialen",
            "sosiale",
            "sosialen2",
            "*",
            "%",
        ],
        "finance": True,
    },
    "groups that look like nothing": {
        "sub": "ingen",
        "groups": ["", "null", "None", "undefined"],
        "finance": True,
    },
    "groups that look like rights": {
        "sub": "rett",
        "groups": ["admin", "service", "finance"],
        "finance": True,
    },
    "rights that nobody has heard of": {
        "sub": "rolle",
        "roles": ["admin"],
        "is_admin": True,
        "is_superuser": True,
        "scope": "admin finance service",
        "kind": "service",
        "finance": True,
    },
    "an id that is almost the member's": {"sub": f"{MEMBER}.", "finance": True},
    "an id in capitals": {"sub": MEMBER.upper(), "finance": True},
}


@pytest.mark.parametrize("name", IMPOSTORS)
async def test_an_impostor_is_answered_as_any_other_member(world: World, name: str) -> None:
    credentials = bearer(token(**IMPOSTORS[name]))
    for line in LINES:
        # the settled one is the other member's own
        if line.target == "settled" or line.route not in routes_of(world):
            continue
        answer = await world.ask(line, "other", headers=credentials)
        assert answered(answer) == line.expected["other"], str(line)
    await world.put_back()


async def test_an_event_with_no_organizer_is_nobodys_whatever_is_in_a_token(world: World) -> None:
    registration: Line = next(x for x in LINES if str(x) == "GET /v1/registrations/{registration_id} of paid")
    events: Line = next(x for x in LINES if str(x) == "GET /v1/registrations?event_id={event_id} of paid")
    everything = bearer(token(sub="alle", groups=["", "null", "None", GROUP], finance=True))
    for nothing in ("NULL", "''"):
        await world.database.execute(f"UPDATE paid_events SET organizer = {nothing}")  # noqa: S608
        assert (
            answered(await world.ask(registration, "other", headers=everything)).code
            == "registration_not_found"
        )
        assert answered(await world.ask(events, "other", headers=everything)).code == "forbidden"
    await world.put_back()


async def test_an_event_is_not_given_an_empty_organizer(world: World) -> None:
    body = {"price": "250.00", "paytime": "01:00:00", "organizer": ""}
    answer = await world.client.put("/v1/paid-events/julebord", json=body, headers=headers_of("service"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.organizer")


async def test_a_member_called_as_the_service_gets_none_of_its_kept_answers(world: World) -> None:
    path = f"/v1/orders/{world.ids['paid']['order_id']}/sync"
    key = {"Idempotency-Key": "the-same"}
    first = await world.client.post(path, headers=bearer(SERVICE_KEY) | key)
    assert first.status_code == 200
    for sub in ("backend", "service:backend"):
        answer = await world.client.post(path, headers=bearer(token(sub=sub)) | key)
        assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
        assert "idempotent-replayed" not in answer.headers
    await world.put_back()


async def test_two_credentials_are_none_also_with_an_idempotency_key(world: World) -> None:
    path = f"/v1/orders/{world.ids['paid']['order_id']}/sync"
    key = ("Idempotency-Key", "twice")
    good, bad = ("Authorization", f"Bearer {SERVICE_KEY}"), ("Authorization", "Bearer x")
    for kept in (False, True):
        for headers in ([good, bad, key], [bad, good, key], [good, good, key]):
            answer = await world.client.post(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), kept
        # nor does the refusal stay behind for the one with the good credentials
        answer = await world.client.post(path, headers=[good, key])
        assert answer.status_code == 200
        assert ("idempotent-replayed" in answer.headers) == kept
    await world.put_back()


async def test_who_calls_is_answered_before_how_a_key_is_written(world: World) -> None:
    path = f"/v1/orders/{world.ids['paid']['order_id']}/sync"
    for caller, status in (("nobody", 401), ("junk", 401), ("service", 422)):
        answer = await world.client.post(path, headers=headers_of(caller) | {"Idempotency-Key": "\t" * 3})
        assert answer.status_code == status
