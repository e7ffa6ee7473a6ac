"""A person says that an imported order does not count: it holds no seat and stands in nobody's way any more.

One transaction: lock the member's registration and the row, write who and why, decide about the registration. Only for
what Vipps does not know or has not told of; what Vipps knows is an order, with money that can be looked at.
"""

from __future__ import annotations

from payments_service.domain.errors import OrderNotFound, RegistrationDecided
from payments_service.domain.imported import Answer
from payments_service.storage import history, imported_orders, registrations
from payments_service.storage.database import Database, database_now
from payments_service.use_cases.conclude import conclude
from payments_service.use_cases.grant import Grant
from payments_service.use_cases.policy import Nudge, Policy


async def disregard_imported_order(
    order_id: str, grant: Grant, *, database: Database, policy: Policy, nudge: Nudge
) -> None:
    """Raises OrderNotFound, or RegistrationDecided when it is an order of ours by now."""
    async with database.autocommit() as connection:
        seen = await imported_orders.find(connection, order_id)
    if seen is None:
        raise OrderNotFound
    async with database.begin() as connection:
        registration = None
        if seen.event_id is not None and seen.user_id is not None:
            registration = await registrations.find_current(
                connection, seen.event_id, seen.user_id, lock=True
            )
        locked = await imported_orders.lock(connection, order_id)
        if locked is None or locked[0].answer is Answer.KNOWN:
            raise RegistrationDecided("Vipps knows it, and it is an order here")
        said = {"actor": grant.actor, "reason": grant.reason}
        await imported_orders.answered(connection, order_id, Answer.DISREGARDED, said=said)
        await history.record(
            connection, "imported_disregarded", order_id=order_id, word=locked[0].word, **said
        )
        if registration is None:
            return
        now = await database_now(connection)
        conclusion = await conclude(connection, registration, now=now, policy=policy, cause="disregarded")
    conclusion.nudge(nudge)
