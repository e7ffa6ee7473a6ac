"""Scripted scenarios: they wait for what their file says, do it once, and explain themselves when they are bad."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from payments_service.simulator.scenarios import FOLDER, BadScenario, load, read_toml, shipped
from tests.simulator.merchants import ORDER, OTHER
from tests.simulator.misbehaviour_checks import merchant_of

Story = Callable[[Any], Awaitable[None]]


@pytest.fixture
async def m() -> AsyncIterator[Any]:
    async with merchant_of("ecom") as merchant:
        yield merchant


async def play(m: Any, text: str) -> None:
    headers = {"Content-Type": "application/toml"}
    answer = await m.shop.http.post("/control/scenario", content=text.encode(), headers=headers)
    assert answer.status_code == 201, answer.text


async def progress(m: Any) -> Any:
    return (await m.control("scenario", method="GET")).json()


async def states(m: Any) -> list[str]:
    return [step["state"] for step in (await progress(m))["steps"]]


async def lost_callback(m: Any) -> None:
    await m.start()
    await m.pass_time(20)
    assert m.outcome_letters() == []
    assert (await m.money())[0] == 25000


async def pays_after_deadline(m: Any) -> None:
    await m.start()
    await m.pass_time(554)
    assert (await m.money())[0] == 0
    await m.pass_time(2)
    assert (await m.money())[0] == 25000
    assert len(m.paid_letters()) == 1


async def vipps_silent_at_deadline(m: Any) -> None:
    await m.start()
    await m.pass_time(61)
    assert m.sim.down.keys() == {"vipps"}
    await m.pass_time(900)
    assert m.outcome_letters() == []
    assert (await m.money())[0] == 25000


async def first_card_refused(m: Any) -> None:
    await m.start()
    await m.pass_time(20)
    assert [letter.says for letter in m.outcome_letters()] == ["failed"]
    await m.pass_time(30)
    assert [letter.says for letter in m.outcome_letters()] == ["failed", "paid"]


async def pays_twice(m: Any) -> None:
    await m.start()
    await m.call("cancel")
    await m.start(OTHER)
    await m.pass_time(10)
    assert (await m.money())[0] == (await m.money(OTHER))[0] == 25000


async def portal_refund(m: Any) -> None:
    await m.start()
    await m.pass_time(20)
    await m.call("capture")
    assert (await m.money())[2] == 0
    await m.pass_time(60)
    assert (await m.money())[2] == 25000


STORIES: dict[str, Story] = {
    story.__name__: story
    for story in (
        lost_callback, pays_after_deadline, vipps_silent_at_deadline, first_card_refused, pays_twice,
        portal_refund,
    )
}  # fmt: skip


def test_every_shipped_scenario_has_a_story() -> None:
    assert shipped() == sorted(STORIES)


@pytest.mark.parametrize("api", ["ecom", "epayment"])
@pytest.mark.parametrize("name", STORIES)
async def test_a_shipped_scenario_runs_to_its_end(name: str, api: str) -> None:
    async with merchant_of(api) as m:
        assert (await m.control("scenario", {"name": name})).status_code == 201
        await STORIES[name](m)
        told = await progress(m)
    assert told["finished"], told["steps"]
    assert [step["state"] for step in told["steps"]] == ["happened"] * len(told["steps"])
    assert all(step["said"] and step["happened_at"] for step in told["steps"])


async def test_steps_wait_for_payments_by_number_text_and_user(m: Any) -> None:
    await play(
        m,
        """
        title = "Whose payment"
        [[step]]
        when = { payment_started = 2 }
        then = { member = "reject" }
        [[step]]
        when = { payment_started = 1, text = "Sommerfest" }
        then = { member = "approve" }
        [[step]]
        when = { payment_started = 1, user_id = "olanor" }
        then = { member = "cancel_on_desktop" }
        [[step]]
        when = { payment_started = 1, order_id = "order-004" }
        then = { note = "here it is" }
        """,
    )
    await m.start("order-001")
    assert await states(m) == ["waiting"] * 4
    await m.start("order-002")
    await m.start("order-003", transactionText="Sommerfest")
    await m.start("order-004")
    await m.control("payments/order-001", {"event_id": 1, "user_id": "olanor"})
    assert await states(m) == ["happened"] * 4
    endings = [m.sim.payment(f"order-00{n}").ended for n in (1, 2, 3)]
    assert endings == ["cancelled_on_desktop", "cancelled_in_app", "approved"]


async def test_steps_wait_for_calls_callbacks_and_each_other(m: Any) -> None:
    await play(
        m,
        """
        title = "One after the other"
        [[step]]
        name = "asked twice"
        when = { call = "details", nth = 2, order = 1 }
        then = [{ misbehaviour = "error_answer.html_502", operation = "details" }, { member = "approve" }]
        [[step]]
        name = "told"
        when = { callback_answered = true, status = 200 }
        then = { portal = "capture", amount = 100 }
        [[step]]
        when = { step = "told", after_seconds = 5 }
        then = { portal = "cancel", release_remainder = true }
        """,
    )
    await m.start()
    await m.start(OTHER)
    await m.call("details", OTHER)
    assert (await m.call("details")).status_code == 200
    assert (await m.call("details")).status_code == 502
    await m.pass_time(0)
    assert await states(m) == ["happened", "happened", "planned"]
    await m.pass_time(6)
    assert await m.money() == (25000, 100, 0, 24900)
    assert {step["order_id"] for step in (await progress(m))["steps"]} == {ORDER}


async def test_settings_outages_tokens_and_the_clock(m: Any) -> None:
    await play(
        m,
        """
        title = "Everything else"
        [config]
        landing_seconds = 60
        [sales_unit]
        direct_capture = true
        [[step]]
        name = "begun"
        when = { payment_started = 1 }
        then = [{ config = { landing_seconds = 30 } }, { revoke_tokens = true }, { down = "backend", mode = "500" }]
        [[step]]
        when = { step = "begun", after_seconds = 1 }
        then = [{ up = "backend" }, { advance_clock = 31 }]
        """,
    )
    assert (m.sim.config.landing_seconds, m.shop.unit.direct_capture) == (60, True)
    await m.start()
    assert (m.sim.config.landing_seconds, list(m.sim.down)) == (30, ["backend"])
    assert (await m.call("details")).status_code == 401
    await m.pass_time(1)
    await m.pass_time(0)
    assert m.sim.down == {}
    assert m.sim.payment(ORDER).ended == "timed_out"
    await m.control("scenario", method="DELETE")
    assert (m.sim.config.landing_seconds, m.shop.unit.direct_capture) == (300, False)


async def test_what_a_scenario_set_up_ends_with_it(m: Any) -> None:
    await play(
        m,
        'title = "x"\n[[step]]\nthen = [{ misbehaviour = "callback_lost", always = true }, { down = "vipps" }]',
    )
    await m.control("scenario", method="DELETE")
    assert (m.sim.faults.faults, m.sim.down) == ([], {})
    assert await progress(m) | {"shipped": None} == {
        "title": None, "began_at": None, "finished": False, "steps": [], "shipped": None
    }  # fmt: skip


async def test_a_step_that_cannot_be_done_says_so_and_the_others_go_on(m: Any) -> None:
    await play(
        m,
        """
        title = "Too late"
        [[step]]
        when = { payment_started = 1 }
        then = [{ portal = "refund" }, { member = "approve" }]
        """,
    )
    await m.start()
    [step] = (await progress(m))["steps"]
    assert step["state"] == "failed"
    assert "could not be done" in step["said"][0]
    assert m.sim.payment(ORDER).ended == "approved"


async def test_older_payments_are_none_of_its_business(m: Any) -> None:
    await m.start()
    await play(m, 'title = "x"\n[[step]]\nwhen = { payment_started = 1 }\nthen = { member = "approve" }')
    await m.pass_time(0)
    assert await states(m) == ["waiting"]
    await m.start(OTHER)
    assert (await progress(m))["steps"][0]["order_id"] == OTHER


async def test_a_scenario_may_be_sent_as_json(m: Any) -> None:
    steps = [{"when": {"payment_started": 1}, "then": {"member": "approve"}}]
    assert (await m.control("scenario", {"title": "as JSON", "step": steps})).status_code == 201
    await m.start()
    assert await m.money() == (25000, 0, 0, 0)
    assert (await m.control("scenario", ["nonsense"])).status_code == 422
    unknown = await m.control("scenario", {"name": "../pyproject"})
    assert unknown.status_code == 422
    assert "there are first_card_refused" in unknown.json()["message"]


BAD = """
titel = "misspelt"
[config]
landing_second = 3
[sales_unit]
direct_capture = "yes"
[[step]]
when = { payment_startet = 1 }
then = { member = "dance" }
[[step]]
name = "a"
when = { call = "telephone" }
then = { misbehaviour = "nonsense" }
[[step]]
name = "a"
when = { step = "b" }
then = [{ note = "x" }, { member = "approve", portal = "refund" }, { note = "x", amount = 3 }]
[[step]]
when = { payment_started = 1, call = "details" }
"""


def test_a_bad_file_is_explained_all_at_once() -> None:
    with pytest.raises(BadScenario) as bad:
        read_toml(BAD)
    expected = [
        "title: is missing",
        "titel: there is no such key; there are title, why",
        "config: there is no setting landing_second",
        "sales_unit: direct_capture is like False",
        "step 1, when.payment_startet: there is no such key; there are payment_started, call",
        "step 1, then.member: ",
        "step 2, when.call: there is no operation 'telephone'",
        "step 2, then: there is no misbehaviour 'nonsense'",
        "step 3, name: an earlier step is named 'a' too",
        "step 3, when.step: there is no earlier step named 'b'",
        "step 3, then: takes exactly one of",
        "step 3, then: amount says nothing to note",
        "step 4, when: choose one of payment_started, call",
        "step 4, then: is missing",
    ]
    for words in expected:
        assert any(problem.startswith(words) for problem in bad.value.problems), (words, bad.value.problems)
    assert len(bad.value.problems) == len(expected)


@pytest.mark.parametrize("text", ["title = ", "", 'title = "x"\nstep = 3', 'title = "x"\nstep = []'])
def test_so_is_one_that_is_hardly_a_scenario(text: str) -> None:
    with pytest.raises(BadScenario):
        read_toml(text)


async def test_the_control_api_tells_every_problem(m: Any) -> None:
    answer = await m.shop.http.post("/control/scenario", content=BAD.encode())
    assert answer.status_code == 422
    message = answer.json()["message"]
    assert "step 2, then: there is no misbehaviour" in message
    assert "; step 4, then: is missing" in message
    assert m.sim.player.scenario is None


def test_a_file_is_found_by_its_path_or_its_shipped_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('title = "mine"\n[[step]]\nthen = { note = "x" }\n')
    assert load(str(path)).title == "mine"
    assert load("lost_callback").title == "The callback is lost"
    with pytest.raises(BadScenario, match="shipped are first_card_refused"):
        load("nowhere")


def test_the_readme_shows_a_scenario_that_is_one() -> None:
    text = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    assert read_toml(text.split("```toml\n")[1].split("```")[0]).title == "Paid while Vipps was away"
