"""A pretended event backend: events with so many seats, registrations, and a waiting list that moves up."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from payments_service.simulator.clock import VirtualClock


@dataclass(slots=True)
class Registration:
    registration_id: int
    event_id: str
    user_id: str
    is_on_wait: bool
    created_at: datetime
    payment_expiredate: datetime | None = None
    place: int = 0
    """Order in the waiting list: the lowest moves up first."""


@dataclass(slots=True)
class Event:
    event_id: str
    capacity: int
    paytime_seconds: float | None = None
    """When set, the backend itself writes payment_expiredate at sign-up and promotion."""
    registrations: list[Registration] = field(default_factory=list)

    def find(self, user_id: str) -> Registration | None:
        return next((r for r in self.registrations if r.user_id == user_id), None)

    @property
    def seated(self) -> list[Registration]:
        return [r for r in self.registrations if not r.is_on_wait]

    @property
    def waiting(self) -> list[Registration]:
        return sorted((r for r in self.registrations if r.is_on_wait), key=lambda r: r.place)


class EventBackend:
    def __init__(self, *, clock: VirtualClock) -> None:
        self._clock = clock
        self.events: dict[str, Event] = {}
        self._last_registration = 76
        self._last_place = 0

    def create_event(
        self, event_id: str | int, capacity: int = 10, *, paytime_seconds: float | None = None
    ) -> Event:
        """Creates it, or changes its capacity and fills seats that became free."""
        event = self.events.setdefault(str(event_id), Event(str(event_id), capacity))
        event.capacity, event.paytime_seconds = capacity, paytime_seconds
        self._promote(event)
        return event

    def delete_event(self, event_id: str | int) -> None:
        self.events.pop(str(event_id), None)

    def sign_up(self, event_id: str | int, user_id: str) -> Registration:
        """A seat, or a place in the waiting list; ValueError when signed up already."""
        event = self.events[str(event_id)]
        if event.find(user_id) is not None:
            raise ValueError(f"{user_id} is signed up for {event_id} already")
        self._last_registration += 1
        full = len(event.seated) >= event.capacity
        registration = Registration(
            self._last_registration,
            event.event_id,
            user_id,
            full,
            self._clock.now(),
            place=self._next_place(),
        )
        event.registrations.append(registration)
        if not full:
            self._start_clock(event, registration)
        return registration

    def sign_off(self, event_id: str | int, user_id: str) -> Registration | None:
        """Also what a release does. The seat goes to the first in the waiting list."""
        event = self.events[str(event_id)]
        registration = event.find(user_id)
        if registration is not None:
            event.registrations.remove(registration)
            self._promote(event)
        return registration

    def move_to_waiting_list(self, event_id: str | int, user_id: str) -> Registration | None:
        event = self.events[str(event_id)]
        registration = event.find(user_id)
        if registration is None or registration.is_on_wait:
            return registration
        # Others move up first: whoever lost a seat must not get it straight back.
        event.registrations.remove(registration)
        self._promote(event)
        registration.is_on_wait, registration.payment_expiredate = True, None
        registration.place = self._next_place()
        event.registrations.append(registration)
        return registration

    def give_seat(self, event_id: str | int, user_id: str) -> Registration:
        """An organiser moves somebody up by hand, whatever the capacity says."""
        event = self.events[str(event_id)]
        registration = self.get(event_id, user_id)
        registration.is_on_wait = False
        self._start_clock(event, registration)
        return registration

    def set_payment_expiredate(
        self, event_id: str | int, user_id: str, instant: datetime | None
    ) -> Registration:
        registration = self.get(event_id, user_id)
        registration.payment_expiredate = instant
        return registration

    def get(self, event_id: str | int, user_id: str) -> Registration:
        registration = self.events[str(event_id)].find(user_id)
        if registration is None:
            raise KeyError(user_id)
        return registration

    def registrations(self, event_id: str | int) -> list[Registration]:
        return list(self.events[str(event_id)].registrations)

    def clear(self) -> None:
        self.events.clear()

    def _promote(self, event: Event) -> None:
        for registration in event.waiting[: max(0, event.capacity - len(event.seated))]:
            registration.is_on_wait = False
            self._start_clock(event, registration)

    def _start_clock(self, event: Event, registration: Registration) -> None:
        if event.paytime_seconds is not None:
            registration.payment_expiredate = self._clock.now() + timedelta(seconds=event.paytime_seconds)

    def _next_place(self) -> int:
        self._last_place += 1
        return self._last_place
