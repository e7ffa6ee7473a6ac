"""Whatever people read is there in both languages and says what to do; nothing is left for a caller to guess."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from payments_service.api import problems
from payments_service.api.catalogue import CATALOGUE
from payments_service.api.field_catalogue import NORWEGIAN
from payments_service.api.field_errors import MESSAGES, OTHERWISE
from payments_service.api.titles import TITLES
from payments_service.domain.errors import Refusal

API = Path(problems.__file__).parent
#: A member may meet these while paying, with nobody at hand to ask.
MEMBERS_MEET = [
    "already_paid",
    "event_service_unavailable",
    "forbidden",
    "on_waiting_list",
    "order_not_found",
    "paid_event_not_found",
    "payment_in_progress",
    "payment_time_expired",
    "registration_ended",
    "registration_exempt",
    "registration_not_found",
    "request_in_progress",
    "return_url_not_allowed",
    "too_many_requests",
    "unauthorized",
    "unavailable",
    "vipps_rejected",
    "vipps_unavailable",
]
#: Raised where no caller's field is looked at.
NOT_ABOUT_FIELDS = {"an instant needs a time zone"}


def sources() -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted(API.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield path, node


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def text_of(node: ast.expr | None) -> str | None:
    """A text as it is written; the holes of an f-string become what any value fits into."""
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".+" for p in node.values]
        return next((known for known in NORWEGIAN if re.fullmatch("".join(parts), known)), ast.unparse(node))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    yield kind
    for child in kind.__subclasses__():
        yield from refusals(child)


def codes_in_use() -> set[str]:
    """Every code a caller can meet: of all refusals, and of the answers that concern HTTP alone."""
    importlib.import_module("payments_service.serve")  # and with it everything that refuses
    found = {kind.code for kind in refusals()} | set(problems._STATUS_CODES.values())
    for _, call in sources():
        position = {"HttpProblem": 0, "problem_response": 1}.get(name_of(call))
        if position is not None and (code := text_of(call.args[position])):
            found.add(code)
    return found


def field_messages() -> set[str]:
    found = {*MESSAGES.values(), OTHERWISE}
    for path, call in sources():
        if name_of(call) == "ValueError" and (
            path.name in {"fields.py", "schemas.py"} or "routers" in path.parts
        ):
            found.add(text_of(call.args[0]) or ast.unparse(call.args[0]))
        if name_of(call) == "_wrong" and (message := text_of(call.args[1])):
            found.add(message)
    for path in sorted(API.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                found |= {
                    text for key, value in pairs if text_of(key) == "message" and (text := text_of(value))
                }
    return found - NOT_ABOUT_FIELDS


def test_every_code_that_is_used_is_in_the_catalogue() -> None:
    missing = codes_in_use() - set(CATALOGUE)
    assert not missing, f"add to api/catalogue.py: {sorted(missing)}"


def test_every_code_has_its_title_in_both_languages() -> None:
    missing = set(CATALOGUE) - set(TITLES)
    assert not missing, f"add the title in bokmål to TITLES in api/titles.py: {sorted(missing)}"
    assert set(TITLES) <= set(CATALOGUE), "titles of codes that are not there"
    for code, entry in CATALOGUE.items():
        assert entry.title.strip(), code
        assert TITLES[code].strip(), code
        assert TITLES[code] != entry.title, code
        assert not TITLES[code].endswith("."), code


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_detail_says_what_happened_and_what_to_do_in_both_languages(code: str) -> None:
    entry = CATALOGUE[code]
    assert entry.nb != entry.en
    for words in (entry.nb, entry.en):
        assert words == words.strip()
        assert words.endswith(".")
        assert len(words) <= 160, "members read this on a phone"
        assert "{" not in words
    assert sentences(entry.nb) >= 2, f"{code}: what happened, and what to do now"
    assert sentences(entry.en) >= 2, f"{code}: what happened, and what to do now"


def sentences(words: str) -> int:
    return len(re.findall(r"[.;!?](?:\s|$)", words))


@pytest.mark.parametrize("code", MEMBERS_MEET)
def test_what_a_member_meets_is_in_a_members_words(code: str) -> None:
    entry = CATALOGUE[code]
    for words in (entry.nb, entry.en):
        assert not re.search(r"HTTP|Idempotency|registration_id|order_id|backend|\b[45]\d\d\b", words), words


def test_every_message_about_a_field_is_there_in_both_languages() -> None:
    missing = field_messages() - set(NORWEGIAN)
    assert not missing, f"add to NORWEGIAN in api/field_catalogue.py: {sorted(missing)}"
    unused = set(NORWEGIAN) - field_messages()
    assert not unused, f"nobody says this any more: {sorted(unused)}"
    for english, norwegian in NORWEGIAN.items():
        assert norwegian.strip()
        assert norwegian != english
        assert not norwegian.endswith(".")


async def test_all_that_people_read_follows_the_language(client: httpx.AsyncClient) -> None:
    async def said(language: str) -> tuple[str, str, str]:
        answer = await client.put("/v1/things/1", json={}, headers={"Accept-Language": language})
        problem = answer.json()
        assert answer.headers["content-language"] == language
        return problem["title"], problem["detail"], problem["errors"][0]["message"]

    english, norwegian = await said("en"), await said("nb")
    entry = CATALOGUE["invalid_request"]
    assert english == (entry.title, entry.en, "is required")
    assert norwegian == (TITLES["invalid_request"], entry.nb, "må være med")
