"""One life of one registration, from a seed: what happened, and what must not have."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Literal

from payments_service.domain.decisions import Rules
from payments_service.domain.operations import Operation, OperationState
from payments_service.domain.orders import VippsApi
from payments_service.domain.registrations import OVER, Registration, RegistrationStatus
from tests.lives.clockwork import BEGINNING, Clockwork, Story
from tests.lives.line import Line
from tests.lives.member import People
from tests.lives.pretended_backend import PretendedBackend
from tests.lives.pretended_vipps import Payment, PretendedVipps
from tests.lives.rows import Item, Rows
from tests.lives.service import Service

PRICE = 25_000
TROUBLED = timedelta(minutes=50)  # afterwards the neighbours answer and nobody dies any more
REST = timedelta(hours=12)  # by then at the latest everything has come to rest
LOOK = timedelta(minutes=30)


class Violation(AssertionError):
    """Something that must never happen, or a life that did not come to rest."""


@dataclass
class Life:
    """Runs from birth to rest; `sometimes` counts the rare situations that occurred, `story` is its fingerprint."""

    seed: int
    sometimes: Counter[str] = field(default_factory=Counter)
    story: str = ""
    in_portal: int = 0  # øre refunded there

    def __post_init__(self) -> None:
        chance = Random(self.seed)
        self.clockwork = clockwork = Clockwork(chance)
        paytime = chance.choice((60, 300, 600, 900, 1800))
        deadline = BEGINNING + timedelta(seconds=paytime)
        api: VippsApi = chance.choice(("ecom", "epayment"))
        self.vipps = PretendedVipps(
            api,
            lambda: clockwork.now,
            self._money_moved,
            never_expires_by_itself=api == "ecom" and chance.random() < 0.2,
        )
        self.backend = PretendedBackend(deadline, self._seat_taken)
        registration = Registration(
            registration_id="77",
            event_id="123",
            user_id="olanor",
            status=RegistrationStatus.AWAITING_PAYMENT,
            payment_expiredate=deadline,
            from_waiting_list=False,
            created_at=BEGINNING,
        )
        trouble = chance.choice((0.0, 0.02, 0.1, 0.3))
        self.lines = [
            Line(clockwork, trouble, self.sometimes, name, strike=self._strike)
            for name in ("vipps", "backend")
        ]
        self.service = Service(
            Rows(registration, Item(due_at=deadline)),
            clockwork=clockwork,
            vipps=self.vipps,
            backend=self.backend,
            to_vipps=self.lines[0],
            to_backend=self.lines[1],
            rules=Rules(),
            price=PRICE,
            sometimes=self.sometimes,
        )
        self.service.are_answers_old = chance.choice((0.0, 0.0, 0.2))
        callbacks = chance.choice((0.0, 0.5, 1.0))
        self.people = People(clockwork, self.service, self.vipps, self.sometimes, callbacks)
        self._trace = hashlib.sha256()

    def live(self) -> None:
        """Live it. Raises Violation."""
        clockwork = self.clockwork
        self.service.boot()
        for who in (self.people.member(), self.people.organiser(), self._trouble()):
            clockwork.begin(who, self.people.phone)
        clockwork.run(BEGINNING + TROUBLED)
        for line in self.lines:
            line.trouble, line.is_silent = 0.0, False
        clockwork.run(BEGINNING + TROUBLED + LOOK)
        while not self.service.is_idle and clockwork.now < BEGINNING + REST:
            clockwork.run(clockwork.now + LOOK)
        self._at_rest()
        self.story = self._trace.hexdigest()

    def _trouble(self) -> Story:
        """Kills and stops processes, and silences Vipps, by chance, while the trouble lasts."""
        chance = self.clockwork.chance
        for _ in range(chance.choice((0, 0, 1, 3, 6))):
            yield chance.expovariate(1 / 300)
            if chance.random() < 0.7:
                self._strike(chance.choice(("killed", "stopped")))
                continue
            self.lines[0].is_silent = True
            yield chance.uniform(10, 900)
            self.lines[0].is_silent = False
            self.sometimes["Vipps was silent"] += 1

    def _strike(self, how: Literal["killed", "stopped"]) -> None:
        """The newest process is gone or stands still; another one takes over, and then there may be two."""
        chance = self.clockwork.chance
        if how == "killed":
            self.service.kill()
            self.clockwork.after(chance.choice((0.5, 5.0, 90.0)), self.service.boot)
        else:
            self.service.stop(chance.choice((20, 90, 300)))
            self.service.boot()

    # --- the judge, at the very instant

    def _money_moved(self, payment: Payment, what: str) -> None:
        self._write(payment.order_id, what, payment.net, payment.held)
        if payment.order_id not in self.service.rows.orders:
            self._violated("a payment without its row")
        if what == "refunded":
            self.in_portal = payment.refunded
        if what == "capture":
            if not self.backend.has_seat and not self.service.rows.registration.has_seat:
                self.sometimes["captured for a seat that went meanwhile"] += 1
            if sum(p.net > 0 for p in self.vipps.payments.values()) > 1:
                self._violated("charged twice")
        if what == "refund":
            self._judge_refund(payment)
        if what in ("approved", "rejected", "timed out", "capture", "refund", "cancel"):
            self.people.callback(payment.order_id)

    def _judge_refund(self, payment: Payment) -> None:
        """Ordered is what people asked for, and what goes back because it paid for nothing."""
        order = self.service.rows.orders[payment.order_id]
        asked = self.service.refunds_asked[payment.order_id] + self.in_portal
        if payment.refunded > asked and not order.is_returning:
            self._violated("refunded more than anybody asked for")
        log = [entry.request_id for entry in payment.log if entry.request_id]
        if len(log) != len(set(log)):
            self._violated("one key moved money twice")

    def _seat_taken(self) -> None:
        now = self.clockwork.now
        self._write("released")
        if now < self.service.rows.registration.payment_expiredate:
            self._violated("released before the deadline")
        for payment in self.vipps.payments.values():
            if payment.net > 0 or payment.held > 0:
                self._violated("threw out a member who paid")
            if payment.can_be_approved(now) and payment.order_id in self.people.links:
                self._violated("threw out a member who can still pay")
        self.sometimes["released"] += 1

    def _at_rest(self) -> None:
        service, payments = self.service, self.vipps.payments.values()
        registration = service.rows.registration
        status = registration.status
        self._write("at rest", status, sorted(service.rows.cases, key=str))
        self.sometimes[f"ended as {status}"] += 1
        net = sum(payment.net for payment in payments)
        if any(payment.held for payment in payments):
            self._violated("money is left hanging")
        if sum(payment.net > 0 for payment in payments) > 1:
            self._violated("two payments were kept")
        if status is RegistrationStatus.PAID and (not net or not self.backend.has_seat):
            self._violated("called paid")
        if status in OVER and (self.backend.has_seat or (net and not service.rows.cases)):
            self._violated("over, with a seat or with money nobody looks at")
        if status in (RegistrationStatus.AWAITING_PAYMENT, RegistrationStatus.EXPIRING):
            self._violated("in limbo")
        if status is RegistrationStatus.HELD and not service.is_a_persons_matter:
            self._violated("held, and no person knows")
        if any(o.state is OperationState.PENDING for o in self._operations()):
            self._violated("an operation was left")

    def _operations(self) -> list[Operation]:
        return [row.operation for row in self.service.rows.operations.values()]

    def _violated(self, what: str) -> None:
        at = self.clockwork.now - BEGINNING
        raise Violation(f"{what} (seed {self.seed}, after {at}, {self.vipps.api})")

    def _write(self, *what: object) -> None:
        self._trace.update(f"{self.clockwork.now} {what}\n".encode())
