"""The commands that speak with Vipps alone need the Vipps account alone, and hold it to the same rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from payments_service.settings import BadSettings, Settings, VippsAccount, load_vipps_account

ACCOUNT = {
    "PUBLIC_URL": "https://betaling.tihlde.org",
    "ENVIRONMENT": "production",
    "VIPPS_BASE_URL": "https://api.vipps.no",
    "VIPPS_CLIENT_ID": "fb492b5e-7907-4d83-ba20-c7fb60ca35de",
    "VIPPS_CLIENT_SECRET": "pQ7zL0xkUu3Wm9cR2vJ8ySdTfGhB",
    "VIPPS_SUBSCRIPTION_KEY": "8f3a1c9d7e5b60244fa2d1c3b7e98065",
    "VIPPS_MERCHANT_SERIAL_NUMBER": "718204",
}
LOCAL = ACCOUNT | {
    "ENVIRONMENT": "development",
    "PUBLIC_URL": "http://localhost:8000",
    "VIPPS_BASE_URL": "http://127.0.0.1:8090",
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)


def load(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> VippsAccount:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_vipps_account()


def test_the_account_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    account = load(monkeypatch, ACCOUNT)
    assert (account.public_url, account.vipps_timeout_seconds) == (ACCOUNT["PUBLIC_URL"], 10.0)


def test_everything_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings) as caught:
        load(monkeypatch, {})
    assert sorted(caught.value.problems) == sorted(
        f"{variable} is missing" for variable in ACCOUNT if variable not in ("ENVIRONMENT", "VIPPS_BASE_URL")
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PUBLIC_URL", "http://localhost:8000"),
        ("PUBLIC_URL", "https://pay.example.org"),
        ("VIPPS_BASE_URL", "https://apitest.vipps.no"),
        ("VIPPS_CLIENT_SECRET", "hunter2"),
        ("VIPPS_CLIENT_SECRET", ACCOUNT["VIPPS_SUBSCRIPTION_KEY"]),
        ("VIPPS_SUBSCRIPTION_KEY", "0" * 32),
        ("VIPPS_MERCHANT_SERIAL_NUMBER", "123456"),
    ],
)
def test_production_refuses_here_what_it_refuses_anywhere(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    with pytest.raises(BadSettings) as caught:
        load(monkeypatch, ACCOUNT | {variable: value})
    (line,) = caught.value.problems
    assert line.split()[0] in (variable, "VIPPS_SUBSCRIPTION_KEY")
    assert value not in line


def test_the_real_vipps_is_not_called_outside_production(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, LOCAL).vipps_base_url == LOCAL["VIPPS_BASE_URL"]
    with pytest.raises(BadSettings, match=r"^VIPPS_BASE_URL"):
        load(monkeypatch, {"VIPPS_BASE_URL": "https://api.vipps.no"})


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = repr(load(monkeypatch, ACCOUNT))
    assert ACCOUNT["VIPPS_CLIENT_SECRET"] not in shown
    assert ACCOUNT["VIPPS_SUBSCRIPTION_KEY"] not in shown
