"""Control API, payments: what the member does, what the portal does, and forged callbacks."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, Field

from payments_service.simulator.callback_letters import Forgery
from payments_service.simulator.checkout import CheckoutOver
from payments_service.simulator.ledger import Payment
from payments_service.simulator.refusals import Refusal

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

MEMBER_ACTIONS = (
    "open", "approve", "reject", "cancel_on_desktop", "decline_card", "approve_and_kill_app", "walk_away"
)  # fmt: skip


class Belonging(BaseModel):
    event_id: str | int | None = None
    user_id: str | None = None
    logs_timeout: bool | None = None
    """False: the checkout will end without a trace in the details, a known defect of the real one."""


class Choices(BaseModel):
    amount: int | None = None
    release_remainder: bool = False
    logs: bool | None = None


class ForgedCallback(BaseModel):
    status: str = "RESERVED"
    token: str | None = None
    without_token: bool = False
    amount: int | None = None
    msn: str | None = None
    order_id: str | None = None
    raw: str | None = None
    extra: dict[str, Any] = Field(default_factory=dict)


def payment_view(sim: "Simulator", payment: Payment) -> dict[str, Any]:
    amounts = payment.amounts
    totals = asdict(amounts) | {"to_capture": amounts.to_capture, "to_refund": amounts.to_refund}
    shown: dict[str, Any] = jsonable_encoder(asdict(payment))
    return shown | {"amounts": totals, "url": sim.initiation.link(payment)}


def control_payments_router(sim: "Simulator") -> APIRouter:
    router = APIRouter(prefix="/payments")

    def find(order_id: str) -> Payment:
        try:
            return sim.payment(order_id)
        except KeyError as problem:
            raise HTTPException(404, f"there is no payment {order_id}") from problem

    @router.get("/{order_id}")
    async def read(order_id: str) -> dict[str, Any]:
        return payment_view(sim, find(order_id))

    @router.post("/{order_id}")
    async def belongs_to(order_id: str, belonging: Belonging) -> dict[str, Any]:
        payment = find(order_id)
        if belonging.event_id is not None and belonging.user_id is not None:
            sim.assign(order_id, belonging.event_id, belonging.user_id)
        if belonging.logs_timeout is not None:
            payment.logs_timeout = belonging.logs_timeout
        return payment_view(sim, payment)

    @router.post("/{order_id}/callback")
    async def forge_callback(order_id: str, forged: ForgedCallback) -> Any:
        payment = find(order_id)
        if payment.api != "ecom":
            raise HTTPException(409, "started in ePayment: it has webhooks, not callbacks")
        sim.callbacks.post(payment, forged.status, forgery=Forgery(**forged.model_dump()))
        await sim.callbacks.flush()
        return jsonable_encoder(asdict(sim.journal.deliveries_of(order_id)[-1]))

    @router.post("/{order_id}/{action}")
    async def act(order_id: str, action: str, choices: Choices | None = None) -> dict[str, Any]:
        payment = find(order_id)
        await _act(sim, payment, action.replace("-", "_"), choices or Choices())
        return payment_view(sim, payment)

    return router


async def _act(sim: "Simulator", payment: Payment, action: str, choices: Choices) -> None:
    try:
        if action.startswith("portal_"):
            _act_in_portal(sim, payment, action.removeprefix("portal_"), choices)
        elif action == "cancel_on_desktop":
            await sim.member.cancel_on_desktop(payment.order_id, logs=choices.logs)
        elif action in MEMBER_ACTIONS:
            step: Callable[[str], Awaitable[Payment]] = getattr(sim.member, action)
            await step(payment.order_id)
        else:
            raise HTTPException(404, f"there is no action {action}")
    except (CheckoutOver, Refusal) as problem:
        raise HTTPException(409, str(problem)) from problem


def _act_in_portal(sim: "Simulator", payment: Payment, action: str, choices: Choices) -> None:
    match action:
        case "capture":
            sim.merchant.capture(payment, choices.amount)
        case "refund":
            sim.merchant.refund(payment, choices.amount)
        case "cancel":
            sim.merchant.cancel(payment, release_remainder=choices.release_remainder)
        case _:
            raise HTTPException(404, f"the portal cannot {action}")
