"""The finale: the API is switched while payments are under way, and each of them stays where it began."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from payments_service.demo.actors import Member
from payments_service.demo.apis import ECOM, EPAYMENT
from payments_service.demo.company import PRICE, SETTLED_SECONDS, Company, Stage
from payments_service.demo.connections import answered
from payments_service.demo.opening import HURRIED

EVENT: Final = "revy"
#: A checkout has to outlast a restart, on a slow machine too.
CHECKOUT_SECONDS: Final = 60.0
UNDER_WAY: Final[Mapping[str, str]] = {**HURRIED, "VIPPS_CHECKOUT_SECONDS": "70"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guests(Company):
    """Ida pays before the switch, Jonas across it, Kari after it."""

    ida: Member
    jonas: Member
    kari: Member


def begin(guests: Guests) -> None:
    """Back to eCom: one payment is captured, another checkout is open."""
    telling, backend = guests.telling, guests.backend
    guests.vipps.allow_checkouts_to_last(CHECKOUT_SECONDS)
    guests.start_service(ECOM, UNDER_WAY)
    backend.open_event(EVENT, title="Revy", seats=3, price=PRICE, paytime="00:10:00")
    for member in (guests.ida, guests.jonas, guests.kari):
        backend.sign_up(EVENT, member.user_id)
        backend.announce(EVENT, member.user_id)
    telling.say("members", "Ida, Jonas and Kari sign up for Revy")
    order = guests.start_order(EVENT, guests.ida)
    guests.ida.approve(order)
    guests.wait_for_status(EVENT, guests.ida, "paid", seconds=SETTLED_SECONDS)
    guests.check_captured_once(order)
    guests.jonas.open(guests.start_order(EVENT, guests.jonas))
    telling.say("Jonas", "opens the app, and is interrupted")


def switch(guests: Guests) -> None:
    """Another process, other variables; what is under way lies in the database."""
    telling, stack = guests.telling, guests.stage.stack
    before, pid = guests.newest_order(EVENT, guests.jonas), stack.pid
    guests.start_service(EPAYMENT, UNDER_WAY)
    telling.check("service", "is another process now", expected=True, seen=stack.pid not in (None, pid))
    again = answered(guests.jonas.ask_to_pay(EVENT), 200)
    facts = ("order_id", "status", "vipps_api", "payment_link")
    telling.check(
        "service",
        "gives Jonas the same link to the same eCom payment",
        expected=[before["order_id"], "INITIATE", ECOM.name, before["payment_link"]],
        seen=[again[fact] for fact in facts],
    )


def go_on(guests: Guests) -> None:
    """Jonas' payment is heard of, settled and captured where it was started."""
    order = guests.newest_order(EVENT, guests.jonas)
    guests.jonas.approve(order)
    guests.telling.say("Jonas", "approves what he began before, and Vipps sends a callback")
    seconds = guests.wait_for_status(EVENT, guests.jonas, "paid", seconds=SETTLED_SECONDS)
    guests.telling.check_soon("service", "Jonas is paid", seconds=seconds, at_most=3)
    guests.check_captured_once(order)
    _check_moves(guests, order, ["INITIATE", "RESERVE", "CAPTURE"])
    guests.check_ways([guests.backend.order(order["order_id"])], ECOM, "heard of it by eCom v2 alone")


def give_back(guests: Guests) -> None:
    """Ida's money goes back the way it came."""
    order = guests.newest_order(EVENT, guests.ida)
    after = guests.backend.refund(order["order_id"], PRICE, reason="Ida is ill", key="ida-is-ill")
    guests.telling.say("backend", f"refunds Ida {PRICE}")
    guests.telling.check(
        "service",
        "Ida's order is REFUND, all of it",
        expected=("REFUND", False, PRICE),
        seen=(after["status"], after["is_paid"], after["refunded"]),
    )
    _check_moves(guests, order, ["INITIATE", "RESERVE", "CAPTURE", "REFUND"])
    guests.check_ways([after], ECOM, "heard of it by eCom v2 alone")


def start_anew(guests: Guests) -> None:
    """Kari's payment is the first of the new kind."""
    metric = 'payments_first_learned_total{how="callback"}'
    before = guests.backend.metric(metric)
    order = guests.start_order(EVENT, guests.kari)
    guests.kari.approve(order)
    guests.telling.say("Kari", "approves in the app, and Vipps sends a webhook")
    seconds = guests.wait_for_status(EVENT, guests.kari, "paid", seconds=SETTLED_SECONDS)
    guests.telling.check_soon("service", "Kari is paid", seconds=seconds, at_most=3)
    learned = guests.backend.metric(metric) - before
    guests.telling.check("service", "learned it from the webhook", expected=1.0, seen=learned)
    guests.check_captured_once(order)
    _check_moves(guests, order, ["INITIATE", "RESERVE", "CAPTURE"])
    guests.check_ways([guests.backend.order(order["order_id"])], EPAYMENT, "heard of it by ePayment v1 alone")


def _check_moves(guests: Guests, order: Any, expected: Sequence[str]) -> None:
    moves = guests.vipps.moves(order["order_id"])
    guests.telling.check(
        "Vipps", f"wrote down {', '.join(expected)}, each once", expected=expected, seen=moves
    )


finale: Final[Sequence[tuple[str, Callable[[Guests], None]]]] = [
    ("Back to eCom: one payment is captured, one is open", begin),
    ("The service is restarted for ePayment in mid-flight", switch),
    ("Jonas pays after the switch, in eCom", go_on),
    ("Ida is refunded after the switch, in eCom", give_back),
    ("Kari starts after the switch, in ePayment", start_anew),
]


def make_guests(stage: Stage) -> Guests:
    """Make everybody for the finale."""
    return Guests(
        stage=stage,
        telling=stage.telling,
        vipps=stage.vipps(),
        backend=stage.backend(),
        ida=stage.member("Ida"),
        jonas=stage.member("Jonas"),
        kari=stage.member("Kari"),
    )
