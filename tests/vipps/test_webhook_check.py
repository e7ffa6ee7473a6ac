"""Whether a list of registrations says that Vipps tells us, and what is made of it over time."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from payments_service.vipps.webhook_check import WebhookCheck
from payments_service.vipps.webhook_registrations import EVENTS, Listening, address, is_ours, listening
from payments_service.vipps.webhooks_api import Registration, WebhooksApi
from tests.vipps.played import Played

URL = "https://pay.test/vipps/webhooks"
ALL = list(EVENTS)


def registered(url: str = URL, events: list[str] = ALL) -> dict[str, Any]:
    return {"id": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "url": url, "events": events}


REGISTERED, MISSING, INCOMPLETE = (
    [registered()],
    [registered("https://else.test/x")],
    [registered(events=ALL[1:])],
)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (REGISTERED, "registered"),
        ([registered(events=[*ALL, "epayments.payment.created.v1"])], "registered"),
        ([registered("HTTPS://Pay.Test:443/vipps/webhooks")], "registered"),
        ([*MISSING, *INCOMPLETE, *REGISTERED], "registered"),
        (INCOMPLETE, "incomplete"),
        ([registered(events=[])], "incomplete"),
        # two that complete each other have two secrets, and nobody knows that both are among ours
        ([registered(events=ALL[:3]), registered(events=ALL[3:])], "incomplete"),
        ([], "missing"),
        (MISSING, "missing"),
        ([registered(f"{URL}/")], "missing"),
        ([registered(f"{URL}?a=b")], "missing"),
        ([registered("http://pay.test/vipps/webhooks")], "missing"),
        ([registered("https://pay.test:8443/vipps/webhooks")], "missing"),
        ([registered("https://pay.test:port/"), registered("")], "missing"),
    ],
)
def test_a_list_is_judged(found: list[dict[str, Any]], verdict: str) -> None:
    assert listening([Registration(**one) for one in found], URL) == verdict


def test_our_address_is_ours() -> None:
    assert is_ours(Registration(**registered(address("https://pay.test:443"))), URL)


class Watched:
    """A check beside what it told."""

    def __init__(self, played: Played) -> None:
        self.played = played
        self.told: list[bool] = []
        self.check = WebhookCheck(
            api=WebhooksApi(transport=played.transport), url=URL, timeout=5, answered=self._answered
        )

    def _answered(self, *, is_registered: bool, unix_time: float) -> None:
        assert unix_time > 1_700_000_000
        self.told.append(is_registered)

    async def sees(self, found: list[dict[str, Any]] | None) -> list[str]:
        """Look once; None is an outage. Returns what was logged of losing and finding."""
        if found is None:
            self.played.says({}, 503)
        else:
            self.played.says({"webhooks": found})
        with capture_logs() as logs:
            await self.check.look()
        return [log["event"] for log in logs if log["event"].startswith("vipps_webhook_")]


@pytest.fixture
def watched(played: Played) -> Watched:
    return Watched(played)


async def test_nothing_is_known_before_the_first_look(watched: Watched) -> None:
    assert watched.check.listening is Listening.UNKNOWN
    assert await watched.sees(None) == []
    assert (watched.check.listening, watched.told) == (Listening.UNKNOWN, [])


async def test_what_is_there_is_no_news(watched: Watched) -> None:
    assert await watched.sees(REGISTERED) == []
    assert (watched.check.listening, watched.told) == (Listening.REGISTERED, [True])


@pytest.mark.parametrize("lost", [MISSING, INCOMPLETE, []])
async def test_a_loss_is_said_once_an_episode(watched: Watched, lost: list[dict[str, Any]]) -> None:
    rounds = [lost, lost, None, lost, REGISTERED, REGISTERED, None, lost, REGISTERED]
    said = [await watched.sees(found) for found in rounds]
    gone, back = ["vipps_webhook_lost"], ["vipps_webhook_registered_again"]
    assert said == [gone, [], [], [], back, [], [], gone, back]
    assert watched.told == [False, False, False, True, True, False, True]


async def test_without_an_answer_it_is_unknown_and_nothing_is_told(watched: Watched) -> None:
    await watched.sees(REGISTERED)
    await watched.sees(None)
    assert (watched.check.listening, watched.told) == (Listening.UNKNOWN, [True])


async def test_it_registers_and_deletes_nothing(watched: Watched) -> None:
    for found in ([], INCOMPLETE, REGISTERED, None):
        await watched.sees(found)
    assert {request.method for request in watched.played.requests} == {"GET"}
