"""Who may do what: asked next to the query, so that what a caller may not see looks as if it did not exist."""

from __future__ import annotations

from payments_service.api.authentication import Authenticated, Caller, Forbidden
from payments_service.domain.errors import NotFound, RegistrationNotFound


def require_service(caller: Caller) -> None:
    """For everything that writes paid events, registrations, events and users. Raises Forbidden."""
    if not caller.is_service:
        raise Forbidden


def require_service_or_admin(caller: Caller) -> None:
    """For lists over everybody. Raises Forbidden."""
    if not caller.sees_everything:
        raise Forbidden


def require_organiser(caller: Caller, organizer: str | None) -> None:
    """For an event's orders, csv, summary and cases; an unknown event has no organizer. Raises Forbidden."""
    if not caller.sees_everything and not caller.organises(organizer):
        raise Forbidden


def require_self(caller: Caller, user_id: str) -> None:
    """For what is kept about one member: themselves, services and admins. Raises Forbidden."""
    if not caller.sees_everything and caller.user_id != user_id:
        raise Forbidden


def may_start_order(caller: Caller, user_id: str, organizer: str | None) -> None:
    """Services and admins for anybody, members for themselves.

    An event's organisers know who is signed up and get Forbidden; others learn nothing: RegistrationNotFound.
    """
    if caller.sees_everything or caller.user_id == user_id:
        return
    raise Forbidden if caller.organises(organizer) else RegistrationNotFound


def may_see(caller: Caller, user_id: str | None, organizer: str | None) -> bool:
    """Whether this order or registration exists for the caller. An erased member's belongs to nobody."""
    own = user_id is not None and caller.user_id == user_id
    return own or caller.sees_everything or caller.organises(organizer)


def may_see_order(
    caller: Caller, user_id: str | None, organizer: str | None, *, unseen: type[NotFound] = NotFound
) -> None:
    """Raises `unseen` (OrderNotFound, RegistrationNotFound), as for one that does not exist."""
    if not may_see(caller, user_id, organizer):
        raise unseen


def may_handle_money(
    caller: Caller, user_id: str | None, organizer: str | None, *, unseen: type[NotFound] = NotFound
) -> None:
    """For capture, cancel, refund, extension and exemption.

    Admins and the event's organisers need `finance`; without it, and for the member whose order it is,
    it is Forbidden. Whoever may not even see it gets `unseen`.
    """
    may_see_order(caller, user_id, organizer, unseen=unseen)
    require_finance(caller, organizer)


def require_finance(caller: Caller, organizer: str | None) -> None:
    """For what touches the money or deadlines of a whole event: services, and finance people. Raises Forbidden."""
    is_trusted = caller.is_admin or caller.organises(organizer)
    if not caller.is_service and not (is_trusted and caller.has_finance):
        raise Forbidden


async def service_caller(caller: Authenticated) -> Caller:
    """The dependency of routes for the event backend and ops only: asked before the body is looked at."""
    require_service(caller)
    return caller
