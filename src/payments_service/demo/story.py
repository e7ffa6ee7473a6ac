"""The plot: an event with three seats and five members, and everything that can come between a member and a seat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from payments_service.demo.accounts import accounts
from payments_service.demo.actors import JWT_KEY
from payments_service.demo.cast import Cast
from payments_service.demo.first_act import first_act
from payments_service.demo.second_act import second_act
from payments_service.demo.third_act import third_act

#: A story of seconds instead of hours. The simulated checkout ends before the service counts on its end.
CHECKOUT_SECONDS: Final = 6.0
HURRIED: Final[Mapping[str, str]] = {
    "VIPPS_CHECKOUT_SECONDS": "8",
    "VIPPS_TIMEOUT_SECONDS": "2",
    "EVENT_SERVICE_TIMEOUT_SECONDS": "2",
    "LEASE_SECONDS": "10",
    "SWEEP_SECONDS": "1",
    "WAITING_LIST_PAYTIME": "00:00:04",
    "JWT_KEY": JWT_KEY,
}
STEPS: Final[Sequence[tuple[str, Callable[[Cast], None]]]] = (*first_act, *second_act, *third_act, *accounts)


def play(cast: Cast) -> None:
    """Play step after step, until the end or until one goes so wrong that the rest would mean nothing."""
    for number, (title, step) in enumerate(STEPS, start=1):
        with cast.telling.step(f"{number}. {title}"):
            step(cast)
        if cast.telling.is_broken:
            return
