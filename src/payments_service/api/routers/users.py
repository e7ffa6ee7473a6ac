"""Members: what is kept about one, and forgetting them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import ConfigDict

from payments_service.api.access import require_self, service_caller
from payments_service.api.authentication import Authenticated, Caller
from payments_service.api.fields import InstantOut, Output, PathId, instant
from payments_service.api.serving import services_of
from payments_service.api.strict_json import router as new_router
from payments_service.domain.errors import UserNotFound
from payments_service.domain.money import CURRENCY, kroner
from payments_service.storage import personal
from payments_service.storage.database import database_now
from payments_service.use_cases.erase_member import erase_member

router = new_router(prefix="/v1/users", tag="Members and events that go away")
ServiceCaller = Annotated[Caller, Depends(service_caller)]


class ExportOut(Output):
    """Every row that is kept about a member, by what it is: `registrations`, `orders`, `history` and so on."""

    model_config = ConfigDict(frozen=True, extra="allow")

    user_id: str
    exported_at: InstantOut
    currency: str = CURRENCY


@router.delete("/{user_id}", status_code=204)
async def delete_user(request: Request, user_id: PathId, _: ServiceCaller) -> None:
    """Forget a member. Orders stay for the accounts, without a name; refused while a payment is open."""
    services = services_of(request)
    await erase_member(
        user_id,
        database=services.database,
        vipps=services.vipps,
        policy=services.policy,
        nudge=services.nudge,
        learned=services.learned,
    )


@router.get("/{user_id}/export")
async def export_user(request: Request, user_id: PathId, caller: Authenticated) -> ExportOut:
    """Return everything that is kept about a member: for services, admins, and the member."""
    require_self(caller, user_id)
    async with services_of(request).database.begin() as connection:
        found = await personal.everything_of(connection, user_id)
        now = await database_now(connection)
    if not found:
        raise UserNotFound
    sections: dict[str, Any] = {name: [_row(row) for row in rows] for name, rows in found.items()}
    return ExportOut(user_id=user_id, exported_at=now, **sections)


def _row(columns: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is kept, its values as everywhere on this API: kroner, UTC, text."""
    return {name.removesuffix("_ore"): _value(name, value) for name, value in columns.items()}


def _value(name: str, value: Any) -> Any:
    if value is None or not isinstance(value, datetime | bytes | int):
        return value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, bytes):
        is_text = name == "body"
        return value.decode("utf-8", "backslashreplace") if is_text else value.hex()
    return kroner(value) if name.endswith("_ore") else value
