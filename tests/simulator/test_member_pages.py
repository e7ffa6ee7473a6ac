"""The phone in the browser: what it shows, where its buttons lead, and when its link is dead."""

import re

import httpx
import pytest

from tests.simulator.shop import Shop


async def link(shop: Shop, **merchant: str) -> str:
    url: str = (await shop.initiate(**merchant)).json()["url"]
    return url.removeprefix(shop.sim.config.public_origin)


async def press(shop: Shop, path: str, action: str) -> httpx.Response:
    page = (await shop.http.get(path)).text
    [target] = re.findall(rf'formaction="(/vipps-app/{action}\?[^"]+)"', page)
    return await shop.http.post(target)


async def test_it_shows_amount_text_and_buttons(shop: Shop) -> None:
    answer = await shop.http.get(await link(shop))
    assert answer.status_code == 200
    assert "250,00 kr" in answer.text
    assert "Julebord" in answer.text
    for words in ("Approve", "Refuse", "Card declined", "Walk away"):
        assert f">{words}</button>" in answer.text
    assert "<script" not in answer.text
    assert 'name="viewport"' in answer.text
    assert "prefers-color-scheme: dark" in answer.text
    assert '<html lang="en">' in answer.text


async def test_text_is_escaped(shop: Shop) -> None:
    body = shop.order()
    body["transaction"]["transactionText"] = "<b>bold</b>"
    url = (await shop.post("/ecomm/v2/payments", body)).json()["url"]
    page = (await shop.http.get(url.removeprefix(shop.sim.config.public_origin))).text
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page


@pytest.mark.parametrize(
    ("action", "log"), [("approve", "RESERVE"), ("reject", "CANCEL"), ("cancel", "CANCEL")]
)
async def test_a_decision_leads_back_to_the_shop_without_waiting(shop: Shop, action: str, log: str) -> None:
    shop.answer_after = 0.2
    answer = await press(shop, await link(shop), action)
    assert (answer.status_code, answer.headers["location"]) == (303, "https://shop.test/back?order=1")
    assert (await shop.operations())[0] == log
    await shop.sim.callbacks.idle()
    assert len(shop.received) == 1


async def test_the_old_status_suffix_can_be_had(shop: Shop) -> None:
    shop.sim.config.append_status_to_fallback = True
    answer = await press(shop, await link(shop), "approve")
    assert answer.headers["location"] == "https://shop.test/back?order=1&status=100"


async def test_a_declined_card_leads_to_another_try(shop: Shop) -> None:
    path = await link(shop)
    answer = await press(shop, path, "decline-card")
    assert answer.status_code == 303
    again = await shop.http.get(answer.headers["location"])
    assert 'role="alert"' in again.text
    assert (await press(shop, path, "approve")).status_code == 303
    assert await shop.operations() == ["RESERVE", "RESERVE!", "INITIATE"]


async def test_killing_the_app_approves_and_leads_nowhere(shop: Shop) -> None:
    answer = await press(shop, await link(shop), "approve-and-kill-app")
    assert answer.status_code == 200
    assert await shop.operations() == ["RESERVE", "INITIATE"]


async def test_walking_away_decides_nothing(shop: Shop) -> None:
    answer = await press(shop, await link(shop), "walk-away")
    assert "walked away" in answer.text
    assert await shop.operations() == ["INITIATE"]


async def test_the_link_is_dead_after_five_minutes(shop: Shop) -> None:
    path = await link(shop)
    shop.sim.clock.advance(301)
    answer = await shop.http.get(path)
    assert answer.status_code == 410
    assert "dead" in answer.text


async def test_opening_it_starts_the_five_minutes_in_the_app(shop: Shop) -> None:
    path = await link(shop)
    shop.sim.clock.advance(200)
    assert (await shop.http.get(path)).status_code == 200
    shop.sim.clock.advance(200)
    assert (await shop.http.get(path)).status_code == 200


async def test_a_decision_is_made_once(shop: Shop) -> None:
    path = await link(shop)
    await press(shop, path, "approve")
    token = path.split("token=")[1]
    answer = await shop.http.post(f"/vipps-app/reject?token={token}")
    assert answer.status_code == 410
    assert await shop.operations() == ["RESERVE", "INITIATE"]


async def test_an_unknown_token_leads_nowhere(shop: Shop) -> None:
    assert (await shop.http.get("/vipps-app/?token=guess")).status_code == 404
    assert (await shop.http.post("/vipps-app/approve?token=guess")).status_code == 404
