"""Rows of Lepton's tables -> what we keep of them, and a line for everything that does not map.

A row is left out only when nothing can be made of it. Whatever else is odd about an order, it is taken over and said:
an order that we did not know of could cost somebody a seat.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from payments_service.domain.imported import status_of_word
from payments_service.domain.orders import OrderStatus
from payments_service.lepton import values
from payments_service.lepton.csv_dump import Row

ORDER_COLUMNS: Final = ("order_id", "status", "user_id", "event_id", "created_at")
PAID_EVENT_COLUMNS: Final = ("event_id", "price", "paytime")
EVENT_COLUMNS: Final = ("id", "start_date")
TITLE_MAX: Final = 200
_PAID: Final = (OrderStatus.RESERVED, OrderStatus.SALE, OrderStatus.CAPTURE)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that does not map: where it stands, and why."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


@dataclass(frozen=True, slots=True)
class LeptonOrder:
    """One row of `payment_order`. `raw` is the row as it stood."""

    where: str
    order_id: str
    word: str
    status: OrderStatus | None
    user_id: str | None
    event_id: str | None
    payment_link: str | None
    created_at: datetime | None
    updated_at: datetime | None
    raw: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LeptonPaidEvent:
    """One row of `payment_paidevent`, with its event's title and start where `content_event` was given too."""

    where: str
    event_id: str
    price_ore: int
    paytime_seconds: int
    created_at: datetime | None
    title: str | None = None
    starts_at: datetime | None = None


@dataclass(slots=True)
class Dump:
    """Everything read. `remarks` are about rows that are taken over; nothing can be made of the `unreadable` ones."""

    orders: list[LeptonOrder] = field(default_factory=list)
    paid_events: list[LeptonPaidEvent] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    unreadable: list[Remark] = field(default_factory=list)
    refused_events: list[Remark] = field(default_factory=list)


def read_dump(orders: Iterable[Row], paid_events: Iterable[Row] = (), events: Iterable[Row] = ()) -> Dump:
    """Map all rows."""
    dump = Dump()
    _read_orders(orders, dump)
    _read_paid_events(
        paid_events, {e: row for row in events if (e := values.backend_id(row.text("id")))}, dump
    )
    return dump


def _read_orders(rows: Iterable[Row], dump: Dump) -> None:
    seen: dict[str, LeptonOrder] = {}
    for row in rows:
        found = values.order_id(row.text("order_id"))
        problem = row.problem or (
            None if found else f"{row.text('order_id') or 'nothing'!s:.60} is no order id"
        )
        if problem or found is None:
            dump.unreadable.append(Remark(row.where, problem or ""))
            continue
        order = _order(row, found, dump.remarks)
        earlier = seen.setdefault(found, order)
        if earlier is not order:
            if _same(earlier, order):
                dump.remarks.append(Remark(row.where, f"order {found} once more, the same: counted once"))
            else:
                why = f"order {found} once more, and not as in {earlier.where}"
                dump.unreadable.append(Remark(row.where, why))
    dump.orders += seen.values()
    dump.remarks += _several_for_one_seat(dump.orders)


def _order(row: Row, order_id: str, remarks: list[Remark]) -> LeptonOrder:
    word = row.text("status") or ""
    order = LeptonOrder(
        where=row.where,
        order_id=order_id,
        word=word,
        status=status_of_word(word),
        user_id=values.backend_id(row.text("user_id")),
        event_id=values.backend_id(row.text("event_id")),
        payment_link=row.text("payment_link"),
        created_at=values.instant(row.text("created_at")),
        updated_at=values.instant(row.text("updated_at")),
        raw=row.values,
    )
    remarks += [Remark(row.where, f"order {order_id}: {why}") for why in _oddities(row, order)]
    return order


def _oddities(row: Row, order: LeptonOrder) -> list[str]:
    found = []
    if order.status is None:
        found.append(f"status {order.word[:40] or 'missing'} is no word we know; it counts as unanswered")
    elif order.word != str(order.status):
        found.append(f"status {order.word} is taken for {order.status}")
    for column, kept in (("user_id", order.user_id), ("event_id", order.event_id)):
        given = row.text(column)
        if given is None:
            found.append(f"no {column}: deleted in Lepton")
        elif kept is None:
            found.append(f"{column} {given[:64]!a} is no id of ours")
    if order.created_at is None:
        found.append(f"created_at {row.text('created_at') or 'missing'!s:.40} is no instant")
    if order.payment_link is not None and len(order.payment_link) > 2000:
        found.append(f"payment_link has {len(order.payment_link)} characters")
    return found


def _same(one: LeptonOrder, other: LeptonOrder) -> bool:
    return {k: v for k, v in one.raw.items() if v} == {k: v for k, v in other.raw.items() if v}


def _several_for_one_seat(orders: Sequence[LeptonOrder]) -> list[Remark]:
    """Several orders of one member for one event are usual; several that were paid are somebody's money."""
    paid: dict[tuple[str, str], list[LeptonOrder]] = defaultdict(list)
    count: Counter[tuple[str, str]] = Counter()
    for order in orders:
        if order.user_id is None or order.event_id is None:
            continue
        count[order.event_id, order.user_id] += 1
        if order.status in _PAID:
            paid[order.event_id, order.user_id].append(order)
    return [
        Remark(
            mine[-1].where,
            f"{user_id} at event {event_id}: {count[event_id, user_id]} orders, {len(mine)} paid by their words",
        )
        for (event_id, user_id), mine in paid.items()
        if len(mine) > 1
    ]


def _read_paid_events(rows: Iterable[Row], events: dict[str, Row], dump: Dump) -> None:
    seen: set[str] = set()
    for row in rows:
        event_id = values.backend_id(row.text("event_id"))
        price, paytime = values.price_ore(row.text("price")), values.paytime_seconds(row.text("paytime"))
        why = row.problem or _why_not(row, event_id, price, paytime)
        if event_id in seen:
            why = f"event {event_id} once more"
        if why is not None or event_id is None or price is None or paytime is None:
            dump.refused_events.append(Remark(row.where, why or ""))
            continue
        seen.add(event_id)
        event = events.get(event_id)
        dump.paid_events.append(
            LeptonPaidEvent(
                row.where,
                event_id,
                price,
                paytime,
                created_at=values.instant(row.text("created_at")),
                title=None if event is None else _title(event.text("title")),
                starts_at=None if event is None else values.instant(event.text("start_date")),
            )
        )


def _why_not(row: Row, event_id: str | None, price: int | None, paytime: int | None) -> str | None:
    if event_id is None:
        return f"event_id {row.text('event_id') or 'missing'!s:.64} is no id of ours"
    if price is None:
        return f"event {event_id}: price {row.text('price') or 'missing'!s:.20} is not from 1.00 to 9999.99"
    if paytime is None:
        given = row.text("paytime") or "missing"
        return f"event {event_id}: paytime {given:.20} is not from 00:00:01 to 23:59:59"
    return None


def _title(text: str | None) -> str | None:
    """One line of at most 200 characters."""
    return None if text is None else " ".join(text.split())[:TITLE_MAX] or None
