"""Take Lepton's orders and paid events over: say what would change, or change it and prove that it came out right.

One transaction: compare with what is here; when it is to be written, add what is new, change what has changed and is
not answered yet, count again by the old words, and commit only if the counts are those of the source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.lepton.mapping import Dump, LeptonOrder, LeptonPaidEvent, Remark
from payments_service.storage import history, imports
from payments_service.storage.database import Database, database_now
from payments_service.storage.imports import COMPARED

#: An event whose start nobody tells, and for which nobody has tried to pay for so long, is over: to take it in would
#: start a clock for every seat of it.
LOOKS_OVER: Final = timedelta(days=60)


class CountsDiffer(Exception):
    """What was written is not what the source has; everything has been taken back."""


@dataclass(slots=True)
class Comparison:
    """The source beside what is here. The lists hold order ids and event ids."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    changed_but_answered: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    new_events: list[str] = field(default_factory=list)
    same_events: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    unreadable: list[Remark] = field(default_factory=list)
    refused_events: list[Remark] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)
    known_amounts: dict[str, tuple[int, int]] = field(default_factory=dict)
    is_written: bool = False
    asked: int = 0


async def import_lepton(
    dump: Dump, *, database: Database, write: bool, leave_out_unreadable: bool = False
) -> Comparison:
    """Compare, and write if asked to and nothing is unreadable. Raises CountsDiffer with nothing changed."""
    async with database.begin() as connection:
        found = await _compare(connection, dump)
        if write and (leave_out_unreadable or not found.unreadable):
            await _write(connection, dump, found)
            found.is_written = True
    return found


async def _compare(connection: AsyncConnection, dump: Dump) -> Comparison:
    found = Comparison(
        remarks=list(dump.remarks),
        unreadable=list(dump.unreadable),
        refused_events=list(dump.refused_events),
    )
    ids = [order.order_id for order in dump.orders]
    here = await imports.kept(connection, ids)
    ours = await imports.ours_among(connection, ids)
    for order in dump.orders:
        if order.order_id in ours:
            why = f"order {order.order_id} is one that this service has started"
            found.unreadable.append(Remark(order.where, why))
            continue
        found.words[order.word] += 1
        _sort_in(order, here.get(order.order_id), found)
    found.known_amounts = await imports.known_amounts(connection, ids)
    await _compare_events(connection, dump, found)
    return found


def _sort_in(order: LeptonOrder, here: imports.Kept | None, found: Comparison) -> None:
    if here is None:
        found.new.append(order.order_id)
    elif here.is_forgotten:
        found.forgotten.append(order.order_id)
    elif all(here.columns[name] == getattr(order, name) for name in COMPARED):
        found.same.append(order.order_id)
    elif here.is_answered:
        found.changed_but_answered.append(order.order_id)
        found.remarks.append(
            Remark(order.where, f"order {order.order_id} has changed since it was answered: left")
        )
    else:
        found.changed.append(order.order_id)
        names = ", ".join(name for name in COMPARED if here.columns[name] != getattr(order, name))
        found.remarks.append(Remark(order.where, f"order {order.order_id} has another {names} than before"))


async def _compare_events(connection: AsyncConnection, dump: Dump, found: Comparison) -> None:
    now = await database_now(connection)
    here = await imports.paid_events_among(connection, [event.event_id for event in dump.paid_events])
    tried = _last_tries(dump.orders)
    for event in dump.paid_events:
        price_and_paytime = (event.price_ore, event.paytime_seconds)
        if event.event_id in here:
            found.same_events.append(event.event_id)
            if here[event.event_id] != price_and_paytime:
                why = f"event {event.event_id} has another price or paytime here: left as it is"
                found.remarks.append(Remark(event.where, why))
            continue
        last = max(
            (at for at in (tried.get(event.event_id), event.created_at) if at is not None), default=None
        )
        if event.starts_at is None and (last is None or last < now - LOOKS_OVER):
            when = "at any time" if last is None else f"since {last:%Y-%m-%d}"
            why = (
                f"event {event.event_id} looks over: nothing happened {when}, and nobody says when it starts"
            )
            found.refused_events.append(Remark(event.where, why))
            continue
        found.new_events.append(event.event_id)


def _last_tries(orders: Sequence[LeptonOrder]) -> dict[str, datetime]:
    """When somebody last began to pay for each event."""
    last: dict[str, datetime] = {}
    for order in orders:
        if order.event_id is not None and order.created_at is not None:
            last[order.event_id] = max(order.created_at, last.get(order.event_id, order.created_at))
    return last


async def _write(connection: AsyncConnection, dump: Dump, found: Comparison) -> None:
    new, changed = set(found.new), set(found.changed)
    new_events = set(found.new_events)
    await imports.add(connection, [_columns(o) for o in dump.orders if o.order_id in new])
    await imports.change(connection, [_columns(o) for o in dump.orders if o.order_id in changed])
    await imports.add_paid_events(
        connection, [_event_columns(e) for e in dump.paid_events if e.event_id in new_events]
    )
    if new or changed or new_events:
        await history.record(
            connection, "lepton_imported", new=len(new), changed=len(changed), paid_events=len(new_events)
        )
    await _verify(connection, dump, found)
    found.asked = await imports.ask_for_seats(connection, [*found.new, *found.changed])


async def _verify(connection: AsyncConnection, dump: Dump, found: Comparison) -> None:
    """Count by word what the source has, and what is stored of it now."""
    taken = {*found.new, *found.changed, *found.same}
    source = Counter(order.word for order in dump.orders if order.order_id in taken)
    stored = await imports.count_by_word(connection, sorted(taken))
    if dict(source) != stored:
        raise CountsDiffer(f"the source has {dict(source)}, stored were {stored}")


def _columns(order: LeptonOrder) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "status": None if order.status is None else str(order.status),
        "raw": order.raw,
        **{name: getattr(order, name) for name in COMPARED},
    }


def _event_columns(event: LeptonPaidEvent) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "price_ore": event.price_ore,
        "paytime_seconds": event.paytime_seconds,
        "title": event.title,
        "starts_at": event.starts_at,
    }
