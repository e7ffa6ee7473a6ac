"""docs/lepton.md names settings, routes and methods that are there, and its Python runs."""

from __future__ import annotations

import ast
import inspect
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI

from payments_service.demo.environment import SERVICE_KEY
from payments_service.settings import Settings
from payments_service_client import PaymentsClient
from tests.client.test_every_route import app as app_as_described
from tests.client.test_every_route import routes_of
from tests.docs.pages import ROUTE, blocks, page, tables

PAGE: Final = page("docs/lepton.md")
IN_CODE: Final = re.findall(r"`([^`\n]+)`", PAGE)
VARIABLES: Final = {name.upper() for name in Settings.model_fields}
# Lepton's own, which is what the second table is about.
THEIRS: Final = re.compile(
    r"VIPPS_(CALLBACK_PREFIX|FALLBACK|TOKEN_URL|ORDER_URL|FORCE_PAYMENT_URL|COOKIE)|PAYMENT_.*"
)


@pytest.fixture(autouse=True)
def _shadow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPIRY_MODE", "shadow")


def test_the_settings_it_names_are_ours_or_leptons() -> None:
    named = {word for text in IN_CODE for word in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text)}
    assert {name for name in named - VARIABLES if not THEIRS.fullmatch(name)} == set()
    (ours,) = tables(PAGE, "setting")
    assert {row[0].strip("`") for row in ours} <= VARIABLES


def test_the_routes_it_names_are_there() -> None:
    assert set(ROUTE.findall(PAGE)) <= routes_of(app_as_described())


def test_the_methods_it_names_are_the_clients() -> None:
    client = PaymentsClient("https://payments.test", token="x")
    named = set(re.findall(r"payments\.(\w+)\.(\w+)(\([^)]*\))?", PAGE))
    assert len(named) > 10
    for resource, method, call in named:
        parameters = inspect.signature(getattr(getattr(client, resource), method)).parameters
        assert set(re.findall(r"(\w+)=", call)) <= set(parameters), f"{resource}.{method}{call}"


def test_what_is_to_be_called_is_called_as_it_is_written() -> None:
    for text in blocks(PAGE, "python"):
        ast.parse(text)


async def test_the_shadow_is_read_as_it_is_written(app: FastAPI) -> None:
    names: dict[str, Any] = {}
    exec(compile(blocks(PAGE, "python")[-1], "lepton.md", "exec"), names)  # noqa: S102 - our own page
    transport = httpx.ASGITransport(app=app)
    async with PaymentsClient("http://payments.test", token=SERVICE_KEY, transport=transport) as payments:
        await payments.paid_events.put(123, price=Decimal(250), paytime=timedelta(hours=1))
        past = datetime.now(UTC) - timedelta(minutes=1)
        await payments.registrations.put(77, event_id=123, user_id="late", payment_expiredate=past)
        await payments.registrations.put(78, event_id=123, user_id="early")
        assert await names["would_have_gone"](payments, 123) == ["77"]
        assert (await payments.registrations.get(77)).status == "awaiting_payment"
