"""Everything kept about a member: one entry a table, which says what belongs to them and how it forgets them.

Export and erasure walk this list and nothing else; so does the day on which the accounts may forget. A test fails for
a table that names members and has no entry, and another one looks for a trace of an erased member in every column.
What is kept of an erased member's payments for the accounts (amounts, times, ids of orders) names nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, LargeBinary, Table, Update, false, func, literal, null, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import UpdateBase

from payments_service.storage import imported_orders as storage_of_imported
from payments_service.storage.tables import (
    attention,
    deliveries,
    history,
    idempotency_keys,
    imported_orders,
    notices,
    operations,
    orders,
    registrations,
)

#: What stands where somebody's name stood; the database lets the history be changed to this and nothing else.
ERASED: Final = "erased"
#: Who acts without anybody having asked; what they give as a reason is a code and no text of a person's.
_NOBODY: Final = ("service", "backend")


@dataclass(frozen=True, slots=True)
class Traces:
    """Where to look: the orders and registrations that are somebody's, and who that is.

    Without a `user_id` they are many people's, and only too old to be anybody's any more.
    """

    order_ids: Sequence[str]
    registration_ids: Sequence[str]
    user_id: str | None = None

    def are_those_of(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Tell whether a column names the member."""
        return false() if self.user_id is None else column == self.user_id

    def did(self, actor: ColumnElement[Any]) -> ColumnElement[bool]:
        """Tell whether a column names the member as the one who did something."""
        return false() if self.user_id is None else actor == f"member:{self.user_id}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A table that names members. `name` is what the export calls it.

    `belongs`: which rows are the member's. `forget`: the statements after which none of them is.
    """

    name: str
    table: Table
    belongs: Callable[[Traces], ColumnElement[bool]]
    forget: Callable[[Traces], Sequence[UpdateBase]]


def _of_orders(column: ColumnElement[Any]) -> Callable[[Traces], ColumnElement[bool]]:
    return lambda traces: column.in_(list(traces.order_ids))


def _of_both(order_id: ColumnElement[Any], registration_id: ColumnElement[Any]) -> Any:
    return lambda traces: or_(
        order_id.in_(list(traces.order_ids)), registration_id.in_(list(traces.registration_ids))
    )


def _forget_registrations(traces: Traces) -> list[UpdateBase]:
    mine = registrations.c.registration_id.in_(list(traces.registration_ids))
    return [registrations.update().where(mine).values(user_id=None)]


def _forget_orders(traces: Traces) -> list[UpdateBase]:
    """The money stays for the accounts. What Vipps was asked to start may name the payer and a phone."""
    mine = orders.c.order_id.in_(list(traces.order_ids))
    return [orders.update().where(mine).values(user_id=None, start_request=null())]


def _acts(traces: Traces) -> ColumnElement[bool]:
    """An operation that the member asked for, on whosever order; of nobody in particular: any member."""
    t = operations.c
    if traces.user_id is not None:
        return traces.did(t.actor)
    return t.order_id.in_(list(traces.order_ids)) & t.actor.startswith("member:")


def _forget_operations(traces: Traces) -> list[UpdateBase]:
    """Why a person wanted it is free text about the payer; who wanted it may be the member, as an organiser."""
    t = operations.c
    theirs = t.order_id.in_(list(traces.order_ids)) & t.actor.not_in(_NOBODY)
    return [
        operations.update().where(theirs).values(reason=None),
        # without its key, or two of them could come to share one
        operations.update().where(_acts(traces)).values(actor=ERASED, client_key=None),
    ]


_of_history = _of_both(history.c.order_id, history.c.registration_id)


def _names_in_history(word: str, traces: Traces) -> ColumnElement[bool]:
    named = history.c.evidence[word].astext
    return traces.did(named) if traces.user_id else _of_history(traces) & named.startswith("member:")


def _struck(word: str, where: ColumnElement[bool]) -> Update:
    t = history.c
    line = history.update().where(where, t.evidence[word].astext != ERASED)
    return line.values(evidence=t.evidence.op("||")(literal({word: ERASED}, JSONB)))


def _forget_history(traces: Traces) -> list[UpdateBase]:
    """Who and why are struck out, and nothing else: the lines themselves stay, and hold no other name."""
    evidence = history.c.evidence
    who = func.coalesce(evidence["actor"].astext, evidence["by"].astext, _NOBODY[0])
    return [
        _struck("reason", _of_history(traces) & who.not_in(_NOBODY)),
        _struck("actor", _names_in_history("actor", traces)),
        _struck("by", _names_in_history("by", traces)),
    ]


def _answers(traces: Traces) -> ColumnElement[bool]:
    """Answers given to the member, and answers to others that name the member: ids need no escaping in JSON."""
    if traces.user_id is None:
        return false()
    named = literal(f'"{traces.user_id}"'.encode(), LargeBinary).op("IN")(idempotency_keys.c.body)
    return or_(traces.did(idempotency_keys.c.caller), func.position(named) > 0)


def _imported(traces: Traces) -> ColumnElement[bool]:
    """Orders of the system before this one: the member's by their row, or by the order that they have become."""
    t = imported_orders.c
    return or_(traces.are_those_of(t.user_id), t.order_id.in_(list(traces.order_ids)))


KEPT: Final = (
    Kept(
        "registrations",
        registrations,
        lambda traces: registrations.c.registration_id.in_(list(traces.registration_ids)),
        _forget_registrations,
    ),
    Kept("orders", orders, _of_orders(orders.c.order_id), _forget_orders),
    Kept(
        "operations",
        operations,
        lambda traces: or_(_of_orders(operations.c.order_id)(traces), _acts(traces)),
        _forget_operations,
    ),
    Kept(
        "history",
        history,
        lambda traces: or_(
            _of_history(traces), _names_in_history("actor", traces), _names_in_history("by", traces)
        ),
        _forget_history,
    ),
    Kept(
        "deliveries",
        deliveries,
        _of_orders(deliveries.c.order_id),
        lambda traces: [
            deliveries.update().where(_of_orders(deliveries.c.order_id)(traces)).values(body=b"")
        ],
    ),
    # a case names orders and registrations only, and those no longer lead to anybody
    Kept("cases", attention, _of_both(attention.c.order_id, attention.c.registration_id), lambda _: []),
    Kept(
        "imported_orders",
        imported_orders,
        _imported,
        lambda traces: [storage_of_imported.forgetting(_imported(traces))],
    ),
    # what is still to be sent is sent without the name; after a month there is none left
    Kept(
        "notices",
        notices,
        lambda traces: traces.are_those_of(notices.c.user_id),
        lambda traces: [notices.update().where(traces.are_those_of(notices.c.user_id)).values(user_id=None)],
    ),
    Kept(
        "answers",
        idempotency_keys,
        _answers,
        lambda traces: [idempotency_keys.delete().where(_answers(traces))] if traces.user_id else [],
    ),
)


async def traces_of(connection: AsyncConnection, user_id: str, *, lock: bool = False) -> Traces:
    """Return where the member's traces are; `lock` locks registrations and then orders, in a fixed order."""
    r, o = registrations.c, orders.c
    seats = select(r.registration_id).where(r.user_id == user_id).order_by(r.registration_id)
    attempts = select(o.order_id).where(o.user_id == user_id).order_by(o.order_id)
    if lock:
        seats, attempts = seats.with_for_update(), attempts.with_for_update()
    registration_ids = list((await connection.execute(seats)).scalars())
    return Traces(list((await connection.execute(attempts)).scalars()), registration_ids, user_id)


async def everything_of(connection: AsyncConnection, user_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return every row that belongs to a member, by what it is; tables without any are left out."""
    traces = await traces_of(connection, user_id)
    found = {}
    for kept in KEPT:
        query = select(kept.table).where(kept.belongs(traces)).order_by(*kept.table.primary_key.columns)
        rows = [dict(row) for row in (await connection.execute(query)).mappings()]
        if rows:
            found[kept.name] = rows
    return found


async def forget(connection: AsyncConnection, traces: Traces) -> None:
    """Take the name out of everything; orders and registrations stay, without it."""
    for kept in KEPT:
        for statement in kept.forget(traces):
            await connection.execute(statement)
