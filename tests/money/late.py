"""Money that Vipps takes although the checkout was over, and what is told about it."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.journeys.pace import DUE_WITHIN
from tests.money.till import Sale, Till

DUE_IN = 1.0


def is_approved_late(till: Till, order_id: str) -> None:
    """Vipps lets a checkout be approved that it called over. Returns when its callback has been tried."""
    payment = till.payment(order_id)

    def reopen() -> None:
        payment.ended, payment.opened_at = None, None
        payment.created_at = datetime.now(UTC)
        payment.log[:] = [entry for entry in payment.log if entry.operation != "CANCEL"]

    till.neighbours.do(reopen)
    till.approve(order_id)


def reject(till: Till, order_id: str) -> None:
    till.neighbours.wait_for(till.simulator.member.reject(order_id))


def released(till: Till) -> Sale:
    """A member who gave up paying, and whose seat went at the deadline."""
    sale = till.in_checkout(due_in=DUE_IN)
    reject(till, sale.order_id)
    till.becomes(sale.member, "expired", within=DUE_IN + DUE_WITHIN)
    return sale


def signed_off(till: Till) -> Sale:
    """A member who signed off while paying."""
    sale = till.in_checkout()
    answer = till.service.delete(f"/v1/registrations/{sale.member.registration_id}")
    assert answer.status_code == 204
    till.order_becomes(sale, "CANCEL", within=5)
    return sale


def exempted(till: Till) -> Sale:
    """A member who need not pay after all."""
    sale = till.in_checkout()
    path = f"/v1/registrations/{sale.member.registration_id}/exemption"
    answer = till.service.post(path, {"kind": "complimentary", "reason": "speaker"})
    assert answer.is_success, answer.text
    till.order_becomes(sale, "CANCEL", within=5)
    return sale


def is_a_case(till: Till, sale: Sale, code: str, *actions: str) -> bool:
    """Tell whether the case is open; if it is, it must say all that a person needs."""
    case = till.case(sale, code)
    if case is None:
        return False
    assert case["event_id"] == sale.member.event_id
    assert case["registration_id"] == sale.member.registration_id
    assert set(actions) <= set(case["actions"])
    opened_at = datetime.fromisoformat(case["opened_at"])
    age = (datetime.now(UTC) - opened_at).total_seconds()
    assert abs(case["age_seconds"] - age) < 2
    return True
