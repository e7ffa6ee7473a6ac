"""Vipps or the event backend is away across many deadlines: nobody loses a seat for it, and then all is caught up."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.journeys.pace import DUE_WITHIN, MOVES_AGAIN_WITHIN
from tests.money.late import reject
from tests.money.till import Till

DEADLINES = 30
DRAINED_WITHIN = 30.0


def test_nobody_is_released_while_vipps_is_away_and_all_is_right_soon_after(own_till: Till) -> None:
    # Given thirty members in the checkout, and the rate limits that Vipps publishes
    till = own_till
    till.simulator.config.sales_units[0].rate_limits = True
    till.start_service(VIPPS_TIMEOUT_SECONDS=1)
    event_id, due_in = till.event(), 8.0
    with ThreadPoolExecutor(8) as pool:
        began_at = time.monotonic()
        sales = list(pool.map(lambda _: till.in_checkout(event_id=event_id, due_in=due_in), range(DEADLINES)))
    assert time.monotonic() - began_at < due_in, "the machine is too slow for this journey"
    # When Vipps goes away across all deadlines, while some approve, some refuse and some do nothing
    till.neighbours.do(lambda: till.simulator.take_down("vipps", "500"))
    paid, refused, idle = sales[0::3], sales[1::3], sales[2::3]
    for sale in paid:
        till.approve(sale.order_id)
    for sale in refused:
        reject(till, sale.order_id)
    # Then all are held, and nobody is released
    till.eventually(lambda: _statuses(till, event_id) == {"held": DEADLINES}, within=due_in + 2 * DUE_WITHIN)
    assert till.simulator.oracle.judgements == []
    # When it is back, then all is as Vipps says, within Vipps' limits
    till.neighbours.do(lambda: till.simulator.bring_up("vipps"))
    back_at = time.monotonic()
    for sale in paid:
        till.becomes(sale.member, "paid", within=DRAINED_WITHIN)
        till.order_becomes(sale, "CAPTURE", within=DRAINED_WITHIN)
    for sale in refused:
        till.becomes(sale.member, "expired", within=DRAINED_WITHIN)
    assert time.monotonic() - back_at < DRAINED_WITHIN
    assert {till.status_of(sale) for sale in idle} <= {"held", "expiring"}
    assert [r for r in till.simulator.journal.requests if r.outcome == 429] == []
    # And those still in the checkout may finish
    for sale in idle:
        till.approve(sale.order_id)
    for sale in idle:
        till.becomes(sale.member, "paid", within=MOVES_AGAIN_WITHIN)
        till.order_becomes(sale, "CAPTURE", within=MOVES_AGAIN_WITHIN)


def test_releases_wait_for_the_event_backend_and_none_is_lost(till: Till) -> None:
    # Given members whose deadlines pass while the event backend is away
    event_id = till.event()
    members = [till.joins(due_in=1, event_id=event_id) for _ in range(10)]
    gone = till.simulator.add_fault("error", "backend.*", event_id=event_id, status=500, times=None)
    for member in members:
        till.becomes(member, "expiring", within=1 + DUE_WITHIN)
    assert [release for member in members for release in till.releases(member) if release.status < 300] == []
    # When it is back, then each is released once
    till.simulator.faults.clear(gone.id)
    for member in members:
        till.becomes(member, "expired", within=MOVES_AGAIN_WITHIN + 5)
        assert [release.status for release in till.releases(member) if release.status < 300] == [200]
        assert not till.has_seat(member)


def test_money_moves_while_the_event_backend_is_away(till: Till) -> None:
    event_id = till.event()
    sale = till.in_checkout(event_id=event_id)
    till.simulator.add_fault("silent", "backend.*", event_id=event_id, times=None)
    till.approve(sale.order_id)
    till.order_becomes(sale, "CAPTURE", within=5)
    assert till.refund(sale).json()["status"] == "REFUND"


def _statuses(till: Till, event_id: str) -> Counter[str]:
    page = till.service.get("/v1/registrations", event_id=event_id, limit=100).json()
    return Counter(registration["status"] for registration in page["items"])
