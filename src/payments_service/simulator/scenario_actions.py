"""What a scenario's steps do: the same things the control API does, one after the other."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from payments_service.simulator.ledger import Payment
from payments_service.simulator.scenario_format import Then

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

Undo = Callable[[], None]


def perform(sim: "Simulator", then: Then, order_id: str | None, undo: list[Undo]) -> str:
    """Says what was done, and how to take it back. CheckoutOver, Refusal, KeyError, ValueError when it cannot be."""
    match then.action:
        case "member":
            return _act_as_member(sim, then, order_id)
        case "misbehaviour":
            return _misbehave(sim, then, order_id, undo)
        case "portal":
            return _act_in_portal(sim, then, order_id)
        case "down":
            sim.take_down(str(then.down), then.mode)
            undo.append(partial(sim.bring_up, str(then.down)))
            return f"{then.down} is down ({then.mode})"
        case "up":
            sim.bring_up(str(then.up))
            return f"{then.up} is up again"
        case "revoke_tokens":
            sim.tokens.revoke_all()
            return "all access tokens are revoked"
        case "remove_webhooks":
            sim.webhooks.registrations.clear()
            return "all webhook registrations are removed"
        case _:
            return then.note or "changed settings"


def _payment(sim: "Simulator", order_id: str | None) -> Payment:
    if order_id is None:
        raise KeyError("there is no payment yet")
    return sim.payment(order_id)


def _act_as_member(sim: "Simulator", then: Then, order_id: str | None) -> str:
    payment, checkout = _payment(sim, order_id), sim.checkout
    steps: dict[str | None, Callable[[Payment], None]] = {
        "open": checkout.open,
        "walk_away": checkout.open,
        "approve": checkout.approve,
        "approve_and_kill_app": checkout.approve,
        "reject": checkout.reject_in_app,
        "cancel_on_desktop": checkout.cancel_on_desktop,
        "decline_card": checkout.decline_card,
    }
    steps[then.member](payment)
    return f"the member of {order_id}: {then.member}"


def _misbehave(sim: "Simulator", then: Then, order_id: str | None, undo: list[Undo]) -> str:
    selection = sim.misbehave(
        str(then.misbehaviour),
        order_id=None if then.every_order else order_id,
        operation=then.operation,
        times=None if then.always else then.times,
        skip=then.skip,
        **then.with_,
    )
    undo.append(partial(sim.mischief.clear, selection.id))
    return f"{then.misbehaviour}: {selection.done or 'stands by'}"


def _act_in_portal(sim: "Simulator", then: Then, order_id: str | None) -> str:
    payment = _payment(sim, order_id)
    match then.portal:
        case "capture":
            entry = sim.merchant.capture(payment, then.amount)
        case "refund":
            entry = sim.merchant.refund(payment, then.amount)
        case _:
            entry = sim.merchant.cancel(payment, release_remainder=then.release_remainder)
    return f"portal: {entry.operation} {entry.amount} of {order_id}"


def change(target: Any, values: dict[str, Any]) -> list[Undo]:
    """Sets attributes and hands out how to set them back."""
    undo = [partial(setattr, target, name, getattr(target, name)) for name in values]
    for name, value in values.items():
        setattr(target, name, value)
    return list(undo)
