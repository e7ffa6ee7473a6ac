"""Write what Vipps answered about an imported order, and what follows from it; the third phase of reading one.

Runs inside the caller's transaction. Takes the locks itself: the registration that its member has now, then the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.applying import Applied, apply
from payments_service.domain.decisions import Attention
from payments_service.domain.imported import Answer, ImportedOrder, approved_at, named_amount
from payments_service.domain.orders import Order, OrderStatus
from payments_service.domain.polling import MISSING_AGAIN, next_read
from payments_service.domain.readings import NoSuchPayment, Reading
from payments_service.domain.registrations import Registration
from payments_service.storage import history, imported_orders, registrations
from payments_service.storage.claims import Claim
from payments_service.storage.database import database_now
from payments_service.use_cases.conclude import Conclusion, conclude
from payments_service.use_cases.policy import Policy
from payments_service.use_cases.tell_backend import open_case
from payments_service.vipps.errors import VippsError

_WHILE_OPEN: Final = timedelta(seconds=8)
_SILENT_FIRST: Final = timedelta(seconds=3)
_SILENT: Final = timedelta(seconds=15)
_SILENT_LONG: Final = timedelta(minutes=2)
_TRIES_BEFORE_LONG: Final = 40  # at one in fifteen seconds ten minutes


class Outcome(StrEnum):
    """What asking brought. `again`: an answer that nothing can be written down by, such as a first "not known"."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    AGAIN = "again"
    SILENT = "silent"
    NOTHING_TO_ASK = "nothing_to_ask"


async def record_imported_answer(
    connection: AsyncConnection,
    known: ImportedOrder,
    answer: Reading | NoSuchPayment | VippsError,
    *,
    policy: Policy,
    cause: str,
    claim: Claim | None,
) -> tuple[Outcome, Conclusion | None]:
    """Return how it ended, and what was decided about the registration if there is one and anything was written."""
    registration = await _seat_of(connection, known)
    locked = await imported_orders.lock(connection, known.order_id)
    if locked is None or (claim is not None and locked[1] != claim.fence):
        return Outcome.NOTHING_TO_ASK, None
    imported = locked[0]
    if imported.answer in (Answer.KNOWN, Answer.DISREGARDED):
        return Outcome.NOTHING_TO_ASK, None
    now = await database_now(connection)
    outcome = await _write(
        connection, imported, answer, now, policy, claim, cause, has_seat=registration is not None
    )
    is_same_pair = (imported.event_id, imported.user_id) == (known.event_id, known.user_id)
    if registration is None or not is_same_pair or outcome in (Outcome.AGAIN, Outcome.SILENT):
        return outcome, None
    return outcome, await conclude(connection, registration, now=now, policy=policy, cause=cause)


async def _seat_of(connection: AsyncConnection, imported: ImportedOrder) -> Registration | None:
    if imported.event_id is None or imported.user_id is None:
        return None
    return await registrations.find_current(connection, imported.event_id, imported.user_id, lock=True)


async def _write(
    connection: AsyncConnection,
    imported: ImportedOrder,
    answer: Reading | NoSuchPayment | VippsError,
    now: datetime,
    policy: Policy,
    claim: Claim | None,
    cause: str,
    *,
    has_seat: bool,
) -> Outcome:
    if isinstance(answer, VippsError):
        wait = _wait(imported, answer.retry_after_seconds)
        said = {"error": type(answer).__name__, "http": answer.status}
        await _later(connection, imported, claim, wait, said, None)
        return Outcome.SILENT
    is_young = imported.created_at is not None and now < imported.created_at + policy.checkout
    if isinstance(answer, NoSuchPayment):
        return await _missing(connection, imported, answer, now, claim, is_young=is_young)
    applied = _as_order(imported, answer, now, policy)
    if applied is None or not applied.is_answer:
        detail = "no amount that can be paid" if applied is None else applied.detail
        await _later(connection, imported, claim, _wait(imported, None), {"unclear": detail}, None)
        return Outcome.AGAIN
    if applied.order.is_open and not applied.order.is_frozen and is_young:
        # the member may be approving it right now, on a page that the old system sent them to
        await _later(connection, imported, claim, _WHILE_OPEN, {"status": "INITIATE"}, None)
        return Outcome.AGAIN
    await _make_order(connection, imported, applied, now, cause)
    if not has_seat:
        await _open_cases(connection, applied.order, policy)
    return Outcome.KNOWN


async def _open_cases(connection: AsyncConnection, order: Order, policy: Policy) -> None:
    """Tell a person of what no decision about a seat will tell them of: there is none, or not any more."""
    if order.is_frozen:
        await open_case(
            connection,
            Attention.AMOUNT_MISMATCH,
            policy=policy,
            event_id=order.event_id,
            order_id=order.order_id,
        )
    if not order.is_paid or order.event_id is None or order.user_id is None:
        return
    if ended := await registrations.ended_ids_of(connection, order.event_id, order.user_id):
        await open_case(
            connection,
            Attention.PAID_WITHOUT_SEAT,
            policy=policy,
            event_id=order.event_id,
            registration_id=ended[0],
            order_id=order.order_id,
        )


def _wait(imported: ImportedOrder, retry_after: float | None) -> timedelta:
    pause = min(_SILENT, _SILENT_FIRST * (imported.attempts + 1))
    pause = pause if imported.attempts < _TRIES_BEFORE_LONG else _SILENT_LONG
    return max(pause, timedelta(seconds=retry_after or 0.0))


async def _later(
    connection: AsyncConnection,
    imported: ImportedOrder,
    claim: Claim | None,
    wait: timedelta,
    said: Mapping[str, Any],
    missing_since: datetime | None,
) -> None:
    await imported_orders.postpone(
        connection, imported.order_id, claim, wait=wait, said=said, missing_since=missing_since
    )


async def _missing(
    connection: AsyncConnection,
    imported: ImportedOrder,
    answer: NoSuchPayment,
    now: datetime,
    claim: Claim | None,
    *,
    is_young: bool,
) -> Outcome:
    """Believed when said twice, some time apart, of an order that is not from just now."""
    since = imported.missing_since or now
    said: dict[str, Any] = {"missing": True, "body_sha256": answer.raw_sha256}
    if is_young or now - since < MISSING_AGAIN:
        await _later(connection, imported, claim, MISSING_AGAIN, said, since)
        return Outcome.AGAIN
    if imported.answer is None:
        await history.record(
            connection, "imported_unknown", order_id=imported.order_id, word=imported.word, **said
        )
    await imported_orders.answered(connection, imported.order_id, Answer.UNKNOWN, said=said)
    return Outcome.UNKNOWN


def _as_order(imported: ImportedOrder, answer: Reading, now: datetime, policy: Policy) -> Applied | None:
    """The order as Vipps tells it, through the same fold as any other. None when it names no amount for it."""
    amount = named_amount(answer)
    if amount is None:
        return None
    began = imported.created_at or (answer.entries[0].happened_at if answer.entries else None) or now
    blank = Order(
        order_id=imported.order_id,
        registration_id=None,
        event_id=imported.event_id,
        user_id=imported.user_id,
        vipps_api="ecom",
        amount_ore=amount,
        status=OrderStatus.INITIATE,
        created_at=began,
        updated_at=now,
        payment_link=imported.payment_link,
        started_at=began,
        checkout_ends_at=began + policy.checkout,
        is_imported=True,
    )
    applied = apply(blank, answer, (), now=now)
    order = applied.order
    if order.paid_at is not None:
        order = replace(order, paid_at=min(now, approved_at(answer) or began))
    # who ended a checkout of then nobody can tell any more
    return replace(applied, order=replace(order, status_reason=None))


async def _make_order(
    connection: AsyncConnection, imported: ImportedOrder, applied: Applied, now: datetime, cause: str
) -> None:
    order = applied.order
    sums: dict[str, Any] = {
        "status": str(order.status),
        "amount_ore": order.amount_ore,
        "captured_ore": order.captured_ore,
        "refunded_ore": order.refunded_ore,
        "held_ore": order.held_ore,
        "body_sha256": order.read_sha256,
    }
    await imported_orders.make_order(connection, order, due_at=next_read(order, now=now))
    await imported_orders.answered(
        connection, order.order_id, Answer.KNOWN, said=sums, amount_ore=order.amount_ore
    )
    await history.record(
        connection,
        "imported",
        order_id=order.order_id,
        cause=cause,
        word=imported.word,
        detail=applied.detail,
        **sums,
    )
