"""Truths about money and seats that SQL can check: named sentences, each with a query that finds what breaks it.

Constraints and unique indexes keep most of what must hold; these are the truths that span rows or time. They are
checked on a schedule, exported as figures, and printed by `payments-service check`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_MOST_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Invariant:
    """`sentence` is what must hold; `query` returns the ids of what breaks it."""

    name: str
    sentence: str
    query: str


@dataclass(frozen=True, slots=True)
class Violation:
    """One row that breaks an invariant."""

    name: str
    sentence: str
    key: str


INVARIANTS: Final = (
    Invariant(
        "paid_seat_has_money",
        "a registration is paid only by an order that holds or has captured money",
        """SELECT r.registration_id FROM registrations r WHERE r.status = 'paid' AND NOT EXISTS (
            SELECT 1 FROM orders o WHERE o.registration_id = r.registration_id AND o.pays_seat AND o.is_paid)""",
    ),
    Invariant(
        "money_pays_a_seat_or_goes_back",
        "money in an order pays its seat, is on its way back, or is a case for a person",
        # what the system before this one took for seats that we never had is history
        """SELECT o.order_id FROM orders o WHERE o.is_paid AND NOT o.pays_seat AND NOT o.is_returning
            AND NOT (o.is_imported AND o.registration_id IS NULL) AND NOT EXISTS (
            SELECT 1 FROM attention a WHERE a.order_id = o.order_id::text AND a.closed_at IS NULL)""",
    ),
    Invariant(
        "released_seat_is_unpaid",
        "a seat that was taken back for want of payment has no money that stays",
        """SELECT r.registration_id FROM registrations r JOIN orders o USING (registration_id)
            WHERE r.status = 'expired' AND o.is_paid AND o.paid_at <= r.over_at""",
    ),
    Invariant(
        "released_after_the_deadline",
        "no seat is taken back before the deadline",
        "SELECT registration_id FROM registrations WHERE status = 'expired' AND over_at < payment_expiredate",
    ),
    Invariant(
        "released_when_all_is_closed",
        "no seat is taken back while Vipps might still take money for it",
        """SELECT r.registration_id FROM registrations r JOIN orders o USING (registration_id)
           WHERE r.status = 'expired' AND NOT o.is_closed AND o.created_at <= r.over_at AND o.missing_since IS NULL
             AND (o.paid_at IS NULL OR o.paid_at <= r.over_at)""",
    ),
    Invariant(
        "open_order_is_looked_at",
        "an order that may still change at Vipps is due to be asked about",
        "SELECT order_id FROM orders WHERE NOT is_closed AND due_at IS NULL",
    ),
    Invariant(
        "waiting_seat_is_looked_at",
        "a member's registration that waits for payment is due to be decided",
        """SELECT registration_id FROM registrations
           WHERE status IN ('awaiting_payment', 'expiring', 'held') AND due_at IS NULL AND user_id IS NOT NULL""",
    ),
    Invariant(
        "refunds_fit_the_capture",
        "the refunds we ordered never add up to more than was captured",
        """SELECT o.order_id FROM orders o JOIN operations p USING (order_id)
           WHERE p.kind = 'refund' AND p.state IN ('pending', 'done')
           GROUP BY o.order_id, o.captured_ore HAVING sum(p.amount_ore) > o.captured_ore""",
    ),
    Invariant(
        "reservation_is_captured",
        "a reservation that pays a seat does not grow old without a case for a person",
        """SELECT o.order_id FROM orders o JOIN operations p USING (order_id)
           WHERE o.status = 'RESERVED' AND o.pays_seat AND p.kind = 'capture'
             AND p.created_at < clock_timestamp() - interval '24 hours' AND NOT EXISTS (
               SELECT 1 FROM attention a WHERE a.order_id = o.order_id::text AND a.closed_at IS NULL)""",
    ),
    Invariant(
        "delivery_is_settled",
        "what Vipps delivered is settled within an hour",
        """SELECT delivery_id FROM deliveries
           WHERE settled_at IS NULL AND received_at < clock_timestamp() - interval '1 hour'""",
    ),
    Invariant(
        "known_import_is_an_order",
        "an imported order is an order of ours exactly when Vipps knows it",
        """SELECT coalesce(i.order_id, o.order_id) FROM imported_orders i
           FULL JOIN (SELECT order_id FROM orders WHERE is_imported) o USING (order_id)
           WHERE (o.order_id IS NOT NULL) <> coalesce(i.answer = 'known', false)""",
    ),
    Invariant(
        "import_and_order_agree",
        "an imported order and the order it has become are about the same event, member and amount",
        """SELECT i.order_id FROM imported_orders i JOIN orders o USING (order_id)
           WHERE o.event_id <> i.event_id OR o.amount_ore IS DISTINCT FROM i.amount_ore
             OR o.user_id IS DISTINCT FROM i.user_id""",
    ),
    Invariant(
        "imported_question_is_asked",
        "Vipps is to be asked about every unanswered imported order that a seat hangs on",
        """SELECT i.order_id FROM imported_orders i JOIN registrations r USING (event_id, user_id)
           WHERE i.answer IS NULL AND i.due_at IS NULL AND r.status IN ('awaiting_payment', 'expiring', 'held')""",
    ),
    Invariant(
        "released_when_imports_are_answered",
        "no seat is taken back while the system before this one says it was paid and Vipps has not been heard",
        """SELECT r.registration_id FROM registrations r JOIN imported_orders i USING (event_id, user_id)
           WHERE r.status = 'expired' AND i.imported_at <= r.over_at AND i.status IN ('RESERVED', 'SALE', 'CAPTURE')
             AND (i.answer IS NULL OR i.enriched_at > r.over_at)""",
    ),
)


async def violations(connection: AsyncConnection) -> list[Violation]:
    """Check every invariant; at most a hundred violations of each are named."""
    found = []
    for invariant in INVARIANTS:
        rows = await connection.execute(text(f"{invariant.query} LIMIT {_MOST_SHOWN}"))  # our constants
        found += [Violation(invariant.name, invariant.sentence, str(row[0])) for row in rows]
    return found
