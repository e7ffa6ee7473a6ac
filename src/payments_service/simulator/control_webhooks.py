"""Control API, webhooks: registrations as Vipps keeps and loses them, and forged deliveries."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, Field

from payments_service.simulator.ledger import Payment
from payments_service.simulator.webhook_letters import WebhookForgery
from payments_service.simulator.webhook_registry import PAYMENT_EVENTS, Registration

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator


class NewRegistration(BaseModel):
    url: str
    events: list[str] = Field(default_factory=lambda: list(PAYMENT_EVENTS))
    msn: str | None = None
    secret: str | None = None
    """Given, so that a service can be configured with it beforehand."""


class ForgedWebhook(WebhookForgery, frozen=True):
    registration_id: str | None = None
    """By default the first of the payment's sales unit."""
    url: str | None = None
    """In place of a registration's, together with a secret."""
    duplicate: bool = False


def registrations_view(sim: "Simulator") -> list[dict[str, Any]]:
    """With the secret, which the API itself never shows again, and what has not been delivered."""
    views = []
    for registration in sim.webhooks.registrations.values():
        waiting = [
            {"order_id": n.order_id, "name": n.name, "attempts": n.attempts, "due_at": n.due_at}
            for line in sim.callbacks.webhooks.lines.values()
            for n in line.notices
            if line.registration is registration
        ]
        views.append({**asdict(registration), "waiting": waiting})
    return views


def control_webhooks_router(sim: "Simulator") -> APIRouter:
    router = APIRouter()

    @router.get("/webhooks")
    async def list_registrations() -> Any:
        return jsonable_encoder(registrations_view(sim))

    @router.post("/webhooks", status_code=201)
    async def register(new: NewRegistration) -> Any:
        made = sim.webhooks.register(url=new.url, events=new.events, msn=new.msn, secret=new.secret)
        return jsonable_encoder(asdict(made))

    @router.delete("/webhooks/{registration_id}", status_code=204)
    async def remove(registration_id: str) -> None:
        if registration_id not in sim.webhooks.registrations:
            raise HTTPException(404, "there is no such registration")
        sim.webhooks.remove(registration_id)

    @router.post("/payments/{order_id}/webhook")
    async def forge(order_id: str, forged: ForgedWebhook) -> Any:
        try:
            payment = sim.payment(order_id)
        except KeyError as problem:
            raise HTTPException(404, f"there is no payment {order_id}") from problem
        times = 2 if forged.duplicate else 1
        addressee = _addressee(sim, payment, forged)
        made = await sim.callbacks.webhooks.forge(payment, addressee, forged, times=times)
        return jsonable_encoder([asdict(delivery) for delivery in made])

    return router


def _addressee(sim: "Simulator", payment: Payment, forged: ForgedWebhook) -> Registration:
    """A registration of the payment's sales unit, or an address nobody ever registered."""
    if forged.url is not None:
        return Registration(payment.msn, forged.url, (), sim.clock.now())
    for registration in sim.webhooks.of(payment.msn):
        if forged.registration_id in (None, registration.id):
            return registration
    raise HTTPException(404, "there is no such registration; register one, or name a url")
