"""What happened, in order, with its evidence. Rows are only ever added; the database refuses anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.storage.tables import history, orders


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a history."""

    at: datetime
    what: str
    evidence: Mapping[str, Any]


async def record(
    connection: AsyncConnection,
    what: str,
    *,
    order_id: str | None = None,
    registration_id: str | None = None,
    **evidence: Any,
) -> None:
    """Add a line. Evidence holds ids, amounts, words and hashes; never a name, a number or a body."""
    await connection.execute(
        history.insert().values(
            what=what, order_id=order_id, registration_id=registration_id, evidence=_plain(evidence)
        )
    )


async def of_order(
    connection: AsyncConnection, order_id: str, registration_id: str | None
) -> list[Happening]:
    """Everything that happened to an order, with what was decided about its registration; oldest first."""
    concerns = history.c.order_id == order_id
    if registration_id is not None:
        concerns = or_(
            concerns, (history.c.registration_id == registration_id) & history.c.order_id.is_(None)
        )
    rows = await connection.execute(select(history).where(concerns).order_by(history.c.history_id))
    return [Happening(row.at, row.what, row.evidence) for row in rows]


async def of_registration(connection: AsyncConnection, registration_id: str) -> list[Happening]:
    """Everything that happened to a registration and its orders; oldest first."""
    mine = select(orders.c.order_id).where(orders.c.registration_id == registration_id)
    query = (
        select(history)
        .where(or_(history.c.registration_id == registration_id, history.c.order_id.in_(mine)))
        .order_by(history.c.history_id)
    )
    return [Happening(row.at, row.what, row.evidence) for row in await connection.execute(query)]


def _plain(evidence: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in evidence.items() if v is not None}
