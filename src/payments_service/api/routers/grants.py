"""What a person grants a member: more time, or not having to pay here."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from pydantic import Field

from payments_service.api.access import may_handle_money
from payments_service.api.authentication import Authenticated, Caller
from payments_service.api.client_keys import client_key
from payments_service.api.fields import Input, PathId, Reason
from payments_service.api.schemas import RegistrationOut
from payments_service.api.serving import services_of
from payments_service.api.strict_json import router as new_router
from payments_service.domain.errors import RegistrationNotFound
from payments_service.storage import views
from payments_service.use_cases.grant import ExemptionKind, Grant, exempt, extend
from payments_service.wiring import Services

router = new_router(prefix="/v1/registrations", tag="Registrations")


class ExtensionIn(Input):
    """How many minutes more, and why."""

    minutes: Annotated[int, Field(ge=1, le=10_080)]
    reason: Reason


class ExemptionIn(Input):
    """What kind of seat it is that costs nothing here, and why."""

    kind: ExemptionKind
    reason: Reason


@router.post("/{registration_id}/extension")
async def extend_registration(
    request: Request, registration_id: PathId, body: ExtensionIn, caller: Authenticated
) -> RegistrationOut:
    """Give a member more time to pay, counted from the deadline there is, or from now when that is past."""
    services = services_of(request)
    await _may_grant(services, registration_id, caller)
    await extend(
        registration_id,
        body.minutes,
        Grant(caller.identity, body.reason, client_key(request, caller)),
        database=services.database,
        policy=services.policy,
        nudge=services.nudge,
    )
    return RegistrationOut.of(await _view(services, registration_id))


@router.post("/{registration_id}/exemption")
async def exempt_registration(
    request: Request, registration_id: PathId, body: ExemptionIn, caller: Authenticated
) -> RegistrationOut:
    """Ask no money of a seat here: complimentary, or paid elsewhere. An open order is closed as at sign-off."""
    services = services_of(request)
    await _may_grant(services, registration_id, caller)
    await exempt(
        registration_id,
        body.kind,
        Grant(caller.identity, body.reason),
        database=services.database,
        vipps=services.vipps,
        policy=services.policy,
        nudge=services.nudge,
        learned=services.learned,
    )
    return RegistrationOut.of(await _view(services, registration_id))


async def _may_grant(services: Services, registration_id: str, caller: Caller) -> None:
    view = await _view(services, registration_id)
    may_handle_money(caller, view.registration.user_id, view.organizer, unseen=RegistrationNotFound)


async def _view(services: Services, registration_id: str) -> views.RegistrationView:
    async with services.database.autocommit() as connection:
        view = await views.find_registration(connection, registration_id)
    if view is None:
        raise RegistrationNotFound
    return view
