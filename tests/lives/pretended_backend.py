"""The event backend's one seat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass
class PretendedBackend:
    """A seat and its deadline. `watch` is told when a release takes the seat, at that very instant."""

    deadline: datetime
    watch: Callable[[], None]
    has_seat: bool = True

    def find_seat(self) -> datetime | None:
        """The deadline of the seat, or None when there is no such sign-up."""
        return self.deadline if self.has_seat else None

    def release(self) -> None:
        """Take the seat back; repeated, it is a 404, which says the same."""
        if self.has_seat:
            self.watch()
        self.has_seat = False

    def signed_off(self) -> None:
        self.has_seat = False
