"""The event backend: seats, waiting list, pages, tokens, and the oracle that judges releases."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.simulator.shop import Shop

TOKEN = {"Authorization": "Bearer simulated-backend-token"}


def seat(user_id: str = "ola") -> str:
    return f"/backend/events/1/registrations/{user_id}/"


async def call(shop: Shop, method: str, path: str, **how: Any) -> httpx.Response:
    headers = {**TOKEN, **how.pop("headers", {})}
    return await shop.http.request(method, path, headers=headers, **how)


@pytest.fixture
def party(shop: Shop) -> Shop:
    """One seat, and two who want it."""
    shop.sim.backend.create_event(1, capacity=1)
    for user_id in ("ola", "kari"):
        shop.sim.backend.sign_up(1, user_id)
    return shop


async def test_a_registration_is_read(party: Shop) -> None:
    body = (await call(party, "GET", seat())).json()
    assert body["registration_id"] == 77
    assert body["is_on_wait"] is False
    assert body["payment_expiredate"] is None
    assert body["user_info"]["user_id"] == "ola"
    assert (await call(party, "GET", seat("kari"))).json()["is_on_wait"] is True
    assert (await call(party, "GET", seat("nobody"))).status_code == 404


async def test_the_token_is_checked_in_the_header_that_was_agreed(party: Shop) -> None:
    assert (await party.http.get(seat())).status_code == 403
    party.sim.config.backend_token_header = "X-CSRF-Token"
    assert (await call(party, "GET", seat())).status_code == 403
    bare = {"X-CSRF-Token": "simulated-backend-token"}
    assert (await party.http.get(seat(), headers=bare)).status_code == 200


async def test_a_path_without_its_slash_is_not_found(party: Shop) -> None:
    assert (await call(party, "GET", seat().rstrip("/"))).status_code == 404


async def test_a_release_frees_the_seat_for_the_first_who_waits(party: Shop) -> None:
    headers = {"Idempotency-Key": "release-77", "X-Request-Id": "r1"}
    assert (await call(party, "DELETE", seat(), headers=headers)).status_code == 200
    assert (await call(party, "GET", seat())).status_code == 404
    assert (await call(party, "GET", seat("kari"))).json()["is_on_wait"] is False
    assert (await call(party, "DELETE", seat())).status_code == 404
    first = party.sim.journal.backend_calls[0]
    assert (first.operation, first.registration_id, first.idempotency_key, first.request_id) == (
        "release",
        77,
        "release-77",
        "r1",
    )


async def test_the_waiting_list_takes_a_released_member_at_its_back(party: Shop) -> None:
    party.sim.backend.sign_up(1, "per")
    answer = await call(party, "PUT", seat(), json={"is_on_wait": True})
    assert (answer.status_code, answer.json()["is_on_wait"]) == (200, True)
    event = party.sim.backend.events["1"]
    assert [r.user_id for r in event.seated] == ["kari"]
    assert [r.user_id for r in event.waiting] == ["per", "ola"]
    assert answer.json()["registration_id"] == 77


async def test_whoever_lost_a_seat_does_not_get_it_straight_back(shop: Shop) -> None:
    shop.sim.backend.create_event(1, capacity=1)
    shop.sim.backend.sign_up(1, "ola")
    await call(shop, "PUT", seat(), json={"is_on_wait": True})
    assert shop.sim.backend.get(1, "ola").is_on_wait


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"is_on_wait": "yes"}'])
async def test_a_move_needs_a_boolean(party: Shop, content: bytes) -> None:
    assert (await call(party, "PUT", seat(), content=content)).status_code == 400


async def test_signing_up_again_makes_a_new_registration(party: Shop) -> None:
    party.sim.backend.sign_off(1, "ola")
    assert party.sim.backend.sign_up(1, "ola").registration_id == 79
    with pytest.raises(ValueError, match="already"):
        party.sim.backend.sign_up(1, "ola")


async def test_pages_of_25(shop: Shop) -> None:
    shop.sim.backend.create_event(1, capacity=100)
    for number in range(26):
        shop.sim.backend.sign_up(1, f"user-{number}")
    path = "/backend/events/1/registrations/"
    first = (await call(shop, "GET", path)).json()
    second = (await call(shop, "GET", path, params={"page": 2})).json()
    assert (first["count"], first["next"], first["previous"], len(first["results"])) == (26, 2, None, 25)
    assert (second["next"], second["previous"], len(second["results"])) == (None, 1, 1)
    assert (await call(shop, "GET", path, params={"page": 3})).status_code == 404
    assert (await call(shop, "GET", "/backend/events/2/registrations/")).status_code == 404


async def test_deadlines_are_the_backends_own(party: Shop) -> None:
    party.sim.backend.set_payment_expiredate(1, "ola", datetime(2026, 12, 1, 12, tzinfo=UTC))
    shown = (await call(party, "GET", seat())).json()["payment_expiredate"]
    assert shown == "2026-12-01T12:00:00.000Z"
    party.sim.backend.create_event(2, paytime_seconds=60)
    assert party.sim.backend.sign_up(2, "ola").payment_expiredate is not None


@pytest.mark.parametrize(
    ("operation", "method"),
    [("backend.read", "GET"), ("backend.release", "DELETE"), ("backend.waitlist", "PUT")],
)
async def test_faults_reach_the_backend_too(party: Shop, operation: str, method: str) -> None:
    party.sim.add_fault("error", operation, status=502, shape="html", user_id="ola")
    body = {"is_on_wait": True}
    assert (await call(party, method, seat("kari"), json=body)).status_code == 200
    assert (await call(party, method, seat(), json=body)).status_code == 502
    assert (await call(party, method, seat(), json=body)).status_code == 200


async def test_a_release_may_happen_without_an_answer(party: Shop) -> None:
    party.sim.add_fault("drop_after", "backend.release")
    with pytest.raises(httpx.RemoteProtocolError):
        await call(party, "DELETE", seat())
    assert party.sim.backend.events["1"].find("ola") is None


async def test_the_backend_goes_down_alone(party: Shop) -> None:
    party.sim.take_down("backend", "500")
    assert (await call(party, "GET", seat())).status_code == 500
    assert (await party.initiate()).status_code == 200


class TestOracle:
    async def judge(self, party: Shop, method: str = "DELETE") -> list[str]:
        party.sim.assign("order-1", 1, "ola")
        await call(party, method, seat(), json={"is_on_wait": True})
        return [violation.finding for violation in party.sim.oracle.violations]

    async def test_money_held(self, party: Shop) -> None:
        await party.initiate()
        await party.sim.member.approve("order-1")
        assert await self.judge(party) == ["held"]

    async def test_money_captured(self, party: Shop) -> None:
        await party.initiate()
        await party.sim.member.approve("order-1")
        await party.modify("capture")
        assert await self.judge(party, "PUT") == ["captured"]

    async def test_a_checkout_still_open(self, party: Shop) -> None:
        await party.initiate()
        assert await self.judge(party) == ["open"]

    async def test_a_clean_release(self, party: Shop) -> None:
        await party.initiate()
        party.sim.clock.advance(301)
        assert await self.judge(party) == []
        assert [j.finding for j in party.sim.oracle.judgements] == ["clean"]

    async def test_money_that_went_back(self, party: Shop) -> None:
        await party.initiate()
        await party.sim.member.approve("order-1")
        await party.modify("capture")
        await party.modify("refund")
        assert await self.judge(party) == []

    async def test_a_seat_no_order_is_tied_to(self, party: Shop) -> None:
        await call(party, "DELETE", seat())
        assert [j.finding for j in party.sim.oracle.judgements] == ["unknown"]
        assert party.sim.oracle.judgements[0].seq == party.sim.journal.requests_for("backend.release")[0].seq

    async def test_the_decision_counts_even_when_the_call_is_lost(self, party: Shop) -> None:
        await party.initiate()
        party.sim.add_fault("error", "backend.release")
        assert await self.judge(party) == ["open"]
        assert party.sim.backend.events["1"].find("ola") is not None

    async def test_what_takes_no_seat_is_not_judged(self, party: Shop) -> None:
        await call(party, "PUT", seat(), json={"is_on_wait": False})
        await call(party, "PUT", seat(), content=b"{")
        await call(party, "DELETE", seat("kari"))
        await call(party, "DELETE", seat("nobody"))
        assert party.sim.oracle.judgements == []
