"""The second act, at and across deadlines: Vipps falls silent, a change of mind, an approval in the last second."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from payments_service.demo.cast import BACK_SECONDS, HELD_SECONDS, RELEASED_SECONDS, Cast
from payments_service.demo.company import PRICE, SETTLED_SECONDS

#: How far past the deadline Eva presses the button: in its very second, and certainly not before it.
_A_MOMENT: Final = 0.1


def move_up(cast: Cast) -> None:
    """Celine's seat goes to David, who opens the app and hesitates. Frida pays for another event meanwhile."""
    telling, backend = cast.telling, cast.backend
    deadline = cast.promote(cast.david)
    cast.david.open(cast.start_order(cast.dinner, cast.david))
    telling.say("David", "opens the app, and puts the phone away")
    backend.open_event(cast.trip, title="Hyttetur", seats=1, price=PRICE, paytime="00:10:00")
    backend.sign_up(cast.trip, cast.frida.user_id)
    told = backend.announce(cast.trip, cast.frida.user_id, until=deadline.isoformat())
    telling.say("Frida", "signs up for Hyttetur, a small event with one seat")
    telling.check(
        "service",
        "takes the deadline that the backend names: David's",
        expected=deadline,
        seen=datetime.fromisoformat(told["payment_expiredate"]),
    )
    order = cast.start_order(cast.trip, cast.frida)
    cast.vipps.lose_delivery(order["order_id"])
    cast.frida.approve(order)
    telling.say("Frida", f"approves in the app, and the {cast.api.delivery} is lost on its way")


def fall_silent(cast: Cast) -> None:
    """Vipps answers nothing across both deadlines: nobody knows who has paid, so nobody is thrown out."""
    telling = cast.telling
    cast.vipps.fall_silent()
    telling.say("Vipps", "falls silent: every call to it hangs")
    deadline = datetime.fromisoformat(
        cast.backend.registration(cast.dinner, cast.david.user_id)["payment_expiredate"]
    )
    _sleep_until(deadline)
    telling.say("the clock", "passes David's and Frida's deadline")
    for event_id, member in ((cast.dinner, cast.david), (cast.trip, cast.frida)):
        cast.wait_for_status(event_id, member, "held", seconds=HELD_SECONDS)
        what = f"holds {member.name}'s seat instead of guessing"
        cast.check_seat(event_id, member, what, expected="a seat")


def come_back(cast: Cast) -> None:
    """Vipps answers again, and each seat gets what is true: Frida had paid, David had not."""
    telling = cast.telling
    cast.vipps.come_back()
    telling.say("Vipps", "answers again")
    seconds = cast.wait_for_status(cast.trip, cast.frida, "paid", seconds=BACK_SECONDS)
    cast.check_seat(cast.trip, cast.frida, f"Frida had paid: paid, {seconds:.1f} s later", expected="a seat")
    cast.check_captured_once(cast.newest_order(cast.trip, cast.frida))
    cast.wait_for_status(cast.dinner, cast.david, "expired", seconds=RELEASED_SECONDS)
    cast.check_seat(cast.dinner, cast.david, "David had not: his seat goes back", expected="no seat")


def change_of_mind(cast: Cast) -> None:
    """David's seat goes to Eva, who aborts, and then wants it after all."""
    cast.promote(cast.eva)
    first = cast.start_order(cast.dinner, cast.eva)
    cast.eva.refuse(first)
    cast.telling.say("Eva", "refuses in the app")
    second = cast.start_order(cast.dinner, cast.eva)
    distinct = len({first["order_id"], second["order_id"]})
    cast.telling.check("service", "the second attempt is another order", expected=2, seen=distinct)
    after = cast.backend.order(first["order_id"])
    cast.telling.check(
        "service",
        "the first is CANCEL, cancelled_by_member, its link gone",
        expected=("CANCEL", "cancelled_by_member", None),
        seen=(after["status"], after["status_reason"], after["payment_link"]),
    )


def last_second(cast: Cast) -> None:
    """The race that must never be lost: an approval while the clock strikes."""
    telling, backend = cast.telling, cast.backend
    registration = backend.registration(cast.dinner, cast.eva.user_id)
    order, deadline = registration["orders"][0], datetime.fromisoformat(registration["payment_expiredate"])
    telling.say("Eva", "waits, with her finger on the button")
    cast.eva.open(order)
    _sleep_until(deadline, plus=_A_MOMENT)
    cast.eva.approve(order)
    late = _approved_at(cast, order) - deadline
    telling.say("Eva", f"approves {late.total_seconds():.2f} s after her deadline")
    telling.check(
        "Vipps", "wrote it down in the second of the deadline", expected=0, seen=late // timedelta(seconds=1)
    )
    cast.wait_for_status(cast.dinner, cast.eva, "paid", seconds=SETTLED_SECONDS)
    cast.check_seat(cast.dinner, cast.eva, "Eva is paid and keeps her seat", expected="a seat")
    tried = [c for c in cast.vipps.state()["backend_calls"]
             if (c["operation"], c["user_id"]) == ("release", cast.eva.user_id)]  # fmt: skip
    telling.check("backend", "was never asked to take it back", expected=[], seen=tried)
    cast.check_captured_once(order)


def _approved_at(cast: Cast, order: Any) -> datetime:
    """Return when Vipps wrote the approval into its ledger."""
    return datetime.fromisoformat(cast.vipps.effects(order["order_id"], "RESERVE")[0]["at"])


def _sleep_until(instant: datetime, *, plus: float = 0.0) -> None:
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds() + plus))


second_act: Final = [
    ("David moves up and hesitates, Frida pays", move_up),
    ("Vipps falls silent across their deadline", fall_silent),
    ("Vipps answers again", come_back),
    ("Eva moves up, aborts, and pays again", change_of_mind),
    ("Eva approves in the second of her deadline", last_second),
]
