"""Starts a payment in ePayment: the form of the request, then what this sales unit may do."""

from dataclasses import dataclass
from typing import Any

from payments_service.simulator.addresses import is_for_an_app, why_not
from payments_service.simulator.bookkeeping import Bookkeeper
from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.config import SalesUnit, SimulatorConfig
from payments_service.simulator.forms import Form
from payments_service.simulator.ledger import Ledger, Payment
from payments_service.simulator.problems import coded

REFERENCE = r"[a-zA-Z0-9-]{8,50}"
USER_FLOWS = ("WEB_REDIRECT", "NATIVE_REDIRECT", "PUSH_MESSAGE", "QR")
SCOPES = frozenset({"name", "address", "email", "phoneNumber", "birthDate", "nin"})
_INSTANT = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
_ANY = r".*"


@dataclass(frozen=True, slots=True)
class Wish:
    """A request in the right form, not judged yet."""

    reference: str
    value: Any
    currency: str
    method: str
    user_flow: str
    return_url: str | None
    text: str
    phone: str | None
    has_customer: bool
    scope: str | None
    metadata: dict[str, Any] | None
    expires: bool


class Creation:
    def __init__(
        self, *, config: SimulatorConfig, clock: VirtualClock, ledger: Ledger, books: Bookkeeper
    ) -> None:
        self._config, self._clock, self._ledger, self._books = config, clock, ledger, books

    def start(self, raw: bytes, unit: SalesUnit, *, key: str, digest: str) -> Payment:
        wish = read_wish(Form.of(raw))
        self._judge(wish, unit)
        if self._ledger.find(unit.merchant_serial_number, wish.reference) is not None:
            raise coded("4150", f"The reference {wish.reference} has been used before")
        payment = Payment(
            msn=unit.merchant_serial_number,
            order_id=wish.reference,
            amount=wish.value,
            text=wish.text,
            fall_back=wish.return_url or "",
            callback_prefix="",
            auth_token=None,
            created_at=self._clock.now(),
            transaction_id=self._ledger.next_transaction_id(),
            phone=wish.phone,
            scope=wish.scope,
            is_app=wish.user_flow == "NATIVE_REDIRECT",
            skips_landing_page=wish.user_flow == "PUSH_MESSAGE",
            api="epayment",
            user_flow=wish.user_flow,
            method=wish.method,
            metadata=wish.metadata,
        )
        self._books.open(payment, key=key, digest=digest)
        return payment

    def _judge(self, wish: Wish, unit: SalesUnit) -> None:
        if unit.blocked_with is not None:
            raise coded("5070", "The sales unit cannot take payments")
        _judge_amount(wish)
        self._judge_flow(wish, unit)
        _judge_scope(wish, unit)
        _judge_metadata(wish.metadata or {})
        if wish.expires:
            raise coded("5050")

    def _judge_flow(self, wish: Wish, unit: SalesUnit) -> None:
        if wish.method == "CARD" and wish.user_flow != "WEB_REDIRECT":
            raise coded("4160", "A card takes WEB_REDIRECT")
        if wish.user_flow == "WEB_REDIRECT" and wish.return_url is None:
            raise coded("4140", "WEB_REDIRECT takes a returnUrl")
        url = wish.return_url
        if url is not None and not is_for_an_app(url) and (wrong := why_not(url, config=self._config)):
            raise coded("4090", f"returnUrl {wrong}")
        if wish.user_flow == "PUSH_MESSAGE" and not wish.has_customer:
            raise coded("4140", "PUSH_MESSAGE takes a customer")
        if wish.user_flow == "PUSH_MESSAGE" and not unit.may_push:
            raise coded("5080")
        if wish.phone is not None and wish.phone.startswith("47") and len(wish.phone) != 10:
            raise coded("4070", "A Norwegian number is 47 and eight digits")


def read_wish(form: Form) -> Wish:
    form.only(_FIELDS)
    value, currency = form.amount("amount")
    customer = form.section("customer", ("phoneNumber", "personalQr", "customerToken"))
    if form.has("customer") and len(customer.given) != 1:
        form.complain("customer", "must name the customer in exactly one way")
    method = form.section("paymentMethod", ("type",), required=True)
    metadata = form.given.get("metadata")
    if metadata is not None and not _is_text_to_text(metadata):
        form.complain("metadata", "must be an object of strings")
    _read_what_is_not_kept(form, customer)
    wish = Wish(
        reference=form.text("reference", REFERENCE, required=True) or "",
        value=value,
        currency=currency or "",
        method=method.choice("type", ("WALLET", "CARD"), required=form.has("paymentMethod")) or "",
        user_flow=form.choice("userFlow", USER_FLOWS, required=True) or "",
        return_url=form.text("returnUrl", _ANY),
        text=form.text("paymentDescription", ".{3,100}") or "",
        phone=customer.text("phoneNumber", r"[0-9]{10,15}"),
        has_customer=form.has("customer"),
        scope=form.section("profile", ("scope",)).text("scope", _ANY),
        metadata=metadata,
        expires=form.text("expiresAt", _INSTANT, nullable=True) is not None,
    )
    form.check()
    return wish


_FIELDS = (
    "amount", "customer", "customerInteraction", "industryData", "paymentMethod", "profile", "reference",
    "returnUrl", "userFlow", "expiresAt", "qrFormat", "paymentDescription", "receipt", "metadata", "receiptUrl",
)  # fmt: skip


def _read_what_is_not_kept(form: Form, customer: Form) -> None:
    customer.text("personalQr", ".{5,255}")
    customer.text("customerToken", _ANY)
    form.choice("customerInteraction", ("CUSTOMER_PRESENT", "CUSTOMER_NOT_PRESENT"))
    form.text("receiptUrl", _ANY, nullable=True)
    form.section("industryData", ("airlineData",))
    code = form.section("qrFormat", ("format", "size"), nullable=True)
    code.choice("format", ("TEXT/TARGETURL", "IMAGE/SVG+XML", "IMAGE/PNG"), required=form.has("qrFormat"))
    size = code.given.get("size", 200)
    if isinstance(size, bool) or not isinstance(size, int) or not 100 <= size <= 2000:
        code.complain("size", "must be an integer between 100 and 2000")


def _judge_amount(wish: Wish) -> None:
    if isinstance(wish.value, float):
        raise coded("4040", "Amounts are integers of the smallest unit")
    if wish.currency != "NOK":
        raise coded("5040", f"This sales unit takes NOK, not {wish.currency}")
    if wish.value < 100:
        raise coded("6010", "The amount is at least 100 øre")


def _judge_scope(wish: Wish, unit: SalesUnit) -> None:
    scopes = set((wish.scope or "").split())
    if not scopes <= SCOPES:
        raise coded("4080", f"There is no scope {', '.join(sorted(scopes - SCOPES))}")
    if "nin" in scopes and not unit.may_ask_for_nin:
        raise coded("5030", "This sales unit may not ask for the national identity number")


def _judge_metadata(metadata: dict[str, str]) -> None:
    if len(metadata) > 5:
        raise coded("4100")
    if any(len(name) > 100 for name in metadata):
        raise coded("4120")
    if any(len(value) > 500 for value in metadata.values()):
        raise coded("4130")


def _is_text_to_text(given: Any) -> bool:
    return isinstance(given, dict) and all(isinstance(value, str) for value in given.values())
