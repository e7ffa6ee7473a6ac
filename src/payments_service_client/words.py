"""The service's own words. A word that is newer than this client is kept as it came, and nothing breaks."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """Text with known values. `is_known` is false for a value that this client has not heard of."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Make a value that is equal to its text, and only that: it is no member, and is not listed."""
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_ = value
        word._value_ = value
        return word

    @property
    def is_known(self) -> bool:
        return self._value_ in type(self)._value2member_map_


class RegistrationStatus(Word):
    """What a registration is; the picture is in docs/states.md."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    HELD = "held"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    EXEMPT = "exempt"
    ENDED = "ended"


class OrderStatus(Word):
    """What one attempt to pay is. `is_paid` of the order says whether it counts; do not work that out from this."""

    INITIATE = "INITIATE"
    RESERVED = "RESERVED"
    SALE = "SALE"
    CAPTURE = "CAPTURE"
    CANCEL = "CANCEL"
    VOID = "VOID"
    REFUND = "REFUND"


class StatusReason(Word):
    """Why an attempt came to nothing."""

    CANCELLED_BY_MEMBER = "cancelled_by_member"
    TIMED_OUT = "timed_out"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    CANCELLED_BY_ORGANISER = "cancelled_by_organiser"
    NEVER_CREATED = "never_created"
    LATE = "late"


class VippsApi(Word):
    """The API an order was started with."""

    ECOM = "ecom"
    EPAYMENT = "epayment"


class ExemptionKind(Word):
    """Why a seat pays nothing here."""

    COMPLIMENTARY = "complimentary"
    PAID_ELSEWHERE = "paid_elsewhere"


class CaseCode(Word):
    """What a person must look at."""

    PAID_WITHOUT_SEAT = "paid_without_seat"
    SEAT_WITHOUT_ANSWER = "seat_without_answer"
    SEAT_WITHOUT_PAYMENT = "seat_without_payment"
    PAID_TWICE = "paid_twice"
    RESERVED_NOT_CAPTURED = "reserved_not_captured"
    AMOUNT_MISMATCH = "amount_mismatch"
    UNKNOWN_PAYMENT = "unknown_payment"
    RELEASE_REFUSED = "release_refused"


class NoticeType(Word):
    """What a signed event tells."""

    ORDER_PAID = "order.paid"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_REFUNDED = "order.refunded"
    REGISTRATION_EXPIRED = "registration.expired"
    REGISTRATION_HELD = "registration.held"
    ATTENTION_OPENED = "attention.opened"


class NoticeStatus(Word):
    """What has become of a signed event."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
