"""More time for everybody of an event who still owes."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request

from payments_service.api.authentication import Authenticated
from payments_service.api.client_keys import client_key
from payments_service.api.event_access import EntrustedEvent
from payments_service.api.fields import InstantOut, Output
from payments_service.api.routers.grants import ExtensionIn
from payments_service.api.serving import services_of
from payments_service.api.strict_json import router as new_router
from payments_service.domain.registrations import Registration, RegistrationStatus
from payments_service.use_cases.extend_event import extend_event
from payments_service.use_cases.grant import Grant

router = new_router(prefix="/v1/paid-events", tag="Organisers")


class DeadlineOut(Output):
    registration_id: str
    user_id: str | None
    status: RegistrationStatus
    payment_expiredate: InstantOut

    @classmethod
    def of_all(cls, found: Sequence[Registration]) -> list[DeadlineOut]:
        return [
            cls(
                registration_id=registration.registration_id,
                user_id=registration.user_id,
                status=registration.status,
                payment_expiredate=registration.payment_expiredate,
            )
            for registration in found
        ]


class EventExtensionOut(Output):
    """`items`: who got more time, as they are now.

    `too_late`: who owes and got none, since their deadline has passed and is being settled.
    """

    event_id: str
    extended: int
    items: list[DeadlineOut]
    too_late: list[DeadlineOut]


@router.post("/{event_id}/extension")
async def extend_all_of_event(
    request: Request, event: EntrustedEvent, body: ExtensionIn, caller: Authenticated
) -> EventExtensionOut:
    """Give everybody who still owes more time, each from the deadline there is, or from now when that is past.

    Send an `Idempotency-Key`: a repeat then extends only those that the first try did not come to.
    """
    services = services_of(request)
    done = await extend_event(
        event.event_id,
        body.minutes,
        Grant(caller.identity, body.reason, client_key(request, caller)),
        database=services.database,
        policy=services.policy,
        nudge=services.nudge,
    )
    return EventExtensionOut(
        event_id=event.event_id,
        extended=len(done.extended),
        items=DeadlineOut.of_all(done.extended),
        too_late=DeadlineOut.of_all(done.too_late),
    )
