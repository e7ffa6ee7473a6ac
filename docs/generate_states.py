"""Write docs/states.md from the tables in the code: `python docs/generate_states.py`."""

from __future__ import annotations

from pathlib import Path

from payments_service.domain.orders import MOVES, OrderStatus
from payments_service.domain.registrations import CHANGES, RegistrationStatus
from payments_service.domain.vocabulary import WORDS

PAGE = Path(__file__).parent / "states.md"


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            "# States",
            "",
            "Made from `domain/orders.py`, `domain/registrations.py` and `domain/vocabulary.py` by"
            " `docs/generate_states.py`; a test keeps it fresh.",
            "",
            "## A registration",
            "",
            "```mermaid",
            "stateDiagram-v2",
            "    [*] --> awaiting_payment: a seat at a paid event",
            *(f"    {before} --> {after}: {cause}" for (before, after), cause in CHANGES.items()),
            *(f"    {status} --> [*]" for status in (RegistrationStatus.EXPIRED, RegistrationStatus.ENDED)),
            "```",
            "",
            "## An order",
            "",
            "Only answers to reads move an order, and only forward; a stale answer changes nothing.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            "    [*] --> INITIATE: the intent is written down",
            *(f"    {before} --> {after}" for before in OrderStatus for after in sorted(MOVES[before])),
            "```",
            "",
            "## The words of Vipps",
            "",
            "| word | means |",
            "|---|---|",
            *(f"| `{word}` | {meaning} |" for word, meaning in WORDS.items()),
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
