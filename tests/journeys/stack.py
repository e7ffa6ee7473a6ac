"""Everything a journey needs: neighbours, a database, replicas of the service, and members who sign up and pay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx

from payments_service.demo.environment import environment
from payments_service.domain.orders import VippsApi
from payments_service.simulator.journal import BackendCall
from payments_service.simulator.ledger import Payment
from tests.journeys import outbox, soundness
from tests.journeys.apis import KEY_HEADER
from tests.journeys.neighbours import Neighbours, eventually, free_port
from tests.journeys.pace import CHECKOUT_SECONDS, USUAL
from tests.journeys.service import Service

Result = TypeVar("Result")
WEBHOOK_SECRET: Final = "webhook-secret-of-every-journey"
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a seat, or a place in the waiting list, at the backend."""

    event_id: str
    user_id: str
    registration_id: str


class Stack:
    """The neighbours and the replicas. `service` is the first replica that runs."""

    def __init__(
        self,
        database_url: str,
        folder: Path,
        *,
        vipps_api: VippsApi = "ecom",
        checkout_seconds: int = CHECKOUT_SECONDS,
        is_registered: bool = True,
    ) -> None:
        """`is_registered`: webhooks are registered for it; otherwise that is for the journey to do."""
        self.database_url = database_url
        self._is_registered = is_registered
        self.vipps_api = vipps_api
        self._folder = folder
        self.checkout_seconds = checkout_seconds
        # the service's figure contains all margin, so Vipps is a little quicker
        self.neighbours = Neighbours(checkout_seconds=checkout_seconds - 0.5)
        self.services: list[Service] = []
        self.watch = soundness.Watch()

    def __enter__(self) -> Self:
        self.neighbours.__enter__()
        self.simulator = self.neighbours.simulator
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for service in self.services:
            service.close()
        self.neighbours.__exit__(kind, error, trace)

    def begin(self) -> None:
        """A new journey: what earlier ones left behind is not its matter."""
        self.neighbours.do(self.neighbours.mend)
        self.watch = soundness.Watch.of(self.simulator, self.services)

    def end(self) -> None:
        """Assert what must hold after every journey."""
        soundness.check(self.simulator, self.services, self.watch)
        self.check_outbox()

    def check_outbox(self) -> None:
        """With the neighbours mended, the backend hears of everything that happened."""
        self.neighbours.do(self.neighbours.mend)
        is_sound = any(service.is_running for service in self.services) and not self.watch.may_complain
        outbox.check(self.database_url, self.simulator, self.watch.events, comes_to_rest=is_sound)

    # -- the service ------------------------------------------------------------------------------------------

    def start_service(
        self, settings: Mapping[str, object] | None = None, *, wait: bool = True, **more: object
    ) -> Service:
        """Start a replica with the usual settings but for those given."""
        ours = {
            "VIPPS_API": self.vipps_api,
            "VIPPS_WEBHOOK_SECRETS": WEBHOOK_SECRET,
            "VIPPS_CHECKOUT_SECONDS": self.checkout_seconds,
        }
        chosen = {**USUAL, **ours, **(settings or {}), **more}
        variables = environment(
            database_url=self.database_url,  # replaced by a DATABASE_URL among the settings
            service_port=free_port(),
            simulator_origin=self.neighbours.origin,
            simulator=self.neighbours.config,
            **{name: str(value) for name, value in chosen.items()},
        )
        service = Service(variables, self._folder / f"service-{next(_numbers)}.log")
        self.services.append(service)
        if wait:
            service.wait_until_ready()
        if self._is_registered:
            self._listen_for_webhooks()
        return service

    def _listen_for_webhooks(self) -> None:
        """Webhooks go to one replica that runs, as through a load balancer."""
        url = f"{self.service.url}/vipps/webhooks"
        self.neighbours.do(lambda: self.neighbours.send_webhooks_to(url, WEBHOOK_SECRET))

    @property
    def service(self) -> Service:
        return next(service for service in self.services if service.is_running)

    # -- events and members -----------------------------------------------------------------------------------

    def event(self, *, capacity: int = 100, paytime: str = "01:00:00", price: str = "250.00") -> str:
        """An event at the backend that costs money here."""
        event_id = f"event-{next(_numbers)}"
        self.neighbours.do(lambda: self.simulator.backend.create_event(event_id, capacity))
        body = {"price": price, "paytime": paytime, "title": event_id}
        assert self.service.put(f"/v1/paid-events/{event_id}", body).status_code == 201
        self.watch.events.add(event_id)
        return event_id

    def sign_up(self, event_id: str, user_id: str | None = None) -> Member:
        """At the backend alone; nobody tells the service."""
        user_id = user_id or f"member-{next(_numbers)}"
        seat = self.neighbours.do(lambda: self.simulator.backend.sign_up(event_id, user_id))
        return Member(event_id, user_id, str(seat.registration_id))

    def register(self, member: Member, *, due_in: float | None = None, **more: object) -> dict[str, Any]:
        """The backend tells the service, with a deadline of its own if `due_in` seconds are given."""
        body: dict[str, object] = {"event_id": member.event_id, "user_id": member.user_id, **more}
        if due_in is not None:
            body["payment_expiredate"] = (datetime.now(UTC) + timedelta(seconds=due_in)).isoformat()
        answer = self.service.put(f"/v1/registrations/{member.registration_id}", body)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def joins(self, *, due_in: float | None = None, event_id: str | None = None) -> Member:
        """Somebody signs up and the service is told."""
        member = self.sign_up(event_id or self.event())
        self.register(member, due_in=due_in)
        return member

    def pay(self, member: Member, service: Service | None = None, **more: object) -> httpx.Response:
        """Ask for a payment."""
        body = {
            "event_id": member.event_id,
            "user_id": member.user_id,
            "payer_name": member.user_id,
            **more,
        }
        return (service or self.service).post("/v1/orders", body)

    def starts_paying(self, member: Member) -> str:
        """Ask for a payment and get one; return the order's id."""
        answer = self.pay(member)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["order_id"])

    def approve(self, order_id: str) -> None:
        """The member approves in the app; returns when Vipps has tried its callback."""
        self.neighbours.wait_for(self.simulator.member.approve(order_id))

    # -- looking ----------------------------------------------------------------------------------------------

    def order(self, order_id: str) -> dict[str, Any]:
        answer = self.service.get(f"/v1/orders/{order_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def registration(self, member: Member) -> dict[str, Any]:
        answer = self.service.get(f"/v1/registrations/{member.registration_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def has_status(self, member: Member, *statuses: str) -> bool:
        return self.registration(member)["status"] in statuses

    def becomes(self, member: Member, *statuses: str, within: float) -> None:
        """Wait until the registration has one of these statuses."""
        eventually(lambda: self.has_status(member, *statuses), within=within, what=f"{member}: {statuses}")

    def is_captured(self, order_id: str, *, within: float) -> None:
        """Wait until Vipps has taken the money, and see that it did so once."""
        eventually(lambda: self.effects(order_id, "CAPTURE"), within=within, what=f"{order_id} captured")
        assert self.effects(order_id, "CAPTURE") == 1

    def payment(self, order_id: str) -> Payment:
        """As Vipps has it now."""
        return self.neighbours.do(lambda: self.simulator.payment(order_id))

    def has_seat(self, member: Member) -> bool:
        """As the backend sees it."""
        event = self.simulator.backend.events[member.event_id]
        seats = self.neighbours.do(lambda: [str(r.registration_id) for r in event.seated])
        return member.registration_id in seats

    def effects(self, order_id: str, operation: str) -> int:
        """How often Vipps did it."""
        return sum(effect.ok for effect in self.simulator.journal.effects_of(order_id, operation))

    def calls(self, operation: str, order_id: str) -> int:
        """How often Vipps was asked for it."""
        return len(self.simulator.journal.requests_for(operation, order_id))

    def keys(self, operation: str, order_id: str) -> set[str | None]:
        """Return every key that Vipps was asked with, whatever came of it."""
        asked = self.simulator.journal.requests_for(operation, order_id)
        return {request.headers.get(KEY_HEADER[self.vipps_api]) for request in asked}

    def releases(self, member: Member) -> list[BackendCall]:
        """What was asked of the backend to take this seat back."""
        return soundness.releases(self.simulator, member.event_id, member.user_id)

    def cases(self, member: Member) -> list[str]:
        """What a person is asked to look at."""
        answer = self.service.get("/v1/attention", event_id=member.event_id)
        assert answer.status_code == 200, answer.text
        return [c["code"] for c in answer.json()["items"] if c["registration_id"] == member.registration_id]

    def eventually(self, predicate: Callable[[], Result | None], *, within: float, what: str = "") -> Result:
        return eventually(predicate, within=within, what=what)
