"""The port: what the service asks of the event backend."""

from __future__ import annotations

from typing import Protocol

from payments_service.domain.seats import Seat, SeatPage


class SeatService(Protocol):
    """The owner of seats. Every call may raise `Unanswered` or `Refused`."""

    async def find_seat(self, event_id: str, user_id: str) -> Seat | None:
        """Return the member's sign-up, None when there is none."""
        ...

    async def release(self, event_id: str, user_id: str, registration_id: str) -> None:
        """Take the seat back; returns when it is taken back or was gone already."""
        ...

    async def list_seats(self, event_id: str, page: int) -> SeatPage:
        """Return one page of an event's sign-ups, the first is 1."""
        ...
