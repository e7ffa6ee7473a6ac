"""The service around one registration: the use cases as stories over rows in memory, every decision the real one.

Each story follows its use case phase by phase (`settle_order`, `record_answer`, `conclude`, `carry_out`,
`start_payment`, `settle_registration`, `sign_off`, `grant`); what lies between two yields is one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from payments_service.domain.applying import Applied, apply, unanswered
from payments_service.domain.decisions import Attention, Rules, Verdict, decide
from payments_service.domain.folding import Folded, fold
from payments_service.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Purpose,
    has_happened,
    is_still_wanted,
)
from payments_service.domain.orders import Order, OrderStatus, StatusReason
from payments_service.domain.polling import FIRST_READ, next_read, next_read_after_silence
from payments_service.domain.readings import NoSuchPayment, Reading
from payments_service.domain.registrations import DECIDED, Registration, RegistrationStatus
from payments_service.vipps.errors import NotSent, OutcomeUnknown, VippsError
from tests.lives.clockwork import Clockwork, Process, Story
from tests.lives.line import Line
from tests.lives.pretended_backend import PretendedBackend
from tests.lives.pretended_vipps import CHECKOUT, PretendedVipps
from tests.lives.rows import Item, Rows, new_order

WAIT_FOR_ORDERS: Final = timedelta(seconds=15)
TICK_SECONDS: Final = 1.0
FAR: Final = datetime.max.replace(tzinfo=UTC)
Waiting = Generator[float, None, Any]


class Service:
    """One registration's service: any number of processes that may be killed, and the rows that stay."""

    def __init__(
        self,
        rows: Rows,
        *,
        clockwork: Clockwork,
        vipps: PretendedVipps,
        backend: PretendedBackend,
        to_vipps: Line,
        to_backend: Line,
        rules: Rules,
        price: int,
        sometimes: Counter[str],
    ) -> None:
        self.rows, self.clockwork = rows, clockwork
        self.vipps, self.backend = vipps, backend
        self.to_vipps, self.to_backend = to_vipps, to_backend
        self.rules, self.price, self.sometimes = rules, price, sometimes
        self.process = Process()
        self._next_look = FAR
        self.are_answers_old = 0.0
        self._started = 0
        self.refunds_asked: Counter[str] = Counter()

    @property
    def now(self) -> datetime:
        return self.clockwork.now

    # --- processes

    def begin(self, story: Story) -> None:
        """Run a story in the newest process; it dies with it."""
        self.clockwork.begin(self._looking_ahead(story), self.process)

    def boot(self) -> None:
        """Start a process that looks for due work, whatever became of the one before."""
        self.process, self._next_look = Process(), FAR
        self.begin(self._look_again())

    def kill(self) -> None:
        """Everything in flight is gone; what is committed stays."""
        self.process.is_alive = False
        self.sometimes["killed"] += 1

    def stop(self, seconds: float) -> None:
        """The process stands still for a while and knows nothing of it."""
        self.process.asleep_until = self.now + timedelta(seconds=seconds)
        self.sometimes["stopped"] += 1

    def _looking_ahead(self, story: Story) -> Story:
        for seconds in story:
            self._look_ahead()
            yield seconds
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Look for work when the next row is due, a tick at most later, instead of every second for nothing."""
        rows = self.rows
        items = (rows.clock, *rows.reads.values(), *rows.operations.values())
        next_due = min((item.claimable_at for item in items if item.claimable_at), default=FAR)
        if next_due < self._next_look:
            self._next_look = max(next_due, self.now)
            wait = (self._next_look - self.now).total_seconds() + self.clockwork.chance.uniform(
                0, TICK_SECONDS
            )
            self.clockwork.begin(self._look_after(wait), self.process)

    def _look_after(self, seconds: float) -> Story:
        yield seconds
        self._look()

    def _look_again(self) -> Story:
        while True:
            self._look()
            yield 60.0

    def _look(self) -> None:
        self._next_look = FAR
        for order_id, item in self.rows.reads.items():
            if (fence := item.claim(self.now)) is not None:
                self.begin(self.settle(order_id, fence))
        for key, row in list(self.rows.operations.items()):
            if (fence := row.claim(self.now)) is not None:
                self.begin(self.carry_out(key, fence))
        if (fence := self.rows.clock.claim(self.now)) is not None:
            self.begin(self.settle_registration(fence))
        self._look_ahead()

    # --- start_payment

    def start(self) -> Waiting:
        """Return the id of the order whose link the member gets, or None."""
        registration, orders = self.rows.registration, list(self.rows.orders.values())
        if registration.status in DECIDED or registration.status is RegistrationStatus.HELD:
            return None
        if self.now >= registration.payment_expiredate or any(o.is_frozen for o in orders):
            return None
        for order in orders:
            if order.is_open:
                return (yield from self._use_open(order))
        if any(not order.is_closed for order in orders):
            return None
        self._started += 1
        order_id = f"00000000-0000-4000-8000-{self._started:012d}"
        self.rows.orders[order_id] = new_order(order_id, registration, self.vipps.api, self.price, self.now)
        item = Item(due_at=self.now)
        self.rows.reads[order_id] = item
        fence = item.claim(self.now)
        if registration.status is RegistrationStatus.REFUNDED:
            waiting = replace(registration, status=RegistrationStatus.AWAITING_PAYMENT)
            self.rows.registration, self.rows.clock.due_at = waiting, registration.payment_expiredate
        outcome = yield from self._ask_to_start(order_id)
        return self._record_start(order_id, outcome, fence)

    def _ask_to_start(self, order_id: str) -> Waiting:
        unknown: VippsError | None = None
        for _ in range(2 if self.vipps.api == "epayment" else 1):
            try:
                return (yield from self.to_vipps.call(lambda: self.vipps.start(order_id, self.price)))
            except OutcomeUnknown as error:
                unknown = error
            except VippsError as error:
                return unknown or error  # a no to the repeat does not say that the first one failed as well
        return unknown

    def _record_start(self, order_id: str, outcome: object, fence: int | None) -> str | None:
        item = self.rows.reads[order_id]
        if item.fence != fence:
            self.sometimes["a start outlived its lease"] += 1
            return None
        values: dict[str, Any] = {"started_at": self.now, "checkout_ends_at": self.now + CHECKOUT}
        due_at: datetime | None = self.now + FIRST_READ
        if not isinstance(outcome, OutcomeUnknown):
            values["is_start_repeatable"] = False
        if outcome == "yes":
            values["payment_link"] = "link"
        elif isinstance(outcome, OutcomeUnknown):
            due_at = self.now
            self.sometimes["a start was unanswered"] += 1
        else:
            due_at = None
            values |= {
                "status": OrderStatus.CANCEL,
                "status_reason": StatusReason.NEVER_CREATED,
                "is_closed": True,
            }
        self.rows.change(order_id, **values)
        item.finish(fence, due_at)
        return order_id if outcome == "yes" else None

    def _use_open(self, order: Order) -> Waiting:
        if order.started_at is None:
            return None
        is_answered = yield from self.settle(order.order_id)
        order = self.rows.orders[order.order_id]
        if not order.is_open or order.payment_link is None or order.checkout_ends_at is None:
            return None
        if is_answered:
            return order.order_id if self.now < order.checkout_ends_at else None
        return order.order_id if self.now - order.created_at < CHECKOUT / 2 else None

    # --- settle_order, record_answer

    def settle(self, order_id: str, fence: int | None = None) -> Waiting:
        known = self.rows.orders[order_id]
        if known.started_at is None and known.is_open and fence is None:
            return False
        answer = yield from self._ask(order_id)
        recovered = yield from self._recover_link(known, answer)
        if fence is not None and self.rows.reads[order_id].fence != fence:
            self.sometimes["a reading came after its lease"] += 1
            return False
        return self._record(order_id, answer, recovered, fence)

    def _ask(self, order_id: str) -> Waiting:
        chance = self.clockwork.chance
        age = tear = timedelta(0)
        if chance.random() < self.are_answers_old:
            age, tear = timedelta(seconds=chance.uniform(0, 10)), timedelta(seconds=chance.choice((0, 0, 1)))
            self.sometimes["an old answer"] += 1
        try:
            return (yield from self.to_vipps.call(lambda: self.vipps.read(order_id, age=age, tear=tear)))
        except VippsError as error:
            return error

    def _recover_link(self, known: Order, answer: object) -> Waiting:
        if not known.is_open or not known.is_start_repeatable or not isinstance(answer, Reading):
            return None
        verdict = fold(answer, order_id=known.order_id, amount_ore=known.amount_ore)
        if not isinstance(verdict, Folded) or verdict.status is not OrderStatus.INITIATE:
            return None
        try:
            return (yield from self.to_vipps.call(lambda: self.vipps.start(known.order_id, self.price)))
        except VippsError:
            return None

    def _record(self, order_id: str, answer: object, recovered: str | None, fence: int | None) -> bool:
        order, now = self.rows.orders[order_id], self.now
        ops = self.rows.of_order(order_id)
        if fence is not None and order.started_at is None and order.is_open:
            order = replace(order, started_at=now, checkout_ends_at=now + CHECKOUT)
        if recovered is not None and order.is_open and order.is_start_repeatable:
            order = replace(order, payment_link="link", is_start_repeatable=False)
            self.sometimes["a link was recovered"] += 1
        applied = self._apply(order, answer, ops, now)
        before, after = self.rows.orders[order_id], applied.order
        if after.captured_ore < before.captured_ore or after.refunded_ore < before.refunded_ore:
            raise AssertionError(f"money went backwards: {before} {after}")
        self.rows.orders[order_id] = after
        self.rows.change(order_id, updated_at=now)
        self.sometimes[f"answer: {applied.what}"] += 1
        entries = answer.entries if isinstance(answer, Reading) else ()
        for operation in ops:
            if operation.state is OperationState.PENDING and has_happened(operation, after, entries):
                self.rows.conclude(operation.operation_key, OperationState.DONE, now)
        self._close_what_lingers(applied)
        self._conclude()
        self.rows.reads[order_id].finish(fence, self._next_at(order_id, applied, answer))
        return applied.is_answer

    def _apply(self, order: Order, answer: object, ops: list[Operation], now: datetime) -> Applied:
        if isinstance(answer, Reading | NoSuchPayment):
            return apply(order, answer, ops, now=now)
        return unanswered(order, now, "silent")

    def _close_what_lingers(self, applied: Applied) -> None:
        order = applied.order
        if (
            not applied.is_answer
            or order.is_closed
            or order.held_ore
            or order.captured_ore
            or order.is_frozen
        ):
            return
        if order.missing_since is not None or order.started_at is None:
            return
        is_link_lost = not order.was_answered and not order.is_start_repeatable
        if (is_link_lost and order.read_at is not None) or self.now >= (order.checkout_ends_at or self.now):
            self.rows.intend(order, OperationKind.CANCEL, Purpose.CLOSE, None, self.now)

    def _next_at(self, order_id: str, applied: Applied, answer: object) -> datetime | None:
        order = self.rows.orders[order_id]
        if order.unanswered_since is not None:
            return next_read_after_silence(
                now=self.now, silent_since=order.unanswered_since, retry_after=None
            )
        refunds = self.rows.of_order(order_id, OperationKind.REFUND)
        ordered = sum(o.amount_ore for o in refunds if o.state is OperationState.DONE)
        return next_read(order, now=self.now, refunds_ordered_ore=ordered)

    # --- conclude

    def _conclude(self) -> Verdict:
        rows, now = self.rows, self.now
        registration, orders = rows.registration, list(rows.orders.values())
        verdict = decide(registration, orders, now=now, rules=self.rules)
        self.sometimes[f"rule: {verdict.rule}"] += 1
        for order in orders:
            returns = order.order_id in verdict.give_back
            if (order.pays_seat and order.order_id != verdict.pays_seat) or (
                returns and not order.is_returning
            ):
                rows.change(order.order_id, pays_seat=False, is_returning=returns or order.is_returning)
        if verdict.pays_seat is not None and not rows.orders[verdict.pays_seat].pays_seat:
            rows.change(verdict.pays_seat, pays_seat=True)
        for order_id in verdict.capture:
            rows.intend(rows.orders[order_id], OperationKind.CAPTURE, Purpose.CAPTURE, None, now)
        for order_id in verdict.close:
            if rows.orders[order_id].started_at is not None:
                rows.intend(rows.orders[order_id], OperationKind.CANCEL, Purpose.CLOSE, "superseded", now)
        for order_id in verdict.give_back:
            self._intend_give_back(rows.orders[order_id])
        rows.cases = {(str(code), order_id) for code, order_id in verdict.attention}
        if verdict.status is not registration.status or now >= registration.payment_expiredate:
            is_sealed = verdict.status in (RegistrationStatus.EXPIRING, RegistrationStatus.HELD)
            is_held = verdict.status is RegistrationStatus.HELD
            sealed_at = (registration.sealed_at or now) if is_sealed else None
            rows.registration = replace(
                registration,
                status=verdict.status,
                sealed_at=sealed_at if registration.has_seat else registration.sealed_at,
                held_since=(registration.held_since or now) if is_held else None,
            )
            rows.clock.due_at = self._due_at(registration, verdict)
        return verdict

    def _intend_give_back(self, order: Order) -> None:
        if order.held_ore:
            self.rows.intend(order, OperationKind.CANCEL, Purpose.GIVE_BACK, "late", self.now)
        else:
            self.rows.intend_refund(order, Purpose.GIVE_BACK, "late", self.now)

    def _due_at(self, registration: Registration, verdict: Verdict) -> datetime | None:
        if verdict.release:
            return self.now
        match verdict.status:
            case RegistrationStatus.AWAITING_PAYMENT:
                deadline = registration.payment_expiredate
                return deadline if deadline > self.now else self.now + WAIT_FOR_ORDERS
            case RegistrationStatus.EXPIRING | RegistrationStatus.HELD:
                return self.now + WAIT_FOR_ORDERS
            case _:
                return None

    # --- carry_out

    def carry_out(self, key: str, fence: int) -> Story:
        row = self.rows.operations[key]
        order_id = row.operation.order_id
        if row.operation.is_in_doubt:
            self.sometimes["an operation was read back"] += 1
            if not (yield from self.settle(order_id)):
                self._postpone(key, fence, is_in_doubt=True)
                return
        if row.operation.state is not OperationState.PENDING:
            return
        if not is_still_wanted(row.operation, self.rows.orders[order_id]):
            self.rows.conclude(key, OperationState.DROPPED, self.now)
            self.rows.reads[order_id].due_at = self.now
            return
        if row.fence != fence:
            self.sometimes["an operation was taken over"] += 1
            return
        row.operation = replace(row.operation, attempts=row.operation.attempts + 1, is_in_doubt=True)
        row.updated_at = self.now
        sent = row.operation
        try:
            answer = yield from self.to_vipps.call(lambda: self._operate(sent))
        except NotSent:
            self._postpone(key, fence, is_in_doubt=False)
            return
        except OutcomeUnknown:
            self._postpone(key, fence, is_in_doubt=True)
        else:
            self.rows.reads[order_id].due_at = self.now
            self.rows.conclude(
                key, OperationState.DONE if answer == "yes" else OperationState.REFUSED, self.now
            )
        yield from self.settle(order_id)

    def _operate(self, operation: Operation) -> str:
        return self.vipps.operate(
            operation.kind,
            operation.order_id,
            operation.amount_ore,
            operation.operation_key,
            only_unapproved=operation.purpose is Purpose.CLOSE,
        )

    def _postpone(self, key: str, fence: int, *, is_in_doubt: bool) -> None:
        row = self.rows.operations[key]
        if row.fence != fence or row.operation.state is not OperationState.PENDING:
            return
        wait = 5.0 if row.operation.attempts <= 1 else 12.5
        row.operation = replace(row.operation, is_in_doubt=is_in_doubt)
        row.updated_at = self.now
        row.finish(fence, self.now + timedelta(seconds=wait))

    # --- settle_registration

    def settle_registration(self, fence: int) -> Story:
        rows = self.rows
        if not self._decides_to_release(fence):
            return
        try:
            seat = yield from self.to_backend.call(self.backend.find_seat)
        except VippsError:
            rows.clock.finish(fence, self.now + timedelta(seconds=4))
            return
        if rows.clock.fence != fence or not rows.registration.has_seat:
            return
        if seat is None:
            if rows.registration.release_sent_at is not None:
                self._over(RegistrationStatus.EXPIRED)
            else:
                self.end()
            return
        if seat > rows.registration.payment_expiredate:
            self.move_deadline(seat)
            rows.clock.lease_until = None
            return
        if not self._decides_to_release(fence):
            return
        rows.registration = replace(rows.registration, release_sent_at=self.now)
        try:
            yield from self.to_backend.call(self.backend.release)
        except VippsError:
            rows.clock.finish(fence, self.now + timedelta(seconds=4))
            return
        if rows.clock.fence == fence and rows.registration.has_seat:
            self._over(RegistrationStatus.EXPIRED)

    def _decides_to_release(self, fence: int) -> bool:
        rows = self.rows
        if rows.clock.fence != fence:
            self.sometimes["a release was taken over"] += 1
            return False
        if not rows.registration.has_seat:
            rows.clock.finish(fence, None)
            return False
        if self._conclude().release:
            return True
        rows.clock.lease_until = None
        return False

    def _over(self, status: RegistrationStatus) -> None:
        self.rows.registration = replace(
            self.rows.registration, status=status, over_at=self.now, held_since=None, released_by="unregister"
        )
        self.rows.clock.due_at, self.rows.clock.lease_until = None, None

    # --- what people ask for

    def end(self) -> None:
        """The seat is gone without our doing."""
        self._over(RegistrationStatus.ENDED)
        self._conclude()

    def sign_off(self, *, refund: bool) -> Story:
        if not self.rows.registration.has_seat:
            return
        for order in list(self.rows.orders.values()):
            if order.is_open:
                yield from self.settle(order.order_id)
        if not self.rows.registration.has_seat:
            return
        paid = [order for order in self.rows.orders.values() if order.is_paid]
        if paid and not refund:
            self.sometimes["signing off refused: already paid"] += 1
            return
        self._over(RegistrationStatus.ENDED)
        self.backend.signed_off()
        for order in paid:
            self.rows.change(order.order_id, pays_seat=False, is_returning=True)
        self._conclude()

    def extend(self, minutes: int) -> None:
        registration = self.rows.registration
        waiting = (RegistrationStatus.AWAITING_PAYMENT, RegistrationStatus.HELD)
        if registration.status in waiting:
            deadline = max(registration.payment_expiredate, self.now) + timedelta(minutes=minutes)
            self.sometimes["extended"] += 1
            self.backend.deadline = max(self.backend.deadline, deadline)
            self.move_deadline(deadline)

    def move_deadline(self, deadline: datetime) -> None:
        self.rows.registration = replace(
            self.rows.registration, payment_expiredate=deadline, release_sent_at=None
        )
        self.rows.clock.due_at = deadline
        self._conclude()

    def refund(self, order_id: str, amount: int | None) -> Story:
        """An organiser gives an order's money back, in part or (None) whole; counted in `refunds_asked`."""
        if not (yield from self.settle(order_id)):
            return
        order = self.rows.orders[order_id]
        asked = self.rows.wish_refund(order, amount, self.now)
        if asked:
            self.sometimes["refund asked for"] += 1
            self.refunds_asked[order_id] += asked

    @property
    def is_idle(self) -> bool:
        """Nothing is due any more."""
        rows = self.rows
        return not any(item.due_at for item in (rows.clock, *rows.reads.values(), *rows.operations.values()))

    @property
    def is_a_persons_matter(self) -> bool:
        stuck = {str(Attention.SEAT_WITHOUT_ANSWER), str(Attention.SEAT_WITHOUT_PAYMENT)}
        return any(code in stuck for code, _ in self.rows.cases)
