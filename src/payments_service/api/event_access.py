"""The paid event a route is about, if its books are the caller's to read, or its members' time theirs to give."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.api.access import require_finance, require_organiser
from payments_service.api.authentication import Authenticated, Caller
from payments_service.api.fields import PathId
from payments_service.api.serving import services_of
from payments_service.domain.errors import PaidEventNotFound
from payments_service.domain.paid_events import PaidEvent
from payments_service.storage import paid_events


async def find_organised(connection: AsyncConnection, event_id: str, caller: Caller) -> PaidEvent:
    """The event, for services, admins and its organisers.

    Raises Forbidden for everybody else, whether or not there is such an event, and PaidEventNotFound.
    """
    event = await paid_events.find(connection, event_id)
    require_organiser(caller, event.organizer if event else None)
    if event is None:
        raise PaidEventNotFound
    return event


async def organised_event(request: Request, event_id: PathId, caller: Authenticated) -> PaidEvent:
    """The dependency of routes that show an event's books: asked before the query is looked at."""
    async with services_of(request).database.autocommit() as connection:
        return await find_organised(connection, event_id, caller)


async def entrusted_event(request: Request, event_id: PathId, caller: Authenticated) -> PaidEvent:
    """The dependency of routes that grant something to all of an event: asked before the body is looked at.

    Everybody may read paid events, so who may not do this is told so: Forbidden, and only then PaidEventNotFound.
    """
    async with services_of(request).database.autocommit() as connection:
        event = await paid_events.find(connection, event_id)
    require_finance(caller, event.organizer if event else None)
    if event is None:
        raise PaidEventNotFound
    return event


OrganisedEvent = Annotated[PaidEvent, Depends(organised_event)]
EntrustedEvent = Annotated[PaidEvent, Depends(entrusted_event)]
