"""Start a payment for a seat, or hand out again the one that is open.

① lock the registration, check, write the intent (the order), commit · ② ask Vipps to start it · ③ lock, write the link
or what else became of it, commit. An order that is open already is read at Vipps before its link is handed out again.
Two requests at once make one order: the second waits for the first. Nothing is ever sent to Vipps without its row.
Before all that, Vipps is asked about the member's orders of the system before this one, if any is not answered yet.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.errors import (
    RegistrationNotFound,
    RequestInProgress,
    VippsUnavailable,
)
from payments_service.domain.errors import Rejected as RefusedByVipps
from payments_service.domain.orders import Order, StatusReason
from payments_service.domain.polling import FIRST_READ
from payments_service.event_service.port import SeatService
from payments_service.storage import history, orders, registrations
from payments_service.storage.claims import Claim
from payments_service.storage.database import Database
from payments_service.use_cases.describe_payment import PaymentRequest
from payments_service.use_cases.find_seat import find_registration
from payments_service.use_cases.intend_payment import intend_payment
from payments_service.use_cases.policy import Learned, Nudge, Policy, Queue, nobody_counts
from payments_service.use_cases.read_imported_order import settle_imported_orders
from payments_service.use_cases.return_url import return_url
from payments_service.use_cases.settle_order import settle_order
from payments_service.use_cases.tell_backend import tell_of_order
from payments_service.vipps.errors import OutcomeUnknown, Rejected, VippsError
from payments_service.vipps.port import NewPayment, PaymentApi

_WAIT_FOR_ANOTHER: Final = 5.0
_LOOK_EVERY: Final = 0.1
_LEAST_CALL: Final = 1.0  # a shorter call would only be given up


async def start_payment(
    wanted: PaymentRequest,
    *,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    event_service: SeatService,
    policy: Policy,
    nudge: Nudge,
    learned: Learned = nobody_counts,
) -> tuple[Order, bool]:
    """Return (order, is it new). Raises the refusals of the contract; answers within two calls to Vipps and a bit."""
    give_up_at = time.monotonic() + 2 * policy.vipps_timeout + 1
    url = return_url(wanted.return_url, policy)  # refused before anything is written
    for _ in range(4):
        registration_id = await find_registration(
            wanted.event_id,
            wanted.user_id,
            database=database,
            event_service=event_service,
            policy=policy,
            nudge=nudge,
        )
        await settle_imported_orders(
            registration_id,
            database=database,
            vipps=vipps,
            policy=policy,
            nudge=nudge,
            cause="wants to pay",
            timeout=_call_time(give_up_at, policy),
        )
        api = vipps[policy.vipps_api]
        intent = await intend_payment(
            registration_id,
            wanted,
            return_url=url,
            database=database,
            policy=policy,
            is_start_repeatable=api.can_repeat_start,
        )
        if intent is None:
            continue  # the registration was replaced, or somebody else's order came first: look again
        if intent.payment is not None:
            return await _start(intent.payment, database, api, policy, nudge, give_up_at), True
        timeout = _call_time(give_up_at, policy)
        usable = await _use_open(intent.order, database, vipps, policy, nudge, learned, timeout)
        if usable is not None:
            return usable, False
    raise RequestInProgress


async def _start(
    payment: NewPayment, database: Database, api: PaymentApi, policy: Policy, nudge: Nudge, give_up_at: float
) -> Order:
    """Phases ② and ③. An outcome nobody knows is read back by the queue of orders within seconds."""
    link = await _ask_to_start(payment, api, policy, give_up_at)
    async with database.begin() as connection:
        order = await _record_start(connection, payment.order_id, link, policy)
    if isinstance(link, OutcomeUnknown) or order is None:
        nudge(Queue.ORDERS)
        raise VippsUnavailable from (link if isinstance(link, VippsError) else None)
    if isinstance(link, Rejected):
        raise RefusedByVipps from link
    if isinstance(link, VippsError):
        raise VippsUnavailable from link
    return order


async def _ask_to_start(
    payment: NewPayment, api: PaymentApi, policy: Policy, give_up_at: float
) -> str | VippsError | None:
    """Return the link, None for a push to the phone, or why there is neither.

    Where a repeat gives the same payment, an unknown outcome is asked about once more. Only a yes counts then: a no to
    the repeat does not say that the first one failed as well.
    """
    try:
        return await api.start(payment, timeout=_call_time(give_up_at, policy))
    except OutcomeUnknown as error:
        if not api.can_repeat_start or give_up_at - time.monotonic() < _LEAST_CALL:
            return error
        with suppress(VippsError):
            return await api.start(payment, timeout=_call_time(give_up_at, policy))
        return error
    except VippsError as error:
        return error


async def _record_start(
    connection: AsyncConnection, order_id: str, link: str | VippsError | None, policy: Policy
) -> Order | None:
    """Write what became of a start. None when it took longer than its lease and somebody else has taken the order."""
    seen = await orders.find(connection, order_id)
    if seen is not None and seen.registration_id is not None:
        await registrations.lock(connection, seen.registration_id)
    now = await orders.lock(connection, order_id)
    if await orders.fence_of(connection, order_id) != 1:
        return None
    due_at: datetime | None = now + FIRST_READ
    values: dict[str, object] = {"started_at": now, "checkout_ends_at": now + policy.checkout}
    evidence: dict[str, object] = {}
    if not isinstance(link, OutcomeUnknown):
        values["start_request"] = None  # answered: nobody asks again, and it names the member
    if not isinstance(link, VippsError):
        what, evidence["is_pushed"] = "order_started", link is None
        values |= {"payment_link": link, "is_pushed": link is None}
    elif isinstance(link, OutcomeUnknown):
        what, due_at = "start_unanswered", now
    else:
        what, due_at = "start_refused" if isinstance(link, Rejected) else "start_not_sent", None
        values |= {"status": "CANCEL", "status_reason": str(StatusReason.NEVER_CREATED), "is_closed": True}
        evidence["code"] = link.code if isinstance(link, Rejected) else type(link).__name__
    await orders.update(connection, order_id, **values)
    await orders.reschedule(connection, order_id, due_at=due_at, claim=Claim(order_id, 1))
    await history.record(
        connection,
        what,
        order_id=order_id,
        registration_id=seen.registration_id if seen else None,
        **evidence,
    )
    order = await orders.find(connection, order_id)
    if seen is not None and order is not None:
        await tell_of_order(connection, seen, order, policy=policy)
    return order


async def _use_open(
    order: Order,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    policy: Policy,
    nudge: Nudge,
    learned: Learned,
    timeout: float,
) -> Order | None:
    """Return the open order if its link can still be used, None if it is dead and a new one may be started."""
    order = await _when_started(order, database)
    if not order.is_open:
        return None
    settled = await settle_order(
        order.order_id,
        database=database,
        vipps=vipps,
        policy=policy,
        nudge=nudge,
        learned=learned,
        cause="asked again",
        timeout=timeout,
    )
    if settled is None or not settled.order.is_open:
        return None
    order = settled.order
    if settled.is_answered:
        is_too_late = order.checkout_ends_at and order.read_at and order.read_at >= order.checkout_ends_at
        if not order.was_answered or is_too_late:
            raise VippsUnavailable("an earlier attempt is still being closed at Vipps")
        return order
    if order.was_answered and order.started_at is not None:
        async with database.autocommit() as connection:
            age = await orders.age(connection, order.order_id)
        if age < policy.checkout / 2:
            return order
    raise VippsUnavailable


async def _when_started(order: Order, database: Database) -> Order:
    """Wait for the request that is starting this order. Raises RequestInProgress when it takes too long."""
    until = time.monotonic() + _WAIT_FOR_ANOTHER
    while order.started_at is None and order.is_open:
        if time.monotonic() >= until:
            raise RequestInProgress
        await asyncio.sleep(_LOOK_EVERY)
        async with database.autocommit() as connection:
            seen = await orders.find(connection, order.order_id)
        if seen is None:
            raise RegistrationNotFound
        order = seen
    return order


def _call_time(give_up_at: float, policy: Policy) -> float:
    return max(_LEAST_CALL, min(policy.vipps_timeout, give_up_at - time.monotonic()))
