"""What members, the portal, banks and tokens do when a misbehaviour calls for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payments_service.simulator.ledger import Payment
from payments_service.simulator.letting_go import same_member
from payments_service.simulator.misbehaviour import Occasion

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

Step = Callable[[Payment], None]


def _later(sim: "Simulator", at: Occasion, name: str, words: str, step: Step, *, seconds: float = 0) -> str:
    """Now, or by the simulator's clock."""
    payment = sim.ledger.by_order(at.order_id)
    wait = float(at.parameters.get("seconds", 0)) + seconds

    def do() -> str:
        step(payment)
        return words

    if not wait:
        return do()
    sim.agenda.add(wait, name, payment.order_id, do)
    return f"will have {words} in {wait:g} s"


def approve_before_the_answer(sim: "Simulator", at: Occasion) -> str | None:
    if at.call.order_id is None:
        return None
    try:
        payment = sim.ledger.by_order(at.call.order_id)
    except KeyError:
        return None  # the start was refused
    sim.checkout.approve(payment)
    return "approved before the answer"


def reject_in_app(sim: "Simulator", at: Occasion) -> str:
    return _later(sim, at, "reject", "refused in the app", sim.checkout.reject_in_app)


def cancel_on_desktop(sim: "Simulator", at: Occasion) -> str:
    return _later(sim, at, "cancel", "cancelled at the landing page", sim.checkout.cancel_on_desktop)


def walk_away(sim: "Simulator", at: Occasion) -> str:
    return _later(sim, at, "walk_away", "opened the app and left", sim.checkout.open)


def kill_app(sim: "Simulator", at: Occasion) -> str:
    return _later(sim, at, "approve", "approved and closed the app", sim.checkout.approve)


def fail_then_approve(sim: "Simulator", at: Occasion) -> str:
    """With no time between, the two notifications still leave one after the other."""
    said = _later(sim, at, "decline_card", "had a card refused", sim.checkout.decline_card)
    wait = max(0.001, float(at.parameters.get("then_seconds", 0)))
    return f"{said}, {_later(sim, at, 'approve', 'approved with another card', sim.checkout.approve, seconds=wait)}"


def approve_all_the_same(sim: "Simulator", at: Occasion) -> str:
    return _later(sim, at, "approve", "approved what was said to be cancelled", sim.checkout.approve)


def slow_down_bank(sim: "Simulator", at: Occasion) -> str:
    seconds = float(at.parameters["seconds"])
    sim.ledger.by_order(at.order_id).quirks["slow_bank"] = seconds
    return f"the bank will take {seconds:g} s"


def wait_for_bank(sim: "Simulator", payment: Payment) -> bool:
    """Whether the approval is put off, which happens once."""
    seconds = payment.quirks.pop("slow_bank", None)
    if seconds is None:
        return False

    def approve() -> str:
        sim.checkout.approve(payment)
        return "the bank has answered at last"

    sim.agenda.add(seconds, "slow_bank", payment.order_id, approve)
    return True


def pay_twice(sim: "Simulator", at: Occasion) -> str | None:
    """None until two payments of the same member are open; the order named must be one of them."""
    newest = sim.ledger.by_order(at.call.order_id or at.selected or "")
    pair = [p for p in sim.ledger.payments.values() if same_member(p, newest) and sim.checkout.is_open(p)]
    if len(pair) < 2 or (at.selected is not None and at.selected not in {p.order_id for p in pair}):
        return None

    def approve_both(_payment: Payment) -> None:
        for payment in pair:
            sim.checkout.approve(payment)

    orders = " and ".join(payment.order_id for payment in pair)
    return _later(sim, at, "pays_twice", f"approved {orders}", approve_both)


def forget_at_issuer(sim: "Simulator", at: Occasion) -> str:
    sim.ledger.by_order(at.order_id).quirks["issuer_forgot"] = 1
    return "the bank has forgotten the reservation"


def age_reservation(sim: "Simulator", at: Occasion) -> str | None:
    payment = sim.ledger.by_order(at.order_id)
    if payment.reserved_at is None:
        return None
    payment.reserved_at -= timedelta(days=float(at.parameters["days"]))
    return f"the reservation is {at.parameters['days']} days older"


def empty_account(sim: "Simulator", at: Occasion) -> str:
    sim.ledger.by_order(at.order_id).quirks["no_funds"] = 1
    return "the account is empty"


def fill_account(sim: "Simulator", at: Occasion) -> str:
    sim.ledger.by_order(at.order_id).quirks.pop("no_funds", None)
    return "the account is filled again"


def capture_directly(sim: "Simulator", at: Occasion) -> str:
    sim.ledger.by_order(at.order_id).quirks["direct_capture"] = 1
    return "an approval will be captured at once"


def capture_in_portal(sim: "Simulator", at: Occasion) -> str | None:
    payment = sim.payment(at.order_id)
    if payment.ended is None:
        return None  # not yet
    entry = sim.merchant.capture(payment, at.parameters["amount"] or None)
    return f"captured {entry.amount} in the portal"


def refund_in_portal(sim: "Simulator", at: Occasion) -> str | None:
    payment = sim.payment(at.order_id)
    if payment.ended is None or (payment.amounts.to_capture and not payment.amounts.captured):
        return None  # not yet
    entry = sim.merchant.refund(payment, at.parameters["amount"] or None)
    return f"refunded {entry.amount} in the portal"


def cancel_in_portal(sim: "Simulator", at: Occasion) -> str | None:
    payment = sim.payment(at.order_id)
    if payment.ended is None:
        return None  # not yet
    entry = sim.merchant.cancel(payment, release_remainder=True)
    return f"released {entry.amount} in the portal"


def contradict(sim: "Simulator", at: Occasion) -> str | None:
    """Only a success can be contradicted."""
    delivery = sim.journal.delivery_with(at.call.headers)
    if delivery is None or delivery.status not in ("RESERVED", "RESERVE", "SALE", "AUTHORIZED"):
        return None
    sim.callbacks.contradict(sim.payment(at.order_id))
    return "a notification says the contrary"


def remove_webhooks(sim: "Simulator", _at: Occasion) -> str | None:
    """As Vipps does after two weeks without a good answer."""
    if not sim.webhooks.registrations:
        return None
    gone = len(sim.webhooks.registrations)
    sim.webhooks.registrations.clear()
    return f"removed {gone} webhook registrations"


def shorten_tokens(sim: "Simulator", at: Occasion) -> str:
    seconds = float(at.parameters["seconds"])
    until = sim.clock.now() + timedelta(seconds=seconds)
    for token, issued in sim.tokens.issued.items():
        sim.tokens.issued[token] = replace(issued, expires_at=min(issued.expires_at, until))
    return f"the tokens live {seconds:g} s more"
