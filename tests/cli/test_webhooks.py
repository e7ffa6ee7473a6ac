"""Registering our webhook, typed as an operator types it: with the Vipps account and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from payments_service.vipps.webhook_registrations import EVENTS
from tests.cli.played import PlayedWebhooks

PUBLIC_URL = "https://pay.tihlde.test"
URL = f"{PUBLIC_URL}/vipps/webhooks"
ALL = list(EVENTS)
KEYS = {
    "VIPPS_CLIENT_ID": "the-client-id",
    "VIPPS_CLIENT_SECRET": "the-client-secret",
    "VIPPS_SUBSCRIPTION_KEY": "the-subscription-key",
    "VIPPS_MERCHANT_SERIAL_NUMBER": "654321",
}


@pytest.fixture
def vipps() -> Iterator[PlayedWebhooks]:
    with PlayedWebhooks() as played:
        yield played


class Typed:
    """`payments-service webhooks …` in a folder without a `.env`."""

    def __init__(self, vipps: PlayedWebhooks, folder: Path, **more: str) -> None:
        self.environment = {
            "PATH": os.environ["PATH"],
            "COLUMNS": "250",
            "PUBLIC_URL": PUBLIC_URL,
            "VIPPS_BASE_URL": vipps.origin,
            **KEYS,
            **more,
        }
        self.folder = folder

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            [sys.executable, "-m", "payments_service", "webhooks", *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in ended.stderr
        assert not [
            key for name, key in KEYS.items() if "NUMBER" not in name and key in ended.stderr + ended.stdout
        ]
        return ended

    def prints(self, *words: str) -> Any:
        """Return the one line of JSON of a command that succeeds."""
        ended = self(*words)
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.count("\n") == 1
        return json.loads(ended.stdout)


@pytest.fixture
def typed(vipps: PlayedWebhooks, tmp_path: Path) -> Typed:
    return Typed(vipps, tmp_path)


def test_registering_prints_the_secret_once(vipps: PlayedWebhooks, typed: Typed) -> None:
    vipps.add("https://else.test/hook", ALL)
    first = typed("register")
    made = json.loads(first.stdout)
    assert (first.returncode, made["secret"]) == (0, "secret+of/1==")
    assert "VIPPS_WEBHOOK_SECRETS" in first.stderr
    assert vipps.sent == [{"url": URL, "events": ALL}]

    again = typed("register")
    assert json.loads(again.stdout) == {"id": made["id"], "secret": None}
    assert "not told again" in again.stderr
    assert len(vipps.sent) == 1


def test_another_one_is_registered_beside_the_first_when_asked_for(
    vipps: PlayedWebhooks, typed: Typed
) -> None:
    old = typed.prints("register")
    ended = typed("register", "--another")
    new = json.loads(ended.stdout)
    assert (new["secret"], len(vipps.webhooks)) == ("secret+of/2==", 2)
    assert old["id"] in ended.stderr
    assert new["id"] not in ended.stderr

    assert typed("delete", old["id"]).returncode == 0
    assert [webhook["id"] for webhook in vipps.webhooks] == [new["id"]]
    assert typed.prints("list", "--json")["vipps_webhook"] == "registered"


def test_an_incomplete_one_gets_a_complete_one_beside_it(vipps: PlayedWebhooks, typed: Typed) -> None:
    old = vipps.add(URL, ALL[2:])
    ended = typed("register")
    assert json.loads(ended.stdout)["secret"] == "secret+of/1=="
    assert f"{old} lacks authorized, aborted" in ended.stderr
    assert [webhook["events"] for webhook in vipps.webhooks] == [ALL[2:], ALL]


def test_a_list_says_which_is_ours_and_what_it_lacks(vipps: PlayedWebhooks, typed: Typed) -> None:
    nothing = typed("list")
    assert (nothing.returncode, nothing.stdout) == (0, f"{URL} is missing\n")
    theirs, ours = vipps.add("https://else.test/[bold]hook", ["user.checked-in.v1"]), vipps.add(URL, ALL[:-1])
    shown = typed("list").stdout.splitlines()
    assert len(shown) == 4
    assert shown[1].split() == [theirs, "https://else.test/[bold]hook", "user.checked-in.v1"]
    assert shown[2].startswith(ours)
    assert shown[2].endswith("lacks refunded")
    assert shown[3] == f"{URL} is incomplete"
    assert typed.prints("list", "--json") == {
        "vipps_webhook": "incomplete",
        "webhooks": [
            {**vipps.webhooks[0], "is_ours": False, "missing": []},
            {**vipps.webhooks[1], "is_ours": True, "missing": [ALL[-1]]},
        ],
    }


@pytest.mark.parametrize("answer", [(500, b""), (502, b"<html>"), (201, b"{}"), (200, None)])
def test_a_registration_nobody_knows_of_is_said_with_what_to_do(
    vipps: PlayedWebhooks, typed: Typed, answer: tuple[int, bytes | None]
) -> None:
    vipps.answers["POST"] = answer
    ended = typed("register")
    assert (ended.returncode, ended.stdout) == (1, "")
    for word in ("webhooks list", "webhooks delete ID", "register again", URL):
        assert word in ended.stderr
    assert len(vipps.sent) == 1  # never by itself


def test_an_answer_that_is_too_slow_is_one_nobody_knows(vipps: PlayedWebhooks, tmp_path: Path) -> None:
    vipps.seconds["POST"] = 4
    ended = Typed(vipps, tmp_path, VIPPS_TIMEOUT_SECONDS="1")("register")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "register again" in ended.stderr


@pytest.mark.parametrize("words", [["register", "--another"], ["list", "--json"]])
@pytest.mark.parametrize("answer", [(503, b""), (200, b"{}"), (403, b'{"statusCode": 403}')])
def test_without_a_list_nothing_is_done(
    vipps: PlayedWebhooks, typed: Typed, words: list[str], answer: tuple[int, bytes]
) -> None:
    vipps.answers["GET"] = answer
    ended = typed(*words)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "nothing has changed" in ended.stderr
    assert vipps.sent == []


def test_a_refusal_is_named(vipps: PlayedWebhooks, typed: Typed) -> None:
    details = {"status": 400, "extraDetails": [{"name": "url", "reason": "must use https"}]}
    vipps.answers["POST"] = (400, json.dumps(details).encode())
    ended = typed("register")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "http/400" in ended.stderr
    assert "url: must use https" in ended.stderr


def test_deleting_what_is_not_there_is_refused(vipps: PlayedWebhooks, typed: Typed) -> None:
    ended = typed("delete", "497f6eca-6276-4993-bfeb-53cbbbba6f08")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "http/400" in ended.stderr
    vipps.calls.clear()
    ended = typed("delete", "../../accesstoken/get")
    assert (ended.returncode, vipps.calls) == (1, [])
    vipps.answers["DELETE"] = (500, b"")
    ended = typed("delete", "497f6eca-6276-4993-bfeb-53cbbbba6f08")
    assert ended.returncode == 1
    assert "does no harm" in ended.stderr


def test_bad_settings_are_named_and_nothing_is_sent(vipps: PlayedWebhooks, tmp_path: Path) -> None:
    for words in (["register"], ["list"], ["delete", "x"]):
        ended = Typed(vipps, tmp_path, VIPPS_CLIENT_ID="", PUBLIC_URL="http://pay.tihlde.org")(*words)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert sorted(line.split()[0].rstrip(":") for line in ended.stderr.splitlines()) == [
            "PUBLIC_URL",
            "VIPPS_CLIENT_ID",
        ]
    assert vipps.calls == []


def test_vipps_out_of_reach_is_said_in_a_line(vipps: PlayedWebhooks, tmp_path: Path) -> None:
    ended = Typed(vipps, tmp_path, VIPPS_BASE_URL="http://127.0.0.1:1")("register")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
