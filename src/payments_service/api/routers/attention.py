"""Cases that a person must look at, and what can be done about each."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Request

from payments_service.api import fields
from payments_service.api.access import require_service_or_admin
from payments_service.api.authentication import Authenticated
from payments_service.api.cursors import bad_cursor, read_cursor, write_cursor
from payments_service.api.event_access import find_organised
from payments_service.api.fields import BackendId, InstantOut, Output
from payments_service.api.serving import services_of
from payments_service.api.strict_json import HIGHEST_INTEGER
from payments_service.api.strict_json import router as new_router
from payments_service.domain.decisions import Attention
from payments_service.storage import attention

router = new_router(prefix="/v1/attention", tag="Attention")

# What a person can do about a case, in the order in which to think of it. `look_up_at_vipps` and `ask_backend` happen
# outside of this service; the others are its routes.
ACTIONS: Final[dict[Attention, tuple[str, ...]]] = {
    Attention.PAID_WITHOUT_SEAT: ("refund", "ask_backend"),
    Attention.SEAT_WITHOUT_ANSWER: ("sync", "look_up_at_vipps"),
    Attention.SEAT_WITHOUT_PAYMENT: ("sync", "ask_backend"),
    Attention.PAID_TWICE: ("refund",),
    Attention.RESERVED_NOT_CAPTURED: ("capture", "cancel", "look_up_at_vipps"),
    Attention.AMOUNT_MISMATCH: ("look_up_at_vipps", "refund", "cancel"),
    Attention.UNKNOWN_PAYMENT: ("look_up_at_vipps",),
    Attention.RELEASE_REFUSED: ("ask_backend",),
}


class CaseOut(Output):
    code: Attention
    event_id: str | None
    registration_id: str | None
    order_id: str | None
    opened_at: InstantOut
    age_seconds: int
    actions: list[str]

    @classmethod
    def of(cls, case: attention.Case) -> CaseOut:
        return cls(
            code=case.code,
            event_id=case.event_id,
            registration_id=case.registration_id,
            order_id=case.order_id,
            opened_at=case.opened_at,
            age_seconds=max(0, int(case.age.total_seconds())),
            actions=list(ACTIONS[case.code]),
        )


class CasePage(Output):
    items: list[CaseOut]
    next_cursor: str | None


class CaseQuery(fields.Query):
    event_id: BackendId | None = None


@router.get("")
async def list_cases(
    request: Request, caller: Authenticated, wanted: Annotated[CaseQuery, Query()]
) -> CasePage:
    """List open cases, newest first. Organisers name an event of theirs."""
    after = read_cursor(wanted.cursor)
    if after is not None and not (after[1].isdecimal() and int(after[1]) <= HIGHEST_INTEGER):
        raise bad_cursor()
    async with services_of(request).database.autocommit() as connection:
        if wanted.event_id is None:
            require_service_or_admin(caller)
        else:
            await find_organised(connection, wanted.event_id, caller)
        found = await attention.page(
            connection, event_id=wanted.event_id, after=after, limit=wanted.limit + 1
        )
    items, more = found[: wanted.limit], found[wanted.limit :]
    cursor = write_cursor((items[-1].opened_at, str(items[-1].attention_id))) if more else None
    return CasePage(items=[CaseOut.of(case) for case in items], next_cursor=cursor)
