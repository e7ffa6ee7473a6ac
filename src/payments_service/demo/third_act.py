"""The third act, money that goes back: a refund in part, asked for twice, and a payment that came too late."""

from __future__ import annotations

from typing import Final

from payments_service.demo.cast import Cast
from payments_service.demo.company import PRICE, SETTLED_SECONDS
from payments_service.demo.connections import answered


def refund_in_part(cast: Cast) -> None:
    """Two requests with one key are one refund; Anna has still paid."""
    order = cast.newest_order(cast.dinner, cast.anna)
    for _ in range(2):
        cast.backend.refund(order["order_id"], "100.00", reason="The dessert was cancelled", key="dessert")
    cast.telling.say("backend", "refunds Anna 100.00 for the dessert, and clicks twice")
    amounts = [effect["amount"] for effect in cast.vipps.effects(order["order_id"], "REFUND")]
    cast.telling.check("Vipps", "gave 100.00 back, once", expected=[10000], seen=amounts)
    after = cast.backend.order(order["order_id"])
    cast.telling.check(
        "service",
        "Anna's order is still CAPTURE, and paid",
        expected=("CAPTURE", True, PRICE, "100.00"),
        seen=tuple(after[fact] for fact in ("status", "is_paid", "captured", "refunded")),
    )
    cast.check_seat(cast.dinner, cast.anna, "and she keeps her seat", expected="a seat")


def pay_too_late(cast: Cast) -> None:
    """Hanna signs off while the payment page is open, and approves all the same."""
    telling, backend = cast.telling, cast.backend
    backend.open_event(cast.quiz, title="Quiz", seats=1, price=PRICE, paytime="00:10:00")
    backend.sign_up(cast.quiz, cast.hanna.user_id)
    backend.announce(cast.quiz, cast.hanna.user_id)
    order = cast.start_order(cast.quiz, cast.hanna)
    cast.vipps.refuse_next_cancel(order["order_id"], cast.api)
    backend.sign_off(cast.quiz, cast.hanna.user_id)
    telling.wait(
        "what happened to Hanna's order",
        lambda: cast.api.after_no in backend.happenings(order["order_id"]),
        until=True,
        seconds=SETTLED_SECONDS,
    )
    telling.say("Hanna", f"signs off; Vipps will not cancel what she is just looking at: {cast.api.after_no}")
    cast.hanna.approve(order)
    telling.say("Hanna", "approves all the same: money for a seat that is gone")
    seconds = telling.wait(
        "Hanna's order",
        lambda: backend.order(order["order_id"])["status"],
        until="VOID",
        seconds=SETTLED_SECONDS,
    )
    telling.check_soon("service", "lets her money go again by itself", seconds=seconds, at_most=8)
    after = backend.order(order["order_id"])
    telling.check("service", "says why: late", expected="late", seen=after["status_reason"])
    taken = cast.vipps.effects(order["order_id"], "CAPTURE")
    telling.check("Vipps", "never took it", expected=[], seen=taken)
    open_cases = answered(backend.service.get("/v1/attention"), 200)["items"]
    telling.check("service", "has no case left for a person", expected=[], seen=open_cases)


third_act: Final = [
    ("Anna is refunded in part", refund_in_part),
    ("Hanna pays for a seat that she has given up", pay_too_late),
]
