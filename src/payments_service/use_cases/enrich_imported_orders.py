"""Ask Vipps about every imported order that it has not told of: a few at once, no faster than it wants, until done.

Work lies in rows: what a killed run has not finished comes back when its lease ends, and what is answered stays so.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from payments_service.storage import imported_orders
from payments_service.storage.claims import Claim, claim_due
from payments_service.storage.database import Database
from payments_service.storage.tables import imported_orders as table
from payments_service.use_cases.policy import Nudge, Policy
from payments_service.use_cases.read_imported_order import read_imported_order
from payments_service.use_cases.record_imported_answer import Outcome
from payments_service.vipps.port import PaymentApi

AT_ONCE: Final = 3
TRIES: Final = 3  # a run asks about one so often; the next run begins anew
_SILENCES: Final = 9  # in a row, and it is Vipps that is away rather than an order that is odd
_BETWEEN: Final = 0.2  # seconds; with three at once about ten calls a second
_LOOK_AGAIN: Final = 5.0
_ONLY: Final = f"attempts < {TRIES}"

Sleep = Callable[[float], Awaitable[None]]


async def enrich_imported_orders(
    *,
    database: Database,
    vipps: Mapping[str, PaymentApi],
    policy: Policy,
    nudge: Nudge,
    sleep: Sleep = asyncio.sleep,
) -> Counter[Outcome]:
    """Return how many ended how. Ends early when Vipps does not answer at all.

    What ended `again` or `silent`, or was not come to, is asked about by the next run.
    """
    async with database.begin() as connection:
        await imported_orders.ask_all(connection)
    ended: dict[str, Outcome] = {}
    silences = 0
    while silences < _SILENCES:
        claims = await _claim(database, policy)
        if not claims:
            wait = await _until_next(database)
            if wait is None:
                break
            await sleep(min(max(wait, _BETWEEN), _LOOK_AGAIN))
            continue
        asked = (
            read_imported_order(
                claim.key,
                database=database,
                vipps=vipps,
                policy=policy,
                nudge=nudge,
                cause="enriching",
                claim=claim,
            )
            for claim in claims
        )
        found = await asyncio.gather(*asked)
        ended |= {claim.key: one.outcome for claim, one in zip(claims, found, strict=True)}
        is_silent = all(one.outcome is Outcome.SILENT for one in found)
        silences = silences + len(claims) if is_silent else 0
        # Vipps counts by the order, but who is told to wait had better wait with everything
        await sleep(max(_BETWEEN, *(one.pause for one in found)))
    return Counter(ended.values())


async def _claim(database: Database, policy: Policy) -> list[Claim]:
    async with database.autocommit() as connection:
        return await claim_due(connection, table, limit=AT_ONCE, lease=policy.lease, only=_ONLY)


async def _until_next(database: Database) -> float | None:
    async with database.autocommit() as connection:
        return await imported_orders.next_in_seconds(connection, tries=TRIES)
