"""What must hold after every journey, whatever it was about."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from payments_service.simulator.journal import BackendCall
from payments_service.simulator.simulator import Simulator
from tests.journeys.neighbours import eventually
from tests.journeys.service import Service

_SETTLES_WITHIN = 8.0


@dataclass
class Watch:
    """Where a journey began, and what it is allowed to leave behind."""

    events: set[str] = field(default_factory=set)
    #: Orders whose reservation nobody takes and nobody lets go, on purpose.
    stay_reserved: set[str] = field(default_factory=set)
    #: The journey breaks PostgreSQL, and the service may say so.
    may_complain: bool = False
    first_judgement: int = 0
    log_sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, simulator: Simulator, services: Sequence[Service]) -> Watch:
        return cls(
            first_judgement=len(simulator.oracle.judgements),
            log_sizes={service.name: len(service.log()) for service in services},
        )


def check(simulator: Simulator, services: Sequence[Service], watch: Watch) -> None:
    """No payer thrown out, no money moved twice or left hanging, no failure in a log."""
    with suppress(AssertionError):
        eventually(lambda: not _unsettled(simulator, watch), within=_SETTLES_WITHIN)
    assert _unsettled(simulator, watch) == [], "reserved, and neither taken nor let go"
    judgements = simulator.oracle.judgements[watch.first_judgement :]
    assert [j for j in judgements if j.finding in ("captured", "held", "open")] == []
    for payment in list(simulator.ledger.payments.values()):
        if payment.event_id in watch.events:
            _money_moved_once(simulator, payment.order_id)
    if not watch.may_complain:
        for service in services:
            assert service.complaints(beyond=watch.log_sizes.get(service.name, 0)) == []


def _unsettled(simulator: Simulator, watch: Watch) -> list[str]:
    """Reservations that were neither taken nor let go."""
    return [
        payment.order_id
        for payment in list(simulator.ledger.payments.values())
        if payment.event_id in watch.events
        and payment.amounts.to_capture
        and payment.order_id not in watch.stay_reserved
    ]


def _money_moved_once(simulator: Simulator, order_id: str) -> None:
    done = [e.operation for e in simulator.journal.effects_of(order_id) if e.ok]
    assert done.count("INITIATE") == 1
    assert done.count("CAPTURE") <= 1, "captured more than once"
    assert done.count("CAPTURE") + done.count("VOID") <= 1, "captured and let go"
    assert done.count("REFUND") <= 1, "refunded more than once"


def releases(simulator: Simulator, event_id: str, user_id: str) -> list[BackendCall]:
    return [
        call
        for call in list(simulator.journal.backend_calls)
        if call.operation in ("release", "waitlist") and (call.event_id, call.user_id) == (event_id, user_id)
    ]
