"""Lets go of callbacks that were held until something else has happened."""

from typing import TYPE_CHECKING

from payments_service.simulator.faults import Call
from payments_service.simulator.ledger import Payment
from payments_service.simulator.misbehaviour import STARTED

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator


def same_member(one: Payment, other: Payment) -> bool:
    """By seat, else by telephone, else by what the payment says it is for."""
    if one.user_id is not None and other.user_id is not None:
        return (one.event_id, one.user_id) == (other.event_id, other.user_id)
    if one.phone is not None and other.phone is not None:
        return (one.phone, one.text) == (other.phone, other.text)
    return one.text == other.text


class LettingGo:
    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim

    async def listen(self, stage: str, call: Call) -> None:
        if stage != "answered" or call.order_id is None:
            return
        if call.operation in ("details", "cancel"):
            self._sim.callbacks.release(call.operation, lambda order_id: order_id == call.order_id)
        elif call.operation == "callback" and self._tells_an_outcome(call):
            newer = self._sim.ledger.by_order(call.order_id)
            self._sim.callbacks.release("newer", lambda order_id: self._is_older(order_id, newer))
        self._sim.callbacks.flush_soon()

    def _tells_an_outcome(self, call: Call) -> bool:
        delivery = self._sim.journal.delivery_with(call.headers)
        return delivery is not None and delivery.status != STARTED

    def _is_older(self, order_id: str, newer: Payment) -> bool:
        payment = self._sim.ledger.by_order(order_id)
        return payment.created_at < newer.created_at and same_member(payment, newer)
