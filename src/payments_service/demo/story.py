"""The plot: three seats and five members, and all that can come between them, over one API, over the other, across."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from payments_service.demo.accounts import accounts
from payments_service.demo.apis import Api
from payments_service.demo.cast import Cast, make_cast
from payments_service.demo.company import Company, Stage
from payments_service.demo.finale import finale, make_guests
from payments_service.demo.first_act import first_act
from payments_service.demo.last_books import last_books
from payments_service.demo.opening import opening
from payments_service.demo.second_act import second_act
from payments_service.demo.third_act import third_act

STEPS: Final[Sequence[tuple[str, Callable[[Cast], None]]]] = (
    *opening,
    *first_act,
    *second_act,
    *third_act,
    *accounts,
)
Players = TypeVar("Players", bound=Company)


def play(stage: Stage, apis: Sequence[Api]) -> None:
    """Play the story over each API; with both, then a switch from one to the other. Ends where the rest would mean
    nothing."""
    for number, api in enumerate(apis, start=1):
        stage.telling.heading(f"Round {number} of {len(apis)}: {api.title}, VIPPS_API={api.name}")
        _play(make_cast(stage, api), [(title.format_map(words_of(api)), step) for title, step in STEPS])
        if stage.telling.is_broken:
            return
    if len(apis) > 1:
        stage.telling.heading("Finale: from eCom v2 to ePayment v1 in mid-flight")
        _play(make_guests(stage), [*finale, *last_books])


def words_of(api: Api) -> dict[str, str]:
    """Return what a title may speak of."""
    return {"title": api.title, "delivery": api.delivery}


def _play(players: Players, steps: Sequence[tuple[str, Callable[[Players], None]]]) -> None:
    """Play step after step, numbered over all rounds, until the end or until one goes too wrong."""
    for title, step in steps:
        with players.telling.step(f"{players.telling.steps + 1}. {title}"):
            step(players)
        if players.telling.is_broken:
            return
