"""What is printed in a page: its blocks, tables and requests."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ROUTE: Final = re.compile(r"(?:GET|PUT|POST|DELETE) /v1/[a-z0-9/{}_.-]+")
_ADDRESS: Final = "localhost:8000"


@dataclass(frozen=True, slots=True)
class Request:
    """One `api …` line: what is sent, and the status that is printed behind it."""

    method: str
    path: str
    body: str | None
    headers: dict[str, str]
    status: int


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, kind: str) -> list[str]:
    """The contents of all fenced blocks of a kind."""
    return re.findall(rf"^```{re.escape(kind)}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def tables(text: str, first_heading: str) -> list[list[list[str]]]:
    """All tables that begin with this heading, as rows of cells."""
    found: list[list[list[str]]] = []
    is_inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            is_inside = False
        elif is_inside:
            if not set("".join(cells)) <= set("-"):
                found[-1].append(cells)
        elif cells[0] == first_heading:
            is_inside = True
            found.append([])
    return found


def requests(text: str) -> list[Request | str]:
    """All requests of the shell blocks in order, and between them the comments that stand alone on a line."""
    found: list[Request | str] = []
    for block in blocks(text, "sh"):
        waiting = ""
        for line in block.splitlines():
            if line.startswith("# "):
                found.append(line[2:])
            elif waiting or line.startswith("api "):
                waiting += line + "\n"
                if re.search(r" # \d{3}$", line):
                    found.append(_request(waiting))
                    waiting = ""
        assert not waiting, f"no status behind {waiting}"
    return found


def _request(line: str) -> Request:
    command, _, status = line.strip().rpartition(" # ")
    words = shlex.split(command)
    body = words[words.index("-d") + 1] if "-d" in words else None
    default = "POST" if body is not None else "GET"
    address = next(word for word in words if word.startswith(_ADDRESS))
    return Request(
        method=words[words.index("-X") + 1] if "-X" in words else default,
        path=address.removeprefix(_ADDRESS),
        body=body,
        headers=dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H"),
        status=int(status),
    )
