"""Events that are gone at the backend."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from payments_service.api.access import service_caller
from payments_service.api.authentication import Caller
from payments_service.api.fields import PathId
from payments_service.api.serving import services_of
from payments_service.api.strict_json import router as new_router
from payments_service.use_cases.remove_event import remove_event

router = new_router(prefix="/v1/events", tag="Members and events that go away")
ServiceCaller = Annotated[Caller, Depends(service_caller)]


@router.delete("/{event_id}", status_code=204)
async def delete_event(request: Request, event_id: PathId, _: ServiceCaller) -> None:
    """The event is gone. Its registrations end, its orders stay without it, and money in them is a person's case."""
    services = services_of(request)
    await remove_event(event_id, database=services.database, policy=services.policy, nudge=services.nudge)
