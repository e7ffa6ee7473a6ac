"""The cast of the story and the three events they want to go to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from payments_service.demo.actors import Backend, Connections, Member, Vipps, answered
from payments_service.demo.stack import Stack
from payments_service.demo.telling import Telling

DINNER: Final = "julebord"
TRIP: Final = "hyttetur"
QUIZ: Final = "quiz"
PRICE: Final = "250.00"
#: How long a wait may take before something is wrong: the contract's "how soon" (its section 6), with its sums.
SETTLED_SECONDS: Final = 8.0
POLLED_SECONDS: Final = 12.0
HELD_SECONDS: Final = 15.0
BACK_SECONDS: Final = 15.0
RELEASED_SECONDS: Final = 17.0


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays, and who tells."""

    telling: Telling
    service_url: str
    vipps: Vipps
    backend: Backend
    anna: Member
    bjorn: Member
    celine: Member
    david: Member
    eva: Member
    frida: Member
    hanna: Member

    @property
    def at_dinner(self) -> tuple[Member, ...]:
        return (self.anna, self.bjorn, self.celine, self.david, self.eva)

    def start_order(self, event_id: str, member: Member) -> Any:
        """Let a member start a payment, and tell the referee whose seat it is for."""
        order = answered(member.ask_to_pay(event_id), 201)
        self.vipps.tie(order["order_id"], event_id, member.user_id)
        self.telling.say(
            member.name, f"starts a payment of {order['amount']} {order['currency']}, and gets a link"
        )
        return order

    def wait_for_status(self, event_id: str, member: Member, status: str, *, seconds: float) -> float:
        """Wait until a member's registration has a status; return how long it took."""
        return self.telling.wait(
            f"{member.name}'s registration",
            lambda: self.backend.status(event_id, member.user_id),
            until=status,
            seconds=seconds,
        )

    def check_captured_once(self, order: Any) -> None:
        """Wait for the money to have moved at Vipps, and see that it moved once."""
        order_id = order["order_id"]
        self.telling.wait(
            "the order",
            lambda: self.backend.order(order_id)["status"],
            until="CAPTURE",
            seconds=SETTLED_SECONDS,
        )
        amounts = [effect["amount"] for effect in self.vipps.effects(order_id, "CAPTURE")]
        self.telling.check("Vipps", f"captured {PRICE}, once", expected=[25000], seen=amounts)

    def check_seat(self, event_id: str, member: Member, what: str, *, expected: str) -> None:
        """Look at the backend whether a member has "a seat" or "no seat"."""
        self.telling.check("service", what, expected=expected, seen=self.seat(event_id, member))

    def seat(self, event_id: str, member: Member) -> str:
        return "a seat" if self.backend.has_seat(event_id, member.user_id) else "no seat"

    def promote(self, member: Member) -> datetime:
        """Announce a member who moved up from the waiting list; return the deadline the service set."""
        self.telling.wait(
            f"{member.name}'s place",
            lambda: self.seat(DINNER, member),
            until="a seat",
            seconds=SETTLED_SECONDS,
        )
        told = self.backend.announce(DINNER, member.user_id, promoted=True)
        deadline = datetime.fromisoformat(told["payment_expiredate"])
        self.telling.say(
            "backend", f"{member.name} moves up from the waiting list; must pay by {deadline:%T}"
        )
        return deadline


def make_cast(stack: Stack, telling: Telling, connections: Connections) -> Cast:
    """Make everybody for a running stack."""
    anna, bjorn, celine, david, eva, frida, hanna = (
        Member(name, service_url=stack.service_url, connections=connections)
        for name in ("Anna", "Bjørn", "Celine", "David", "Eva", "Frida", "Hanna")
    )
    return Cast(
        telling=telling,
        service_url=stack.service_url,
        vipps=Vipps(stack.simulator_url, connections),
        backend=Backend(
            service_url=stack.service_url, simulator_url=stack.simulator_url, connections=connections
        ),
        anna=anna,
        bjorn=bjorn,
        celine=celine,
        david=david,
        eva=eva,
        frida=frida,
        hanna=hanna,
    )
