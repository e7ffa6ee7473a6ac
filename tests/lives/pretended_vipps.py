"""Vipps' ledger as both APIs show it: what it holds is the truth, what it says may be old, torn, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from payments_service.domain.operations import OperationKind
from payments_service.domain.orders import VippsApi
from payments_service.domain.readings import LogEntry, NoSuchPayment, Reading, Totals

CHECKOUT = timedelta(minutes=10)
Answer = Literal["yes", "no"]


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment at one instant, in øre."""

    order_id: str
    amount: int
    made_at: datetime
    log: tuple[LogEntry, ...]
    authorized: int = 0
    captured: int = 0
    refunded: int = 0
    cancelled: int = 0
    is_over: bool = False  # closed before any approval

    @property
    def held(self) -> int:
        return self.authorized - self.captured - self.cancelled

    @property
    def net(self) -> int:
        return self.captured - self.refunded

    def can_be_approved(self, now: datetime) -> bool:
        return not self.is_over and not self.authorized and now < self.made_at + CHECKOUT


@dataclass
class PretendedVipps:
    """One sales unit with one API. `watch` sees every payment that changed, with the word for it."""

    api: VippsApi
    clock: Callable[[], datetime]
    watch: Callable[[Payment, str], None]
    never_expires_by_itself: bool = False  # a known defect of eCom: INITIATE for ever
    payments: dict[str, Payment] = field(default_factory=dict)
    _past: dict[str, list[tuple[datetime, Payment]]] = field(default_factory=dict)
    _answers: dict[str, tuple[object, Answer]] = field(default_factory=dict)

    def start(self, order_id: str, amount: int) -> Answer:
        """Create. eCom refuses a repeat, ePayment answers it as the first time."""
        if order_id in self.payments:
            return "yes" if self.api == "epayment" else "no"
        payment = Payment(order_id, amount, self.clock(), (LogEntry(self._word("CREATED"), amount, True),))
        self._put(payment, "started")
        return "yes"

    def approve(self, order_id: str) -> bool:
        """The member approves; False when it is too late for that."""
        payment = self.seen(order_id)
        if payment is None or not payment.can_be_approved(self.clock()):
            return False
        self._put(self._logged(payment, "AUTHORIZED", payment.amount, authorized=payment.amount), "approved")
        return True

    def decline_card(self, order_id: str) -> None:
        """A card is refused; another may follow in the same payment."""
        payment = self.seen(order_id)
        if payment is not None and payment.can_be_approved(self.clock()) and self.api == "ecom":
            log = (*payment.log, LogEntry("RESERVE", payment.amount, succeeded=False))
            self._put(replace(payment, log=log), "declined")

    def reject(self, order_id: str) -> None:
        payment = self.seen(order_id)
        if payment is not None and payment.can_be_approved(self.clock()):
            self._put(self._logged(payment, "ABORTED", payment.amount, is_over=True), "rejected")

    def refund_in_portal(self, order_id: str) -> None:
        """Somebody refunds all of it in Vipps' own portal."""
        payment = self.payments.get(order_id)
        if payment is not None and payment.net > 0:
            self._put(
                self._logged(payment, "REFUNDED", payment.net, key="", refunded=payment.captured), "refunded"
            )

    def operate(
        self, kind: OperationKind, order_id: str, amount: int, key: str, *, only_unapproved: bool
    ) -> Answer:
        """Move money under a key. A yes is remembered by both; a no only by ePayment."""
        asked = (kind, order_id, amount if kind is not OperationKind.CANCEL else None, only_unapproved)
        if key in self._answers:
            before, said = self._answers[key]
            assert before == asked, f"{key} was {before} and is now {asked}"
            if said == "yes" or self.api == "epayment":
                return said
        payment = self.seen(order_id)
        changed = None if payment is None else self._operated(payment, kind, amount, key, only_unapproved)
        answer: Answer = "no" if changed is None else "yes"
        self._answers[key] = (asked, answer)
        if changed is not None and changed is not payment:
            self._put(changed, str(kind))
        return answer

    def seen(self, order_id: str) -> Payment | None:
        """The payment as time has left it: an open checkout ends by itself, save for the defect."""
        payment = self.payments.get(order_id)
        if payment is None or payment.is_over or payment.authorized or self.never_expires_by_itself:
            return payment
        if self.clock() >= payment.made_at + CHECKOUT:
            self._put(self._logged(payment, "EXPIRED", payment.amount, is_over=True), "timed out")
        return self.payments[order_id]

    def read(
        self, order_id: str, *, age: timedelta = timedelta(0), tear: timedelta = timedelta(0)
    ) -> Reading | NoSuchPayment:
        """What Vipps says, as it was `age` ago; the sums may be older still by `tear` than the log beside them."""
        self.seen(order_id)
        log_of, sums_of = self._as_of(order_id, age), self._as_of(order_id, age + tear)
        if log_of is None or sums_of is None:
            return NoSuchPayment(order_id, "none")
        touched = sums_of.authorized or (self.api == "ecom" and len(sums_of.log) > 1)
        totals = None
        if touched:
            approved = sums_of.authorized if self.api == "epayment" else None
            totals = Totals(sums_of.captured, sums_of.held, sums_of.refunded, approved)
        return Reading(order_id, log_of.log, totals, f"{len(log_of.log)} lines")

    def _as_of(self, order_id: str, age: timedelta) -> Payment | None:
        instant = self.clock() - age
        return next((p for at, p in reversed(self._past.get(order_id, [])) if at <= instant), None)

    def _operated(
        self, payment: Payment, kind: OperationKind, amount: int, key: str, only_unapproved: bool
    ) -> Payment | None:
        match kind:
            case OperationKind.CAPTURE if 0 < amount <= payment.held:
                return self._logged(payment, "CAPTURED", amount, key=key, captured=payment.captured + amount)
            case OperationKind.REFUND if 0 < amount <= payment.net:
                return self._logged(payment, "REFUNDED", amount, key=key, refunded=payment.refunded + amount)
            case OperationKind.CANCEL if payment.held and not only_unapproved:
                cancelled = payment.cancelled + payment.held
                return self._logged(payment, "CANCELLED", payment.held, key=key, cancelled=cancelled)
            case OperationKind.CANCEL if not payment.authorized:
                if payment.is_over:
                    return payment if self.api == "epayment" else None
                return self._logged(payment, "TERMINATED", payment.amount, key=key, is_over=True)
        return None

    def _logged(
        self, payment: Payment, word: str, amount: int, *, key: str | None = None, **changes: Any
    ) -> Payment:
        entry = LogEntry(self._word(word), amount, succeeded=True, request_id=key)
        return replace(payment, log=(*payment.log, entry), **changes)

    def _word(self, word: str) -> str:
        return word if self.api == "epayment" else _ECOM[word]

    def _put(self, payment: Payment, what: str) -> None:
        self.payments[payment.order_id] = payment
        self._past.setdefault(payment.order_id, []).append((self.clock(), payment))
        self.watch(payment, what)


_ECOM = {
    "CREATED": "INITIATE",
    "AUTHORIZED": "RESERVE",
    "CAPTURED": "CAPTURE",
    "REFUNDED": "REFUND",
    "CANCELLED": "VOID",
    "TERMINATED": "CANCEL",
    "ABORTED": "CANCEL",
    "EXPIRED": "CANCEL",
}
