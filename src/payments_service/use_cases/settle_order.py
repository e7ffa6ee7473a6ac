"""Ask Vipps about one order and act on the answer. Callback, poll, sweep, return page and operator all end here.

① read what we know, commit nothing · ② ask Vipps, also for a link that nobody has got, where that works · ③ lock the
registration and its orders, apply the answer, decide, write everything that follows, commit. Doing it twice, late, or
twice at once changes nothing: answers only ever move an order forward.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from payments_service.domain.orders import Order
from payments_service.domain.readings import NoSuchPayment, Reading
from payments_service.storage import deliveries, orders
from payments_service.storage.claims import Claim
from payments_service.storage.database import Database, database_now
from payments_service.use_cases.policy import Learned, Nudge, Policy, nobody_counts
from payments_service.use_cases.read_imported_order import settle_imported_orders
from payments_service.use_cases.record_answer import Settled, record_answer
from payments_service.use_cases.recover_link import recover_link
from payments_service.vipps.errors import VippsError
from payments_service.vipps.port import PaymentApi


async def settle_order(
    order_id: str,
    *,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    policy: Policy,
    nudge: Nudge,
    cause: str,
    learned: Learned = nobody_counts,
    timeout: float | None = None,
    claim: Claim | None = None,
) -> Settled | None:
    """Settle one order; None when there is no such order or somebody else holds its claim now.

    `cause` is kept as evidence. `learned` is told how, when this is how we first learned what became of the order.
    """
    async with database.autocommit() as connection:
        known = await orders.find(connection, order_id)
        newest_delivery = await deliveries.last_id(connection, order_id)
    if known is None:
        return None
    if known.started_at is None and known.is_open and claim is None:
        # being started right now, by somebody else
        return Settled(known, is_answered=False, first_learned=False)
    api, began = vipps[known.vipps_api], time.monotonic()
    answer = await _ask(api, order_id, timeout or policy.vipps_timeout)
    left = policy.vipps_timeout if timeout is None else timeout - (time.monotonic() - began)
    recovered = await recover_link(known, answer, database=database, api=api, timeout=left)
    async with database.begin() as connection:
        result = await record_answer(
            connection, order_id, answer, recovered, policy=policy, cause=cause, claim=claim
        )
        if result is None:
            return None
        settled, conclusion, retry_at = result
        settled = replace(
            settled, how=_how(known, settled.order, newest_delivery, is_claimed=claim is not None)
        )
        if settled.is_answered and newest_delivery is not None:
            await deliveries.settle(connection, order_id, up_to=newest_delivery)
        if await deliveries.is_waiting(connection, order_id):
            retry_at = await database_now(connection) if settled.is_answered else retry_at
        await orders.reschedule(connection, order_id, due_at=retry_at, claim=claim)
    if settled.first_learned:
        learned(settled.how)
    if conclusion is not None:
        conclusion.nudge(nudge)
    return settled


async def settle_open_orders(
    registration_id: str,
    *,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    policy: Policy,
    nudge: Nudge,
    cause: str,
    learned: Learned = nobody_counts,
) -> None:
    """Settle every order of a registration that a member may still approve, and those of the system before this."""
    await settle_imported_orders(
        registration_id, database=database, vipps=vipps, policy=policy, nudge=nudge, cause=cause
    )
    async with database.autocommit() as connection:
        mine = await orders.of_registration(connection, registration_id)
    for order in mine:
        if order.is_open:
            await settle_order(
                order.order_id,
                database=database,
                vipps=vipps,
                policy=policy,
                nudge=nudge,
                learned=learned,
                cause=cause,
            )


async def _ask(api: PaymentApi, order_id: str, timeout: float) -> Reading | NoSuchPayment | VippsError:
    try:
        return await api.read(order_id, timeout=timeout)
    except VippsError as error:
        return error


def _how(before: Order, after: Order, delivery: int | None, *, is_claimed: bool) -> str:
    if delivery is not None:
        return "callback"
    if not is_claimed:
        return "sync"
    ends_at, read_at = before.checkout_ends_at, after.read_at
    return "sweep" if ends_at is not None and read_at is not None and read_at >= ends_at else "poll"
