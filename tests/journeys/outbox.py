"""What must hold of the notices after every journey: each cause has its notice, once, and the backend has heard it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final

import asyncpg

from payments_service.simulator.simulator import Simulator
from tests.journeys.neighbours import eventually
from tests.postgres import in_a_thread

#: A notice whose sender was killed waits for its lease, and one that was not taken for its next try.
RESTS_WITHIN: Final = 25.0
#: Orders of the system before this one are told of when they pay a seat, and from then on like others.
#: In one statement, so that causes and notices are seen at one instant.
_OUT_OF_STEP: Final = """
    SELECT 'not told of once that it was paid: ' || order_id FROM orders
    WHERE event_id = ANY($1) AND paid_at IS NOT NULL AND (NOT is_imported OR pays_seat) AND 1 <> (
        SELECT count(*) FROM notices WHERE type = 'order.paid' AND notices.order_id = orders.order_id::text)
    UNION ALL
    SELECT 'not told of that it came to nothing: ' || order_id FROM orders
    WHERE event_id = ANY($1) AND status IN ('CANCEL', 'VOID') AND NOT is_imported AND 0 = (
        SELECT count(*) FROM notices WHERE type = 'order.cancelled' AND notices.order_id = orders.order_id::text)
    UNION ALL
    SELECT 'not told of what went back: ' || order_id FROM orders
    WHERE event_id = ANY($1) AND NOT is_imported AND refunded_ore <> (
        SELECT coalesce(max(notices.amount_ore), 0) FROM notices
        WHERE type = 'order.refunded' AND notices.order_id = orders.order_id::text)
    UNION ALL
    SELECT 'not told of once that it expired: ' || registration_id FROM registrations
    WHERE event_id = ANY($1) AND (
        SELECT count(*) FROM history
        WHERE what = 'released' AND history.registration_id = registrations.registration_id
    ) <> (
        SELECT count(*) FROM notices
        WHERE type = 'registration.expired' AND notices.registration_id = registrations.registration_id)
    UNION ALL
    SELECT 'not told of once that it is held: ' || registration_id FROM registrations
    WHERE event_id = ANY($1) AND (
        SELECT count(*) FROM history
        WHERE what = 'decided' AND history.registration_id = registrations.registration_id
        AND evidence->>'status' = 'held' AND evidence->>'status_before' <> 'held'
    ) <> (
        SELECT count(*) FROM notices
        WHERE type = 'registration.held' AND notices.registration_id = registrations.registration_id)
    UNION ALL
    SELECT 'not told of: ' || code || ' ' || coalesce(registration_id, order_id) FROM attention
    WHERE event_id = ANY($1) AND 0 = (
        SELECT count(*) FROM notices
        WHERE type = 'attention.opened' AND status = code
        AND notices.registration_id IS NOT DISTINCT FROM attention.registration_id
        AND notices.order_id IS NOT DISTINCT FROM attention.order_id)
"""
_NOT_DELIVERED: Final = """
    SELECT notice_id || ' ' || type || ' ' || state || ' ' || coalesce(last_answer, '') FROM notices
    WHERE event_id = ANY($1) AND state <> 'delivered'
"""
_LANES: Final = "SELECT lane, notice_id FROM notices WHERE event_id = ANY($1) ORDER BY lane, position"


def check(database_url: str, simulator: Simulator, events: Collection[str], *, comes_to_rest: bool) -> None:
    """`comes_to_rest`: a replica runs, and reaches its database."""
    assert _rows(database_url, _OUT_OF_STEP, events) == []
    if not comes_to_rest:
        return
    with suppress(AssertionError):
        eventually(lambda: not _rows(database_url, _NOT_DELIVERED, events), within=RESTS_WITHIN)
    assert [row[0] for row in _rows(database_url, _NOT_DELIVERED, events)] == []
    heard = [n for n in list(simulator.journal.notices) if n.event_id in events]
    assert [n.problem for n in heard if n.problem] == [], "signed wrong"
    firsts = list(dict.fromkeys(n.notice_id for n in heard))
    lanes: dict[str, list[str]] = defaultdict(list)
    for lane, notice_id in _rows(database_url, _LANES, events):
        lanes[lane].append(notice_id)
    for lane, written in lanes.items():
        assert [notice_id for notice_id in firsts if notice_id in written] == written, lane


def _rows(database_url: str, query: str, events: Collection[str]) -> list[Any]:
    found: list[Any] = []

    async def ask() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            found.extend(await connection.fetch(query, list(events)))
        finally:
            await connection.close()

    in_a_thread(lambda: asyncio.run(ask()))
    return found
