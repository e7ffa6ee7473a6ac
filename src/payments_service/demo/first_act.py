"""The first act, while everything is well: sign-up, a payment, a double click, a forger, lost news, a release."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

from payments_service.demo.cast import POLLED_SECONDS, RELEASED_SECONDS, Cast
from payments_service.demo.company import PRICE, SETTLED_SECONDS
from payments_service.demo.connections import answered

PAYTIME: Final = "00:00:07"  # Celine's wait; long enough for Anna and Bjørn on a slow machine


def sign_up(cast: Cast) -> None:
    """Three seats, five sign-ups: the last two wait."""
    telling, backend = cast.telling, cast.backend
    backend.open_event(cast.dinner, title="Julebord", seats=3, price=PRICE, paytime=PAYTIME)
    telling.say("backend", f"opens Julebord: three seats, {PRICE} NOK, seven seconds to pay")
    seated = [member.name for member in cast.at_dinner if backend.sign_up(cast.dinner, member.user_id)]
    for member in cast.at_dinner[:3]:
        backend.announce(cast.dinner, member.user_id)
    telling.say("members", "sign up, all five of them")
    telling.check(
        "backend",
        "Anna, Bjørn and Celine have seats, David and Eva wait",
        expected=["Anna", "Bjørn", "Celine"],
        seen=seated,
    )
    refusal = cast.david.ask_to_pay(cast.dinner)
    telling.check(
        "service",
        "lets nobody pay who is on the waiting list",
        expected=(409, "on_waiting_list"),
        seen=(refusal.status_code, refusal.json().get("code")),
    )


def pay(cast: Cast) -> None:
    """The usual case."""
    order = cast.start_order(cast.dinner, cast.anna)
    cast.anna.approve(order)
    cast.telling.say("Anna", f"approves in the app, and Vipps sends a {cast.api.delivery}")
    seconds = cast.wait_for_status(cast.dinner, cast.anna, "paid", seconds=SETTLED_SECONDS)
    cast.telling.check_soon("service", "Anna is paid", seconds=seconds, at_most=3)
    cast.check_captured_once(order)


def click_twice(cast: Cast) -> None:
    """Two requests at once make one order."""
    with ThreadPoolExecutor(2) as hands:
        clicks = [hands.submit(cast.bjorn.ask_to_pay, cast.dinner) for _ in range(2)]
        responses = [click.result() for click in clicks]
    cast.telling.say("Bjørn", "is impatient, and clicks twice at once")
    orders = [answered(response, 200, 201) for response in responses]
    cast.vipps.tie(orders[0]["order_id"], cast.dinner, cast.bjorn.user_id)
    statuses = sorted(response.status_code for response in responses)
    cast.telling.check(
        "service", "one order is made, the other click gets it", expected=[200, 201], seen=statuses
    )
    distinct = len({(order["order_id"], order["payment_link"]) for order in orders})
    cast.telling.check("service", "both clicks got the same link", expected=1, seen=distinct)
    bjorns = (cast.dinner, cast.bjorn.user_id)
    mine = [p for p in cast.vipps.state()["payments"] if (p["event_id"], p["user_id"]) == bjorns]
    cast.telling.check("Vipps", "knows of one payment", expected=1, seen=len(mine))


def forge(cast: Cast) -> None:
    """Somebody without our keys says that Bjørn has paid."""
    order, api = cast.newest_order(cast.dinner, cast.bjorn), cast.api
    answer = api.forge(cast.stage.stack.service_url, order["order_id"])
    cast.telling.say("a stranger", f"sends a {api.delivery} that says Bjørn has paid, {api.forged}")
    cast.telling.check("service", "turns it away", expected=401, seen=answer.status_code)
    after = cast.backend.order(order["order_id"])
    facts = ("status", "is_paid", "captured", "payment_link")
    cast.telling.check(
        "service",
        "Bjørn's order is as it was",
        expected=[order[fact] for fact in facts],
        seen=[after[fact] for fact in facts],
    )


def lose_the_delivery(cast: Cast) -> None:
    """What Vipps sends never arrives; asking finds it."""
    metric = 'payments_first_learned_total{how="poll"}'
    before = cast.backend.metric(metric)
    order = cast.newest_order(cast.dinner, cast.bjorn)
    cast.vipps.lose_delivery(order["order_id"])
    cast.bjorn.approve(order)
    cast.telling.say("Bjørn", f"approves in the app, and the {cast.api.delivery} is lost on its way")
    seconds = cast.wait_for_status(cast.dinner, cast.bjorn, "paid", seconds=POLLED_SECONDS)
    cast.telling.check_soon("service", "asked Vipps by itself: Bjørn is paid", seconds=seconds, at_most=10)
    learned = cast.backend.metric(metric) - before
    cast.telling.check("service", "counts it as learned by polling", expected=1.0, seen=learned)
    cast.check_captured_once(order)


def never_pay(cast: Cast) -> None:
    """Celine's time runs out: the seat goes back, and on to David. The next step begins with him."""
    cast.telling.say("Celine", "does nothing at all")
    cast.wait_for_status(cast.dinner, cast.celine, "expired", seconds=RELEASED_SECONDS)
    deadline = cast.backend.registration(cast.dinner, cast.celine.user_id)["payment_expiredate"]
    late = (datetime.now(UTC) - datetime.fromisoformat(deadline)).total_seconds()
    cast.telling.check_soon("service", "gives up on Celine at her deadline", seconds=late, at_most=7)
    cast.check_seat(cast.dinner, cast.celine, "has given her seat back", expected="no seat")
    refusal = cast.celine.ask_to_pay(cast.dinner)
    cast.telling.check("service", "Celine can no longer pay", expected=404, seen=refusal.status_code)


first_act: Final = [
    ("Five members sign up for three seats", sign_up),
    ("Anna pays, and Vipps sends a {delivery}", pay),
    ("Bjørn clicks twice", click_twice),
    ("A stranger forges a {delivery}", forge),
    ("Bjørn pays, and the {delivery} is lost", lose_the_delivery),
    ("Celine never pays", never_pay),
]
