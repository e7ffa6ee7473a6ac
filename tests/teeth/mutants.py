"""Bugs that this trade has had in production, each as a change of our own code. The tests must notice every one."""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "src/payments_service/"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug: in `path`, `old` (found exactly once) becomes `new`. `tests` are those that should notice."""

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]

    def applied_to(self, text: str) -> str:
        """The text with the bug in it. Raises ValueError where it does not fit any more."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: found {text.count(self.old)} times in {self.path}")
        return text.replace(self.old, self.new)


MUTANTS = (
    Mutant(
        "Vipps' silence counts as unpaid",
        SOURCE + "domain/decisions.py",
        "    if any(not order.is_closed and order.unanswered_since for order in orders):",
        "    is_open = any(not o.is_closed and not o.unanswered_since or o.is_paid for o in orders)\n    if False:",
        ("tests/domain", "tests/use_cases/test_settle_registration_orders.py"),
    ),
    Mutant(
        "a seat is taken while a checkout is open",
        SOURCE + "domain/decisions.py",
        '    if is_open:\n        return Verdict("due, an order is open", RegistrationStatus.EXPIRING)\n',
        "",
        ("tests/domain", "tests/lives"),
    ),
    Mutant(
        "what a callback says decides",
        SOURCE + "use_cases/receive_delivery.py",
        "    if stored.is_new and stored.is_known:\n",
        "    if stored.is_known and b'RESERVE' in body:\n"
        "        from sqlalchemy import text\n\n"
        "        paid = \"UPDATE orders SET status = 'RESERVED', payment_link = NULL, start_request = NULL,\"\n"
        '        paid += " authorized_ore = amount_ore, held_ore = amount_ore, paid_at = now()"\n'
        "        async with database.autocommit() as connection:\n"
        "            await connection.execute(text(paid + ' WHERE order_id::text = :i'), {'i': name})\n"
        "    if stored.is_new and stored.is_known:\n",
        ("tests/journeys/test_forged_callbacks.py", "tests/journeys/test_paying.py"),
    ),
    Mutant(
        "a callback needs no token",
        SOURCE + "vipps/callback_token.py",
        '    return hmac.compare_digest(make(secret, msn, order_id).encode("ascii"), received)',
        "    return bool(received)",
        ("tests/vipps", "tests/journeys/test_forged_callbacks.py"),
    ),
    Mutant(
        "an empty secret signs webhooks",
        SOURCE + "vipps/webhook_signature.py",
        "found |= bool(key) & hmac",
        "found |= hmac",
        ("tests/vipps/test_webhook_signature.py",),
    ),
    Mutant(
        "any signature of a webhook is good",
        SOURCE + "vipps/webhook_signature.py",
        "    return found & hmac.compare_digest(ours, content_hash)",
        "    return hmac.compare_digest(ours, content_hash)",
        ("tests/vipps/test_webhook_signature.py",),
    ),
    Mutant(
        "the clock follows the member, not the sign-up",
        SOURCE + "use_cases/settle_registration.py",
        "seat is not None and seat.registration_id == registration.registration_id",
        "seat is not None",
        ("tests/use_cases/test_settle_registration.py",),
    ),
    Mutant(
        "a payment can be started after the deadline",
        SOURCE + "use_cases/intend_payment.py",
        "    if is_over_time or registration.status in DECIDED or registration.status is RegistrationStatus.HELD:\n",
        "    if is_over_time and registration.status in DECIDED:\n",
        ("tests/use_cases/test_start_refusals.py",),
    ),
    Mutant(
        "every try has a key of its own",
        SOURCE + "use_cases/carry_out.py",
        "    key, order_id = operation.operation_key, operation.order_id\n",
        "    key, order_id = f'{operation.operation_key[:37]}{operation.attempts:03}', operation.order_id\n",
        ("tests/use_cases/test_carry_out.py",),
    ),
    Mutant(
        "a refund without an answer counts as refused",
        SOURCE + "use_cases/carry_out.py",
        "        await _postpone(claim, database, policy, operation, is_in_doubt=True, answer=str(error)"
        ", wait=None)\n"
        "    except VippsError",
        '        await _refused(operation, database, policy, Rejected("no answer", code="none"))\n'
        "    except VippsError",
        ("tests/use_cases/test_carry_out.py", "tests/use_cases/test_refunds.py"),
    ),
    Mutant(
        "two open payments for one seat",
        "migrations/versions/0001_the_tables.py",
        '        "uq_orders_open",\n        "orders",\n        ["registration_id"],\n        unique=True,',
        '        "uq_orders_open",\n        "orders",\n        ["registration_id"],\n        unique=False,',
        ("tests/storage",),
    ),
    Mutant(
        "two payments for one seat are both taken",
        SOURCE + "domain/decisions.py",
        "        give_back=tuple(o.order_id for o in back),\n",
        "",
        ("tests/domain",),
    ),
    Mutant(
        "a failed line of the log counts",
        SOURCE + "domain/folding.py",
        "    if meaning is Meaning.DECLINED or (not entry.succeeded and meaning in (Meaning.RESERVED, Meaning.SOLD)):",
        "    entry = replace(entry, succeeded=True)\n    if meaning is Meaning.DECLINED:",
        ("tests/domain/test_folding.py",),
    ),
    Mutant(
        "AUTHORIZED is believed whatever was let go since",
        SOURCE + "vipps/epayment_answers.py",
        "max(0, authorized - captured - sums.cancelledAmount.value)",
        "max(0, authorized - captured)",
        ("tests/vipps/test_epayment_answers.py",),
    ),
    Mutant(
        "a transaction stays open while Vipps thinks",
        SOURCE + "use_cases/settle_order.py",
        "    answer = await _ask(api, order_id, timeout or policy.vipps_timeout)\n",
        "    async with database.begin() as held:\n"
        "        await orders.find(held, order_id)\n"
        "        answer = await _ask(api, order_id, timeout or policy.vipps_timeout)\n",
        ("tests/use_cases",),
    ),
    Mutant(
        "deadlines are counted in local time",
        SOURCE + "domain/deadlines.py",
        "    deadline = aware(now) + (",
        '    from zoneinfo import ZoneInfo\n\n    deadline = aware(now).astimezone(ZoneInfo("Europe/Oslo")) + (',
        ("tests/domain/test_deadlines.py",),
    ),
    Mutant(
        "whoever slept through a lease still writes",
        SOURCE + "storage/claims.py",
        '    return text("TRUE") if claim is None else table.c.fence == claim.fence',
        '    return text("TRUE")',
        ("tests/storage/test_claims.py",),
    ),
    Mutant(
        "one bad row stops the sweep",
        SOURCE + "work_queue.py",
        '                _log.exception("work_failed", queue=self.name, key=claim.key)\n',
        '                _log.exception("work_failed", queue=self.name, key=claim.key)\n'
        "                self._is_stopped = True\n",
        ("tests/scheduler",),
    ),
    Mutant(
        "a delivery about an unknown payment is refused",
        SOURCE + "use_cases/receive_delivery.py",
        "    if stored.is_new and stored.is_known:\n",
        "    if not stored.is_known:\n        raise ValueError(name)\n    if stored.is_new and stored.is_known:\n",
        ("tests/webhooks",),
    ),
    Mutant(
        "a delivery is acknowledged before it is kept",
        SOURCE + "use_cases/receive_delivery.py",
        "    async with database.begin() if policy.tells_backend else database.autocommit() as connection:\n",
        "    import asyncio\n\n"
        "    async def keep() -> None:\n"
        "        await asyncio.sleep(1)\n"
        "        async with database.autocommit() as later:\n"
        "            uuid = name if is_order_id(name) else None\n"
        "            what = {'channel': channel, 'fingerprint': fingerprint, 'order_id': name, 'order_uuid': uuid}\n"
        "            await deliveries.store(later, body=body, **what)\n\n"
        "    asyncio.get_running_loop().create_task(keep())\n"
        "    return Stored(is_new=True, is_known=True)\n"
        "    async with database.autocommit() as connection:\n",
        ("tests/webhooks", "tests/journeys/test_forged_callbacks.py"),
    ),
    Mutant(
        "calls in flight are cancelled",
        SOURCE + "outgoing.py",
        "        done, _ = await asyncio.wait({task}, timeout=left)\n",
        "        try:\n            await asyncio.wait_for(task, timeout=left)\n            done = {task}\n"
        "        except TimeoutError:\n            done = set()\n",
        ("tests/vipps/test_outgoing.py",),
    ),
    Mutant(
        "one 404 is believed",
        SOURCE + "domain/applying.py",
        "    if now - since < MISSING_AGAIN:\n",
        "    if False:\n",
        ("tests/domain/test_applying.py",),
    ),
    Mutant(
        "another amount than ours is taken for ours",
        SOURCE + "domain/folding.py",
        "        if names_amount and entry.succeeded and entry.amount_ore != amount_ore:\n",
        "        if False:\n",
        ("tests/domain/test_folding.py",),
    ),
    Mutant(
        "a pending refund does not count as spent",
        SOURCE + "use_cases/move_money.py",
        "        spent = max(order.refunded_ore, done) + pending\n",
        "        spent = max(order.refunded_ore, done)\n",
        ("tests/use_cases/test_refunds.py", "tests/money/test_two_clicks.py"),
    ),
    Mutant(
        "money that comes late stays",
        SOURCE + "domain/decisions.py",
        "        give_back=tuple(o.order_id for o in late if _returns_by_itself(o, rules)),\n",
        "",
        ("tests/domain",),
    ),
    Mutant(
        "a stale answer overwrites a newer one",
        SOURCE + "domain/applying.py",
        "    if is_stale or (moves and not may_move(order.status, verdict.status)):\n",
        "    if False:\n",
        ("tests/domain",),
    ),
)
