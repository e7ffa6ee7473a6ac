"""Paid events: which events cost money, how much, and how long a member has to pay."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from payments_service.api import fields
from payments_service.api.access import service_caller
from payments_service.api.authentication import Authenticated, Caller
from payments_service.api.cursors import read_cursor, write_cursor
from payments_service.api.fields import PathId
from payments_service.api.schemas import PaidEventIn, PaidEventOut, PaidEventPage
from payments_service.api.serving import services_of
from payments_service.api.strict_json import router as new_router
from payments_service.domain.errors import PaidEventNotFound
from payments_service.storage import paid_events
from payments_service.use_cases.remove_paid_event import remove_paid_event

router = new_router(prefix="/v1/paid-events", tag="Paid events")
ServiceCaller = Annotated[Caller, Depends(service_caller)]


@router.put("/{event_id}", responses={201: {"model": PaidEventOut}})
async def put_paid_event(
    request: Request, response: Response, event_id: PathId, body: PaidEventIn, _: ServiceCaller
) -> PaidEventOut:
    """Say that an event costs money, or change how much or how long. Touches no order and no deadline there is."""
    async with services_of(request).database.autocommit() as connection:
        event, is_new = await paid_events.put(connection, event_id, body.changes())
    response.status_code = 201 if is_new else 200
    return PaidEventOut.of(event)


@router.get("/{event_id}")
async def get_paid_event(request: Request, event_id: PathId, _: Authenticated) -> PaidEventOut:
    """Return one paid event."""
    async with services_of(request).database.autocommit() as connection:
        event = await paid_events.find(connection, event_id)
    if event is None:
        raise PaidEventNotFound
    return PaidEventOut.of(event)


@router.get("")
async def list_paid_events(
    request: Request, _: Authenticated, wanted: Annotated[fields.Query, Query()]
) -> PaidEventPage:
    """List paid events, newest first."""
    async with services_of(request).database.autocommit() as connection:
        found = await paid_events.page(connection, after=read_cursor(wanted.cursor), limit=wanted.limit + 1)
    items, more = found[: wanted.limit], found[wanted.limit :]
    cursor = write_cursor((items[-1].created_at, items[-1].event_id)) if more else None
    return PaidEventPage(items=[PaidEventOut.of(event) for event in items], next_cursor=cursor)


@router.delete("/{event_id}", status_code=204)
async def delete_paid_event(request: Request, event_id: PathId, _: ServiceCaller) -> None:
    """Make an event free. Refused while anything is paid or in checkout."""
    await remove_paid_event(event_id, database=services_of(request).database)
