"""What Vipps is asked to start, in so many words: where a start may be repeated, they are what it is recognised by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from payments_service.domain.orders import Order
from payments_service.domain.paid_events import PaidEvent
from payments_service.use_cases.policy import Policy
from payments_service.vipps.port import NewPayment


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """Who wants to pay for what. `payer_name` goes to Vipps' text and nowhere else."""

    event_id: str
    user_id: str
    payer_name: str | None = None
    return_url: str | None = None
    phone_number: str | None = None


def describe_payment(
    order: Order, event: PaidEvent, wanted: PaymentRequest, *, return_url: str, policy: Policy
) -> NewPayment:
    """Return what to start for an order. `return_url` may contain `{event_id}` and `{order_id}`."""
    return NewPayment(
        order_id=order.order_id,
        amount_ore=order.amount_ore,
        text=_text(event, wanted.payer_name),
        return_url=return_url.format(event_id=wanted.event_id, order_id=order.order_id),
        phone_number=wanted.phone_number,
        is_push=policy.pushes_to_phones and wanted.phone_number is not None,
    )


def as_written(payment: NewPayment) -> dict[str, Any]:
    """Return a payment as it is kept until its start is answered."""
    return asdict(payment)


def as_read(written: Mapping[str, Any]) -> NewPayment:
    """Return a payment that was kept."""
    return NewPayment(**written)


def _text(event: PaidEvent, payer_name: str | None) -> str:
    """What the member and the organiser read at Vipps: the event, and who pays, within 100 characters."""
    title = event.title or f"Arrangement {event.event_id}"
    if not payer_name:
        return title[:100]
    name = payer_name[:48]
    return f"{title[: 100 - len(name) - 2]}, {name}"
