"""The rows of one registration, in memory, with the conditions that their SQL has."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from payments_service.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Purpose,
    needs_new_key,
    next_key,
)
from payments_service.domain.orders import Order, OrderStatus, VippsApi
from payments_service.domain.registrations import Registration

LEASE: Final = timedelta(seconds=60)
CAPTURE_AGAIN: Final = timedelta(seconds=60)
CLOSE_AGAIN: Final = timedelta(seconds=12)
REFUND_AGAIN: Final = timedelta(hours=1)
AGAIN: Final = {
    OperationKind.CAPTURE: CAPTURE_AGAIN,
    OperationKind.CANCEL: CLOSE_AGAIN,
    OperationKind.REFUND: REFUND_AGAIN,
}


@dataclass
class Item:
    """A row as a piece of work: due, leased, fenced."""

    due_at: datetime | None = None
    lease_until: datetime | None = None
    fence: int = 0

    @property
    def claimable_at(self) -> datetime | None:
        """From when on it may be taken; None when there is nothing to do."""
        if self.due_at is None or self.lease_until is None:
            return self.due_at
        return max(self.due_at, self.lease_until)

    def claim(self, now: datetime) -> int | None:
        """Take it for the length of a lease; the fence to repeat, or None."""
        if self.due_at is None or self.due_at > now or (self.lease_until and self.lease_until >= now):
            return None
        self.lease_until, self.fence = now + LEASE, self.fence + 1
        return self.fence

    def finish(self, fence: int | None, due_at: datetime | None) -> bool:
        if fence is not None and fence != self.fence:
            return False
        self.due_at = due_at
        if fence is not None:
            self.lease_until = None
        return True


@dataclass
class OperationRow(Item):
    operation: Operation = field(kw_only=True)
    updated_at: datetime = field(kw_only=True)


@dataclass
class Rows:
    """Everything kept about one registration."""

    registration: Registration
    clock: Item
    orders: dict[str, Order] = field(default_factory=dict)
    reads: dict[str, Item] = field(default_factory=dict)
    operations: dict[str, OperationRow] = field(default_factory=dict)
    cases: set[tuple[str, str | None]] = field(default_factory=set)

    def change(self, order_id: str, **values: Any) -> Order:
        order = replace(self.orders[order_id], **values)
        assert 0 <= order.refunded_ore <= order.captured_ore, order
        assert order.captured_ore + order.held_ore <= order.authorized_ore <= order.amount_ore, order
        self.orders[order_id] = order
        assert sum(o.pays_seat for o in self.orders.values()) <= 1
        assert sum(o.is_open for o in self.orders.values()) <= 1
        return order

    def of_order(self, order_id: str, kind: OperationKind | None = None) -> list[Operation]:
        mine = [row.operation for row in self.operations.values() if row.operation.order_id == order_id]
        return [operation for operation in mine if kind in (None, operation.kind)]

    def conclude(self, key: str, state: OperationState, now: datetime) -> None:
        row = self.operations[key]
        row.operation = replace(row.operation, state=state, is_in_doubt=False)
        row.due_at, row.lease_until, row.updated_at = None, None, now

    def intend(
        self, order: Order, kind: OperationKind, purpose: Purpose, reason: str | None, now: datetime
    ) -> bool:
        """Write down a capture of, or a cancel of, all there is."""
        earlier = self.of_order(order.order_id, kind)
        key = self._key(order, kind, purpose, earlier[-1:], earlier, now)
        if key is None:
            return False
        amount = order.held_ore or order.amount_ore
        return self._write(Operation(key, order.order_id, kind, purpose, amount, reason=reason), now)

    def intend_refund(self, order: Order, purpose: Purpose, reason: str, now: datetime) -> bool:
        earlier = self.of_order(order.order_id, OperationKind.REFUND)
        pending = sum(o.amount_ore for o in earlier if o.state is OperationState.PENDING)
        done = sum(o.amount_ore for o in earlier if o.state is OperationState.DONE)
        amount = order.captured_ore - max(order.refunded_ore, done) - pending
        if amount <= 0:
            return False
        refused = [o for o in earlier if o.state is OperationState.REFUSED and o.amount_ore == amount]
        key = self._key(order, OperationKind.REFUND, purpose, refused[-1:], earlier, now)
        if key is None:
            return False
        operation = Operation(
            key,
            order.order_id,
            OperationKind.REFUND,
            purpose,
            amount,
            before_ore=order.refunded_ore,
            reason=reason,
        )
        return self._write(operation, now)

    def wish_refund(self, order: Order, amount: int | None, now: datetime) -> int:
        """What a person asks for, never more than is left; the amount, 0 when there is nothing to refund."""
        earlier = self.of_order(order.order_id, OperationKind.REFUND)
        pending = sum(o.amount_ore for o in earlier if o.state is OperationState.PENDING)
        done = sum(o.amount_ore for o in earlier if o.state is OperationState.DONE)
        spent = max(order.refunded_ore, done) + pending
        amount = min(amount or order.captured_ore, order.captured_ore - spent)
        key = next_key(order.order_id, OperationKind.REFUND, len(earlier))
        if amount <= 0 or key is None:
            return 0
        operation = Operation(
            key, order.order_id, OperationKind.REFUND, Purpose.ORGANISER, amount, before_ore=spent
        )
        self._write(operation, now)
        return amount

    def _key(
        self,
        order: Order,
        kind: OperationKind,
        purpose: Purpose,
        same: list[Operation],
        earlier: list[Operation],
        now: datetime,
    ) -> str | None:
        following = next_key(order.order_id, kind, len(earlier))
        if not same:
            return following
        latest = same[-1]
        if not needs_new_key(latest, purpose, order.vipps_api):
            return latest.operation_key
        if following is None:
            return None
        if latest.state is OperationState.PENDING:
            self.conclude(latest.operation_key, OperationState.DROPPED, now)
        elif latest.purpose is purpose and self._is_resting(latest, AGAIN[kind], len(earlier) + 1, now):
            return None
        return following

    def _is_resting(self, latest: Operation, pause: timedelta, number: int, now: datetime) -> bool:
        if number > 10:
            pause = pause * 10 if number <= 40 else max(pause, timedelta(hours=1))
        return self.operations[latest.operation_key].updated_at > now - pause

    def _write(self, operation: Operation, now: datetime) -> bool:
        """The upsert: what is pending only changes its purpose, what was refused rests before it is taken up again."""
        row = self.operations.get(operation.operation_key)
        if row is None:
            new = OperationRow(due_at=now, operation=operation, updated_at=now)
            self.operations[operation.operation_key] = new
            return True
        before = row.operation
        is_other = before.purpose is not operation.purpose
        if before.state is OperationState.PENDING:
            if not is_other or operation.purpose is Purpose.CLOSE:
                return False
            row.operation = replace(before, purpose=operation.purpose, reason=operation.reason)
        else:
            rested = row.updated_at < now - AGAIN[operation.kind]
            if before.state is not OperationState.DROPPED and not is_other and not rested:
                return False
            row.operation = replace(operation, amount_ore=before.amount_ore, before_ore=before.before_ore)
            row.lease_until = None
        row.due_at, row.updated_at = now, now
        return True


def new_order(order_id: str, registration: Registration, api: VippsApi, amount: int, now: datetime) -> Order:
    return Order(
        order_id=order_id,
        registration_id=registration.registration_id,
        event_id=registration.event_id,
        user_id=registration.user_id,
        vipps_api=api,
        amount_ore=amount,
        status=OrderStatus.INITIATE,
        created_at=now,
        updated_at=now,
        is_start_repeatable=api == "epayment",
    )
