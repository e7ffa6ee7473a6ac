"""Orders: starting a payment, and finding out what became of it. Nobody changes or deletes one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from payments_service.api.access import may_see_order, may_start_order, require_service_or_admin
from payments_service.api.authentication import Authenticated, Caller
from payments_service.api.cursors import bad_cursor, read_cursor, write_cursor
from payments_service.api.schemas import EventOrderQuery, HistoryOut, OrderIn, OrderOut, OrderPage, OrderQuery
from payments_service.api.serving import services_of
from payments_service.api.strict_json import router as new_router
from payments_service.domain.errors import OrderNotFound, VippsUnavailable
from payments_service.domain.orders import is_order_id
from payments_service.storage import history, views
from payments_service.storage.views import OrderView
from payments_service.use_cases.describe_payment import PaymentRequest
from payments_service.use_cases.settle_order import settle_order
from payments_service.use_cases.start_payment import start_payment
from payments_service.wiring import Services

router = new_router(prefix="/v1/orders", tag="Orders")


@router.post("", status_code=201, responses={200: {"model": OrderOut}})
async def post_order(request: Request, response: Response, body: OrderIn, caller: Authenticated) -> OrderOut:
    """Start a payment, or hand out the link of the one that is open already."""
    services = services_of(request)
    async with services.database.autocommit() as connection:
        organizer = await views.organizer_of(connection, body.event_id)
    may_start_order(caller, body.user_id, organizer)
    wanted = PaymentRequest(
        event_id=body.event_id,
        user_id=body.user_id,
        payer_name=body.payer_name,
        return_url=body.return_url,
        phone_number=body.phone_number,
    )
    order, is_new = await start_payment(
        wanted,
        database=services.database,
        vipps=services.vipps,
        event_service=services.event_service,
        policy=services.policy,
        nudge=services.nudge,
        learned=services.learned,
    )
    response.status_code = 201 if is_new else 200
    return OrderOut.of(await view_of_order(services, order.order_id))


@router.get("/{order_id}")
async def get_order(request: Request, order_id: str, caller: Authenticated) -> OrderOut:
    """Return one order as we know it; asks nobody."""
    return OrderOut.of(await visible_order(services_of(request), order_id, caller))


@router.get("")
async def list_orders(
    request: Request, caller: Authenticated, wanted: Annotated[OrderQuery, Query()]
) -> OrderPage:
    """List orders, newest first."""
    require_service_or_admin(caller)
    return await order_page(services_of(request), wanted, event_id=wanted.event_id)


@router.get("/{order_id}/history")
async def get_history(request: Request, order_id: str, caller: Authenticated) -> HistoryOut:
    """Return everything that happened to an order, in order, with what was decided about its registration."""
    services = services_of(request)
    view = await visible_order(services, order_id, caller)
    async with services.database.autocommit() as connection:
        lines = await history.of_order(connection, order_id, view.order.registration_id)
    return HistoryOut.of(lines)


@router.post("/{order_id}/sync")
async def sync_order(request: Request, order_id: str, caller: Authenticated) -> OrderOut:
    """Ask Vipps now; what a return page calls."""
    services = services_of(request)
    await visible_order(services, order_id, caller)
    settled = await settle_order(
        order_id,
        database=services.database,
        vipps=services.vipps,
        policy=services.policy,
        nudge=services.nudge,
        learned=services.learned,
        cause="sync",
    )
    if settled is None:
        raise OrderNotFound
    if not settled.is_answered:
        raise VippsUnavailable
    return OrderOut.of(await view_of_order(services, order_id))


async def visible_order(services: Services, order_id: str, caller: Caller) -> OrderView:
    """The order, if it is the caller's to see; one that is not looks like one that does not exist."""
    if not is_order_id(order_id):
        raise OrderNotFound
    view = await view_of_order(services, order_id)
    may_see_order(caller, view.order.user_id, view.organizer, unseen=OrderNotFound)
    return view


async def view_of_order(services: Services, order_id: str) -> OrderView:
    async with services.database.autocommit() as connection:
        view = await views.find_order(connection, order_id)
    if view is None:
        raise OrderNotFound
    return view


async def order_page(services: Services, wanted: EventOrderQuery, *, event_id: str | None) -> OrderPage:
    """A page of everybody's orders, or of one event's, newest first."""
    async with services.database.autocommit() as connection:
        found = await views.page_of_orders(
            connection,
            views.Filter(
                event_id=event_id,
                user_id=wanted.user_id,
                status=wanted.status and str(wanted.status),
                search=wanted.search,
                after=_position(wanted.cursor),
                limit=wanted.limit + 1,
            ),
        )
    items, more = found[: wanted.limit], found[wanted.limit :]
    last = items[-1].order if more else None
    cursor = write_cursor((last.created_at, last.order_id)) if last else None
    return OrderPage(items=[OrderOut.of(view) for view in items], next_cursor=cursor)


def _position(cursor: str | None) -> views.Position | None:
    position = read_cursor(cursor)
    if position is not None and not is_order_id(position[1]):
        raise bad_cursor()
    return position
