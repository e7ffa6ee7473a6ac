"""What the books must say after every journey: our rows, Vipps' ledger, and the truths about money agree."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from payments_service.simulator.ledger import Payment
from tests.journeys.apis import KEY_HEADER
from tests.journeys.neighbours import eventually
from tests.money.database import broken_truths

if TYPE_CHECKING:
    from tests.money.till import Till

_SETTLES_WITHIN = 10.0
_WRONG = ("captured", "held", "open")


def balance(till: Till) -> None:
    """Nothing moved twice, nothing left hanging, nobody who paid thrown out, no failure in a log."""
    with suppress(AssertionError):
        eventually(lambda: not _differences(till), within=_SETTLES_WITHIN)
    assert _differences(till) == []
    for payment in _payments(till):
        _moved_once(till, payment)
    judgements = till.simulator.oracle.judgements[till.watch.first_judgement :]
    assert [judgement for judgement in judgements if judgement.finding in _WRONG] == []
    broken = broken_truths(till.database_url)
    till.broken_before, earlier = broken, till.broken_before
    assert [truth for truth in broken if truth not in earlier] == []
    if not till.watch.may_complain:
        for service in till.services:
            assert service.complaints(beyond=till.watch.log_sizes.get(service.name, 0)) == []


def _payments(till: Till) -> list[Payment]:
    known = till.neighbours.do(lambda: list(till.simulator.ledger.payments.values()))
    return [payment for payment in known if payment.event_id in till.watch.events]


def _differences(till: Till) -> list[str]:
    """What is reserved and nobody's matter, and every order whose sums are not Vipps'."""
    found = []
    for payment in _payments(till):
        order_id, amounts = payment.order_id, payment.amounts
        if amounts.to_capture and order_id not in till.watch.stay_reserved:
            found.append(f"{order_id}: {amounts.to_capture} øre neither taken nor let go")
        order = till.order(order_id)
        ours = order["captured"], order["refunded"]
        theirs = kroner(amounts.captured), kroner(amounts.refunded)
        if ours != theirs:
            found.append(f"{order_id}: captured and refunded {ours}, at Vipps {theirs}")
    return found


def _moved_once(till: Till, payment: Payment) -> None:
    """One effect per key, one content per key, and never more than there is."""
    journal, order_id = till.simulator.journal, payment.order_id
    mine = [e for e in journal.effects_of(order_id) if e.ok and e.source == "api"]
    often = Counter((e.operation, e.key) for e in mine)
    assert [key for key, times in often.items() if times > 1] == [], f"{order_id}: twice under one key"
    contents: dict[tuple[str, str], set[str]] = {}
    for operation in ("capture", "refund"):
        for request in journal.requests_for(operation, order_id):
            key = request.headers.get(KEY_HEADER[till.vipps_api], "")
            contents.setdefault((operation, key), set()).add(request.body)
    assert [key for key, bodies in contents.items() if len(bodies) > 1] == [], (
        f"{order_id}: one key, two bodies"
    )
    amounts = payment.amounts
    assert amounts.captured + amounts.released <= payment.amount
    assert amounts.refunded <= amounts.captured


def kroner(ore: int) -> str:
    return f"{ore // 100}.{ore % 100:02d}"
