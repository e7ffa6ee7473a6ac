"""docs/vipps.md says the same as the code: remedies, words, settings, commands, routes, figures."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest
import typer
from fastapi.routing import APIRoute

from payments_service import cli, cli_orders, cli_webhooks
from payments_service.api import health
from payments_service.api.catalogue import CATALOGUE
from payments_service.api.routers import attention, grants, money, orders, vipps_deliveries
from payments_service.domain.operations import OperationKind, operation_key
from payments_service.metrics import Metrics
from payments_service.settings import Settings
from payments_service.simulator.checkout import REFUSED_AMOUNTS
from payments_service.vipps.epayment import NO_PUSH
from payments_service.vipps.error_bodies import ErrorCode
from payments_service.vipps.remedies import BY_CODE, Remedy, remedy_for
from payments_service.vipps.watching import OUTCOMES
from payments_service.vipps.webhook_registrations import EVENTS, Listening
from tests.simulator.epay import REF, EpayShop
from tests.vipps.played import ORDER

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
PAGE: Final = (ROOT / "docs/vipps.md").read_text(encoding="utf-8")
SOURCE: Final = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py")))
IN_CODE: Final = re.findall(r"`([^`\n]+)`", PAGE)
BLOCKS: Final = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


def test_no_name_is_broken_over_two_lines() -> None:
    assert [line for line in PAGE.splitlines() if line.count("`") % 2 and not line.startswith("```")] == []


def rows(heading: str) -> list[list[str]]:
    """The lines of the last table under a heading, split into cells, without its first two lines."""
    below = re.split(r"^#+ ", PAGE.split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in below.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def codes(heading: str) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """Group and code as the table of remedies has them, with the rest of their row."""
    for first, *rest in rows(heading):
        for name in re.findall(r"`([^`]+)`", first):
            group, _, code = name.partition("/")
            yield ErrorCode(group, code).key, rest


EXPLAINED: Final = [*codes("### eCom"), *codes("### ePayment")]
WORDS: Final = {f"`{remedy.name.lower()}`": remedy for remedy in Remedy}


def test_every_code_is_explained_once_with_its_remedy() -> None:
    said = {key: WORDS[rest[1]] for key, rest in EXPLAINED}
    assert len(said) == len(EXPLAINED)
    assert said.pop(("invalidrequest", "*")) is Remedy.REJECTED
    assert said == BY_CODE


def test_each_api_has_its_own_table() -> None:
    assert all(group != "problem" for (group, _), _ in codes("### eCom"))
    assert all(group == "problem" for (group, _), _ in codes("### ePayment"))


def test_what_the_member_sees_goes_with_the_remedy() -> None:
    for (group, code), (_, remedy, member, _) in EXPLAINED:
        seen = set(re.findall(r"`(\w+)`", member))
        may_be = {"vipps_rejected" if WORDS[remedy] is Remedy.REJECTED else "vipps_unavailable"}
        assert seen <= may_be <= set(CATALOGUE), f"{group}/{code}"
        assert seen or member.startswith("nothing"), f"{group}/{code}"
    assert NO_PUSH in PAGE


def test_the_words_for_remedies_are_those_of_the_figures() -> None:
    known = {remedy.name.lower() for remedy in Remedy}
    assert set(OUTCOMES.values()) - {"not_sent"} <= known
    assert "`not_sent`" in PAGE


@pytest.mark.parametrize(("statuses", "remedy"), [(row[0], row[1]) for row in rows("### Without a code")])
def test_a_bare_status_has_the_remedy_that_is_said(statuses: str, remedy: str) -> None:
    for status in map(int, statuses.split(", ")):
        assert remedy_for("capture", status) is WORDS[remedy]


def test_the_statuses_that_overrule_any_code() -> None:
    no = (ErrorCode("Payment", "61"),)
    assert {s for s in range(400, 500) if remedy_for("capture", s, no) is Remedy.TRY_AGAIN} == {423, 429}
    assert "423 and 429 whatever the code" in PAGE


def test_the_settings_it_names_are_there_and_take_the_values_it_gives() -> None:
    variables = {name.upper() for name in Settings.model_fields}
    named = {word for text in [*IN_CODE, BLOCKS] for word in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text)}
    assert named - {"ORDER_ID"} <= variables
    assert {name for name in variables if name.startswith("VIPPS_")} <= named
    for name, value in re.findall(r"`([A-Z_]+)=(\S+?)`", PAGE):
        annotation = Settings.model_fields[name.lower()].annotation
        assert value in get_args(annotation) or annotation is str, f"{name}={value}"


def commands() -> list[str]:
    found = [text for text in IN_CODE if text.startswith("payments-service ")]
    return sorted(set(found) | set(re.findall(r"^payments-service .*$", BLOCKS, re.MULTILINE)))


@pytest.mark.parametrize("line", commands())
def test_the_commands_it_names_are_there(line: str) -> None:
    """Parsed by the programs themselves, and not run."""
    _, name, *words = shlex.split(line.replace("ORDER_ID", ORDER))
    apps = {"orders": cli_orders.app, "webhooks": cli_webhooks.app}
    group: Any = typer.main.get_command(apps.get(name, cli.app))
    if name in apps:
        name, *words = words
    command = group.get_command(None, name)
    assert command is not None
    command.make_context(name, words)


def test_the_targets_of_make_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {text.removeprefix("make ") for text in IN_CODE if text.startswith("make ")}
    assert named
    assert {target for target in named if f"\n{target}:" not in makefile} == set()


def test_the_routes_it_names_are_there() -> None:
    routers = (health, orders, money, attention, grants, vipps_deliveries)
    ours = {
        f"{method} {route.path}"
        for module in routers
        for route in module.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    named = [text.replace("{PUBLIC_URL}", "") for text in IN_CODE if re.match(r"(GET|POST) [/{]", text)]
    mine = {text for text in named if not re.search(r"/e(comm|payment)/v\d/", text)}
    assert mine
    assert mine <= ours
    assert "`/health/ready`" in PAGE


def test_the_figures_it_names_are_there() -> None:
    metrics = Metrics()
    metrics.set_webhook_registered(is_registered=True, unix_time=1)
    metrics.observe_vipps("read", "ok", 0.1)
    metrics.observe_http("POST", vipps_deliveries.router.routes[-1].path, 401, 0.1)  # type: ignore[attr-defined]
    metrics.set_violations({"x": 1})
    there = metrics.render().decode()
    named = {text for text in IN_CODE if text.startswith("payments_")}
    assert {name for name in named if not re.search(rf"^{name}(_count)?[{{ ]", there, re.MULTILINE)} == set()
    for label in re.findall(r"`((?:how|route|status|outcome)=\"[^`]+)`", PAGE):
        assert label in there


def test_every_name_it_quotes_is_in_the_code() -> None:
    names = {name for text in IN_CODE for name in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", text)}
    figures = {name for name in names if name.startswith("payments_")}  # see above
    assert {name for name in names - figures if not re.search(rf"\b{name}\b", SOURCE)} == set()


def test_the_words_of_readiness_are_all_explained() -> None:
    said = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", PAGE.split("## Webhooks")[1], re.MULTILINE)
    assert said[: len(Listening)] == [str(word) for word in Listening]
    assert len(EVENTS) == 7
    assert "seven events" in PAGE


def test_the_prices_that_are_refused_are_those_of_the_simulator() -> None:
    prices = {round(float(price) * 100) for price in re.findall(r"\| (\d\.\d\d) \|", PAGE)}
    assert prices - {201, 202} == REFUSED_AMOUNTS


async def test_a_payment_is_approved_as_is_written_there() -> None:
    """The last call of the block that approves without the app, sent to the simulator."""
    call = BLOCKS.replace("\\\n", " ").strip().splitlines()[-1]
    shop = EpayShop()
    await shop.sign_in()
    await shop.create()
    unit = shop.sim.config.sales_units[0]
    values = {
        "$V": "",
        "$ORDER_ID": REF,
        "$TOKEN": shop.token,
        "$VIPPS_SUBSCRIPTION_KEY": unit.subscription_keys[0],
        "$VIPPS_MERCHANT_SERIAL_NUMBER": unit.merchant_serial_number,
    }
    for name in sorted(values, key=len, reverse=True):
        call = call.replace(name, values[name])
    words = shlex.split(call)
    headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
    path = next(word for word in words if word.startswith("/"))
    answer = await shop.http.request(
        words[words.index("-X") + 1], path, headers=headers, content=words[words.index("-d") + 1]
    )
    assert answer.status_code == 200
    assert await shop.state() == "AUTHORIZED"
    await shop.sim.close()
    await shop.http.aclose()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_between_documents_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in headings]


def test_the_keys_of_operations_are_written_as_they_are_made() -> None:
    page = (ROOT / "docs/decisions/0008-which-key-an-operation-goes-under.md").read_text(encoding="utf-8")
    for kind in OperationKind:
        assert f"-{operation_key(ORDER, kind).rpartition('-')[2]}`" in page
