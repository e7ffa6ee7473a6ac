"""What every scene needs: the stage that all rounds share, and what can be done and checked for any member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from payments_service.demo.actors import Backend, Member
from payments_service.demo.apis import Api
from payments_service.demo.connections import Connections, answered
from payments_service.demo.operating import Operator
from payments_service.demo.stack import Stack
from payments_service.demo.telling import Telling
from payments_service.demo.vipps_side import Vipps

PRICE: Final = "250.00"
#: How long a wait may take before something is wrong: the contract's "how soon" (its section 6), with its sums.
SETTLED_SECONDS: Final = 8.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A stack that stands, who operates it, and who tells."""

    stack: Stack
    operator: Operator
    telling: Telling
    connections: Connections

    def vipps(self) -> Vipps:
        return Vipps(self.stack.simulator_url, self.connections)

    def backend(self) -> Backend:
        return Backend(
            service_url=self.stack.service_url,
            simulator_url=self.stack.simulator_url,
            connections=self.connections,
        )

    def member(self, name: str) -> Member:
        return Member(name, service_url=self.stack.service_url, connections=self.connections)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Those who play in every scene."""

    stage: Stage
    telling: Telling
    vipps: Vipps
    backend: Backend

    def start_service(self, api: Api, settings: Mapping[str, str]) -> None:
        """Start the service, or start it again, as the operator."""
        again = " again" if self.stage.stack.pid is not None else ""
        self.telling.say("operator", f"starts the service{again}, with VIPPS_API={api.name}")
        self.stage.operator.start(api, settings)

    def start_order(self, event_id: str, member: Member) -> Any:
        """Let a member start a payment, and tell the referee whose seat it is for."""
        order = answered(member.ask_to_pay(event_id), 201)
        self.vipps.tie(order["order_id"], event_id, member.user_id)
        self.telling.say(
            member.name, f"starts a payment of {order['amount']} {order['currency']}, and gets a link"
        )
        return order

    def newest_order(self, event_id: str, member: Member) -> Any:
        """Return the order of a member who has one."""
        return self.backend.registration(event_id, member.user_id)["orders"][0]

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

    def check_ways(self, orders: Sequence[Any], api: Api, what: str) -> None:
        """Look at the wire: whatever was said about these orders was said over one API, and heard over its channel."""
        ways = self.vipps.ways([order["order_id"] for order in orders], api)
        self.telling.check(
            "Vipps",
            what,
            expected=({api.name}, {api.path, api.delivery}),
            seen=({order["vipps_api"] for order in orders}, ways),
        )

    def check_referee(self) -> None:
        """Ask whether any seat, of whichever round, was taken back wrongly."""
        self.telling.check(
            "referee",
            "no seat was taken from money, or from a way to pay",
            expected=[],
            seen=self.vipps.violations(),
        )

    def check_seat(self, event_id: str, member: Member, what: str, *, expected: str) -> None:
        """Look at the backend whether a member has "a seat" or "no seat"."""
        self.telling.check("service", what, expected=expected, seen=self.seat(event_id, member))

    def seat(self, event_id: str, member: Member) -> str:
        return "a seat" if self.backend.has_seat(event_id, member.user_id) else "no seat"
