"""docs/integration.md says the same as the code: routes, codes, requests, shapes, words, and its Python runs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import jwt
import pytest
from fastapi import FastAPI
from starlette.routing import Match

from payments_service.api.catalogue import CATALOGUE
from payments_service.api.problems import Problem
from payments_service.api.routers.attention import ACTIONS
from payments_service.demo.environment import SERVICE_KEY
from payments_service.domain.orders import StatusReason
from payments_service.domain.registrations import RegistrationStatus
from payments_service.event_service import messages
from payments_service.settings import Settings
from payments_service.simulator.simulator import Simulator
from payments_service_client import Order, PaymentsClient, Registration
from tests.client.test_every_route import app as app_as_described
from tests.client.test_every_route import routes_of
from tests.docs.pages import ROUTE, Request, blocks, page, requests, tables

PAGE: Final = page("docs/integration.md")
IN_CODE: Final = re.findall(r"`([^`\n]+)`", PAGE)
# What stands for a family, and is never said by itself; and what routes bring that are not on this branch yet.
NEVER_SAID: Final = {"refused", "conflict"}
STATUSES: Final = {row[0] for table in tables(PAGE, "`status`") for row in table}


def codes() -> Iterator[str]:
    """What stands in the columns of codes."""
    for table in tables(PAGE, "code"):
        for cells in table:
            yield from re.findall(r"`(\w+)`", cells[0])
    for table in tables(PAGE, "route"):
        for cells in table:
            yield from re.findall(r"`(\w+)`", cells[1])


@pytest.fixture
def _captured_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing moves by itself here, so money is captured where the page does it."""
    monkeypatch.setenv("VIPPS_CAPTURE", "manual")


def test_every_code_it_names_is_in_the_catalogue() -> None:
    assert set(codes()) - set(CATALOGUE) == set()


def test_every_code_of_the_catalogue_is_explained() -> None:
    assert set(CATALOGUE) - NEVER_SAID - set(codes()) == set()


def test_the_status_of_each_general_code_is_the_catalogues() -> None:
    (general,) = tables(PAGE, "code")
    for names, when, _ in general:
        said = [int(number) for number in re.findall(r"\b[45]\d\d\b", when)]
        assert {CATALOGUE[code].status for code in re.findall(r"`(\w+)`", names)} <= set(said), names


def test_every_route_is_mentioned_and_every_mentioned_route_is_there() -> None:
    there = routes_of(app_as_described())
    named = set(ROUTE.findall(PAGE)) | {
        f"{request.method} {template_of(request)}"
        for request in requests(PAGE)
        if isinstance(request, Request)
    }
    named |= {f"{route}/history" for route in re.findall(r"`(GET /v1/[^`]+)` and its `/history`", PAGE)}
    assert named == there


def template_of(request: Request) -> str:
    """`/v1/orders/{order_id}` for the address of a request; its ids are those that the page uses."""
    path = (
        request.path.partition("?")[0].replace("$ORDER_ID", "{order_id}").replace("$NOTICE_ID", "{notice_id}")
    )
    for name, parent in (
        ("event_id", "paid-events|events"),
        ("registration_id", "registrations"),
        ("user_id", "users"),
    ):
        path = re.sub(rf"^(/v1/(?:{parent}))/(?!\{{)[^/]+", rf"\1/{{{name}}}", path)
    return path


@pytest.mark.usefixtures("_captured_by_hand")
async def test_its_requests_do_what_is_printed_behind_them(
    app: FastAPI, api: httpx.AsyncClient, simulator: Simulator
) -> None:
    """In the order in which they are printed; no notice waits to be sent again, so that one is left out."""
    order_id = ""
    for step in requests(PAGE):
        if isinstance(step, str):
            assert step == "the member approves"
            await simulator.member.approve(order_id)
            continue
        assert is_there(app, step), step
        if "$NOTICE_ID" in step.path:
            continue
        path = step.path.replace("$ORDER_ID", order_id)
        headers = {"Content-Type": "application/json", **step.headers}
        answer = await api.request(step.method, path, content=step.body, headers=headers)
        assert answer.status_code == step.status, f"{step}: {answer.text}"
        if step.path == "/v1/orders" and step.method == "POST":
            order_id = answer.json()["order_id"]
    assert order_id


def is_there(app: FastAPI, request: Request) -> bool:
    path = request.path.partition("?")[0]
    scope = {"type": "http", "method": request.method, "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in app.router.routes)


def test_its_key_is_the_one_of_make_run() -> None:
    assert f"KEY={SERVICE_KEY}\n" in PAGE


def test_the_answers_it_shows_have_the_fields_that_are_sent() -> None:
    shown = {
        "registration": Registration,
        "order": Order,
        "their-registration": messages.Registration,
        "their-page": messages.RegistrationPage,
    }
    for name, shape in shown.items():
        (text,) = blocks(PAGE, f"json {name}")
        shape.model_validate_json(text)  # type: ignore[attr-defined]
        if not name.startswith("their"):
            assert set(json.loads(text)) == set(shape.model_fields)  # type: ignore[attr-defined]
    (problem,) = blocks(PAGE, "json")
    said = Problem.model_validate_json(problem)
    entry = CATALOGUE[said.code]
    assert (said.status, said.title, said.detail) == (entry.status, entry.title, entry.en)
    assert said.type.endswith(said.code)


def test_the_picture_has_every_status_and_the_table_says_what_to_show() -> None:
    (picture,) = blocks(PAGE, "text")
    assert {str(status) for status in RegistrationStatus if not re.search(rf"\b{status}\b", picture)} == set()
    shown = {re.findall(r"`(\w+)`", cell)[0] for cell in STATUSES}
    assert shown == {str(status) for status in RegistrationStatus}


def test_reasons_and_cases_are_all_there() -> None:
    assert {str(reason) for reason in StatusReason} <= set(IN_CODE)
    (cases,) = tables(PAGE, "case")
    assert {row[0].strip("`") for row in cases} == {str(code) for code in ACTIONS}


def test_the_settings_it_names_are_there() -> None:
    variables = {name.upper() for name in Settings.model_fields}
    named = {word for text in IN_CODE for word in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text)}
    assert named - {"ORDER_ID"} <= variables


def python_blocks() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for text in blocks(PAGE, "python"):
        names: dict[str, Any] = {}
        exec(compile(ast.parse(text), "integration.md", "exec"), names)  # noqa: S102 - our own page
        found.append(names)
    return found


@pytest.mark.usefixtures("_captured_by_hand")
async def test_its_python_runs(app: FastAPI) -> None:
    token, client, receiver = python_blocks()
    members = token["members_token"]("a-key-for-members-tokens-in-tests-only", "olanor", [])
    assert jwt.decode(members, options={"verify_signature": False})["sub"] == "olanor"
    transport = httpx.ASGITransport(app=app)
    async with PaymentsClient("http://payments.test", token=SERVICE_KEY, transport=transport) as payments:
        await client["announce"](payments)
        assert (await payments.using(token=members).registrations.get(77)).user_id == "olanor"
        assert (await client["pay"](payments, 123, "olanor")).startswith("http")
    assert receiver["receive"]("whsec_AAAA", {}, b"") == 400


def test_no_name_is_broken_over_two_lines() -> None:
    without_blocks = re.sub(r"^```.*?^```", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert [line for line in without_blocks.splitlines() if line.count("`") % 2] == []


def test_it_is_read_in_ten_minutes() -> None:
    """At 250 words a minute, blocks and tables of refusals left to be looked up."""
    prose = re.sub(r"^```.*?^```|^\|.*$", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert len(prose.split()) < 2500


def test_the_readme_leads_to_it() -> None:
    assert "(docs/integration.md)" in Path(__file__).parents[2].joinpath("README.md").read_text(
        encoding="utf-8"
    )
