"""Registrations: whose clock is running, until when, and what came of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from payments_service.api.access import (
    may_see_order,
    require_organiser,
    require_service_or_admin,
    service_caller,
)
from payments_service.api.authentication import Authenticated, Caller
from payments_service.api.cursors import read_cursor, write_cursor
from payments_service.api.fields import PathId
from payments_service.api.schemas import (
    HistoryOut,
    RegistrationIn,
    RegistrationOut,
    RegistrationPage,
    RegistrationQuery,
)
from payments_service.api.serving import services_of
from payments_service.api.strict_json import router as new_router
from payments_service.domain.errors import RegistrationNotFound
from payments_service.storage import history, views
from payments_service.use_cases.register import SignUp, register
from payments_service.use_cases.sign_off import sign_off

router = new_router(prefix="/v1/registrations", tag="Registrations")
ServiceCaller = Annotated[Caller, Depends(service_caller)]


@router.put("/{registration_id}", responses={201: {"model": RegistrationOut}})
async def put_registration(
    request: Request, response: Response, registration_id: PathId, body: RegistrationIn, _: ServiceCaller
) -> RegistrationOut:
    """Start the clock of a seat. Repeats change nothing."""
    services = services_of(request)
    sign_up = SignUp(
        registration_id=registration_id,
        event_id=body.event_id,
        user_id=body.user_id,
        from_waiting_list=body.from_waiting_list,
        payment_expiredate=body.payment_expiredate,
    )
    is_new = await register(sign_up, database=services.database, policy=services.policy, nudge=services.nudge)
    response.status_code = 201 if is_new else 200
    async with services.database.autocommit() as connection:
        view = await views.find_registration(connection, registration_id)
    if view is None:
        raise RegistrationNotFound
    return RegistrationOut.of(view)


@router.get("/{registration_id}")
async def get_registration(
    request: Request, registration_id: PathId, caller: Authenticated
) -> RegistrationOut:
    """Return one registration with its orders."""
    async with services_of(request).database.autocommit() as connection:
        view = await views.find_registration(connection, registration_id)
    if view is None:
        raise RegistrationNotFound
    may_see_order(caller, view.registration.user_id, view.organizer, unseen=RegistrationNotFound)
    return RegistrationOut.of(view)


@router.get("/{registration_id}/history")
async def get_history(request: Request, registration_id: PathId, caller: Authenticated) -> HistoryOut:
    """Return what happened to a registration, in order: each decision, what it was made from, the backend's answers."""
    async with services_of(request).database.autocommit() as connection:
        view = await views.find_registration(connection, registration_id)
        if view is None:
            raise RegistrationNotFound
        may_see_order(caller, view.registration.user_id, view.organizer, unseen=RegistrationNotFound)
        lines = await history.of_registration(connection, registration_id)
    return HistoryOut.of(lines)


@router.get("")
async def list_registrations(
    request: Request, caller: Authenticated, wanted: Annotated[RegistrationQuery, Query()]
) -> RegistrationPage:
    """List registrations, newest first. Organisers name an event of theirs."""
    async with services_of(request).database.autocommit() as connection:
        if wanted.event_id is None:
            require_service_or_admin(caller)
        else:
            require_organiser(caller, await views.organizer_of(connection, wanted.event_id))
        found = await views.page_of_registrations(
            connection,
            views.Filter(
                event_id=wanted.event_id,
                user_id=wanted.user_id,
                status=wanted.status and str(wanted.status),
                after=read_cursor(wanted.cursor),
                limit=wanted.limit + 1,
            ),
        )
    items, more = found[: wanted.limit], found[wanted.limit :]
    last = items[-1].registration if more else None
    cursor = write_cursor((last.created_at, last.registration_id)) if last else None
    return RegistrationPage(items=[RegistrationOut.of(view) for view in items], next_cursor=cursor)


@router.delete("/{registration_id}", status_code=204)
async def delete_registration(
    request: Request,
    registration_id: PathId,
    _: ServiceCaller,
    refund: Annotated[bool, Query()] = False,  # noqa: FBT002  # a query parameter, always named
) -> None:
    """The member signed off. A paid seat is refused unless its money is to go back."""
    services = services_of(request)
    await sign_off(
        registration_id,
        refund=refund,
        database=services.database,
        vipps=services.vipps,
        policy=services.policy,
        nudge=services.nudge,
        learned=services.learned,
    )
