"""Moving an order's money because a person asked: capture, cancel, refund."""

from __future__ import annotations

from fastapi import Request, Response

from payments_service.api.access import may_handle_money
from payments_service.api.authentication import Authenticated, Caller
from payments_service.api.fields import Amount, Input, Reason
from payments_service.api.idempotent_writes import kept_key
from payments_service.api.routers.orders import view_of_order, visible_order
from payments_service.api.schemas import OrderOut
from payments_service.api.serving import services_of
from payments_service.api.strict_json import router as new_router
from payments_service.domain.errors import OrderNotFound
from payments_service.domain.operations import OperationKind
from payments_service.use_cases.move_money import Wish, move_money

router = new_router(prefix="/v1/orders", tag="Orders")
_AGAIN_SECONDS = "5"


class MoneyIn(Input):
    """What to move and why. Without an amount: all that is left."""

    amount: Amount | None = None
    reason: Reason


@router.post("/{order_id}/capture", responses={202: {"model": OrderOut}})
async def capture_order(
    request: Request, response: Response, order_id: str, body: MoneyIn, caller: Authenticated
) -> OrderOut:
    """Take reserved money. 202: Vipps has left it open, and it goes on by itself."""
    return await _move(OperationKind.CAPTURE, request, response, order_id, body, caller)


@router.post("/{order_id}/cancel", responses={202: {"model": OrderOut}})
async def cancel_order(
    request: Request, response: Response, order_id: str, body: MoneyIn, caller: Authenticated
) -> OrderOut:
    """Let a reservation go, or close an open checkout. 202: Vipps has left it open, and it goes on by itself."""
    return await _move(OperationKind.CANCEL, request, response, order_id, body, caller)


@router.post("/{order_id}/refund", responses={202: {"model": OrderOut}})
async def refund_order(
    request: Request, response: Response, order_id: str, body: MoneyIn, caller: Authenticated
) -> OrderOut:
    """Give captured money back, in part or whole. 202: Vipps has left it open, and it goes on by itself."""
    return await _move(OperationKind.REFUND, request, response, order_id, body, caller)


async def _move(
    kind: OperationKind, request: Request, response: Response, order_id: str, body: MoneyIn, caller: Caller
) -> OrderOut:
    services = services_of(request)
    view = await visible_order(services, order_id, caller)
    may_handle_money(caller, view.order.user_id, view.organizer, unseen=OrderNotFound)
    key = request.headers.get("idempotency-key")
    is_done = await move_money(
        Wish(
            order_id=order_id,
            kind=kind,
            amount_ore=body.amount,
            reason=body.reason,
            actor=caller.identity,
            client_key=None if key is None else kept_key(key.encode("latin-1")),
        ),
        database=services.database,
        vipps=services.vipps,
        policy=services.policy,
        nudge=services.nudge,
        learned=services.learned,
    )
    if not is_done:
        response.status_code = 202
        response.headers["Retry-After"] = _AGAIN_SECONDS
    return OrderOut.of(await view_of_order(services, order_id))
