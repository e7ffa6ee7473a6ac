"""The README's five requests, as they are printed there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import httpx

README = Path(__file__).parents[2] / "README.md"


def printed_requests() -> list[tuple[str, str, str | None]]:
    """(method, path, body) of each `api …` line."""
    lines = re.findall(r"^api (.*localhost:8000.*)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    found = []
    for line in lines:
        words = shlex.split(line)
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        body = words[words.index("-d") + 1] if "-d" in words else None
        address = next(word for word in words if word.startswith("localhost:8000"))
        found.append((method, address.removeprefix("localhost:8000"), body))
    return found


async def test_the_five_requests_work_in_the_order_they_are_printed(api: httpx.AsyncClient) -> None:
    requests = printed_requests()
    answers = [await api.request(method, path, content=body) for method, path, body in requests]
    assert [
        (method, answer.status_code) for (method, _, _), answer in zip(requests, answers, strict=True)
    ] == [
        ("PUT", 201),
        ("PUT", 201),
        ("POST", 201),
        ("GET", 200),
        ("DELETE", 204),
    ]
    assert answers[1].json()["payment_expiredate"].endswith("Z")
    assert answers[2].json()["payment_link"].startswith("http")
    assert answers[3].json()["has_paid"] is False


def test_every_file_the_readme_points_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
