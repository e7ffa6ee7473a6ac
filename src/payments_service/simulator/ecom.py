"""The seven endpoints of eCom v2; what they mean is decided in `initiation`, `merchant` and `checkout`."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from payments_service.simulator import ecom_answers as answers
from payments_service.simulator.config import SalesUnit
from payments_service.simulator.faults import CONTENT_KINDS
from payments_service.simulator.gateway import Stopped, broken
from payments_service.simulator.idempotency import check_key, payload_hash
from payments_service.simulator.ledger import LogEntry, Payment
from payments_service.simulator.refusals import Breakdown, Refusal, invalid, not_found, status_of
from payments_service.simulator.validation import read_amount, read_json, read_msn, read_text, section

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

Work = Callable[[SalesUnit], Awaitable[Any]]


def ecom_router(sim: "Simulator") -> APIRouter:
    router = APIRouter(prefix="/ecomm/v2")
    desk = EcomDesk(sim)

    @router.post("/payments")
    async def initiate(request: Request) -> Response:
        return await desk.answer(request, "initiate", partial(desk.initiate, request))

    @router.get("/payments/{order_id}/details")
    async def details(request: Request, order_id: str) -> Response:
        return await desk.answer(request, "details", partial(desk.details, order_id), order_id)

    @router.get("/payments/{order_id}/status")
    async def status(request: Request, order_id: str) -> Response:
        return await desk.answer(request, "status", partial(desk.status, order_id), order_id)

    @router.post("/payments/{order_id}/capture")
    async def capture(request: Request, order_id: str) -> Response:
        work = partial(desk.modify, request, order_id, "capture")
        return await desk.answer(request, "capture", work, order_id)

    @router.put("/payments/{order_id}/cancel")
    async def cancel(request: Request, order_id: str) -> Response:
        work = partial(desk.modify, request, order_id, "cancel")
        return await desk.answer(request, "cancel", work, order_id)

    @router.post("/payments/{order_id}/refund")
    async def refund(request: Request, order_id: str) -> Response:
        work = partial(desk.modify, request, order_id, "refund")
        return await desk.answer(request, "refund", work, order_id)

    @router.post("/integration-test/payments/{order_id}/approve")
    async def approve(request: Request, order_id: str) -> Response:
        work = partial(desk.force_approve, request, order_id)
        return await desk.answer(request, "force_approve", work, order_id)

    return router


class EcomDesk:
    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim

    async def answer(self, request: Request, operation: str, work: Work, order_id: str = "") -> Response:
        """Gateway, limits, work; every no in the shape that belongs to it."""
        unit: SalesUnit | None = None
        try:
            unit = self._sim.gateway.admit(request)
            _check_sales_unit_header(request, unit)
            if order_id:
                self._sim.gateway.count(operation, order_id, unit)
            return _json(await work(unit))
        except Stopped as stopped:
            return stopped.answer
        except Refusal as refusal:
            legacy = unit is not None and unit.legacy_402
            return _json(refusal.body(), status_of(refusal, legacy_402=legacy))
        except Breakdown:
            return broken()

    async def initiate(self, request: Request, unit: SalesUnit) -> dict[str, Any]:
        body = read_json(await request.body())
        order_id = str(section(body, "transaction").get("orderId"))
        self._sim.gateway.count("initiate", order_id, unit)
        payment = self._sim.initiation.start(body, unit)
        return {"orderId": payment.order_id, "url": self._sim.initiation.link(payment)}

    async def details(self, order_id: str, unit: SalesUnit) -> dict[str, Any]:
        payment = self._find(unit, order_id)
        fault = self._sim.faults.take("details", order_id, CONTENT_KINDS)
        as_of, amount = self._sim.clock.now(), None
        if fault is not None and fault.kind == "stale_details":
            as_of -= timedelta(seconds=fault.seconds or 0)
            as_of = max(as_of, payment.created_at)  # an old state, but never one before the payment
        if fault is not None and fault.kind == "wrong_amount":
            amount = fault.amount if fault.amount is not None else payment.amount + 100
        return answers.details(payment, as_of=as_of, amount=amount)

    async def status(self, order_id: str, unit: SalesUnit) -> dict[str, Any]:
        return answers.status(self._find(unit, order_id))

    async def modify(
        self, request: Request, order_id: str, operation: str, unit: SalesUnit
    ) -> dict[str, Any]:
        """Capture, cancel and refund. A known key with the same content changes nothing."""
        body = read_json(await request.body())
        msn = read_msn(section(body, "merchantInfo"))
        transaction = section(body, "transaction")
        text, digest = read_text(transaction), payload_hash(body)
        payment = self._find(unit, order_id, msn)
        keyed = operation in ("capture", "refund")
        key = check_key(
            request.headers.get("x-request-id"), required=keyed and self._sim.config.require_request_id
        )
        scope = (msn, order_id, operation, key or "")
        if keyed and key:
            conflict = Refusal("Payment", "93", "The request id was used before with another content")
            known = self._sim.answer_store.recall(scope, digest, otherwise=conflict)
            if known is not None:
                return known
        if self._sim.faults.take(operation, order_id, frozenset({"not_really"})) is not None:
            return self._pretend(payment, operation, text)
        entry = self._move_money(payment, operation, body, text=text, key=key, digest=digest)
        answer = answers.modified(payment, entry)
        if keyed and key:
            self._sim.answer_store.keep(scope, digest, answer)
        return answer

    async def force_approve(self, request: Request, order_id: str, unit: SalesUnit) -> dict[str, Any]:
        """Lets tests approve without the app; a body is customary, not necessary."""
        raw = await request.body()
        body = read_json(raw) if raw.strip() else {}
        phone = body.get("customerPhoneNumber")
        if phone is not None and not (str(phone).isdigit() and len(str(phone)) == 8):
            raise Refusal("Customer", "81", "This is no phone number of a test user")
        payment = self._find(unit, order_id)
        if payment.is_express or payment.skips_landing_page:
            raise invalid("orderId", "This kind of payment cannot be approved here")
        if body.get("token") not in (None, payment.token):
            raise invalid("token", "The token does not belong to the order")
        if payment.ended != "approved":
            if payment.ended:
                raise Refusal("VippsError", "91", "The order is cancelled and cannot be approved")
            self._sim.checkout.approve(payment)
        return {}

    def _find(self, unit: SalesUnit, order_id: str, msn: str | None = None) -> Payment:
        payment = self._sim.ledger.find(unit.merchant_serial_number, order_id)
        if payment is None or msn not in (None, unit.merchant_serial_number) or payment.api != "ecom":
            raise not_found(order_id, msn or unit.merchant_serial_number)
        self._sim.checkout.settle(payment)
        return payment

    def _move_money(
        self,
        payment: Payment,
        operation: str,
        body: dict[str, Any],
        *,
        text: str,
        key: str | None,
        digest: str,
    ) -> LogEntry:
        merchant = self._sim.merchant
        if operation == "cancel":
            release = body.get("shouldReleaseRemainingFunds") is True
            return merchant.cancel(
                payment, text, release_remainder=release, key=key, payload_hash=digest, source="api"
            )
        move = merchant.capture if operation == "capture" else merchant.refund
        amount = read_amount(section(body, "transaction"))
        return move(payment, amount, text, key=key, payload_hash=digest, source="api")

    def _pretend(self, payment: Payment, operation: str, text: str) -> dict[str, Any]:
        word = {"capture": "CAPTURE", "refund": "REFUND"}.get(operation, "CANCEL")
        number = self._sim.ledger.next_transaction_id()
        entry = LogEntry(word, payment.amount, self._sim.clock.now(), text, transaction_id=number)
        return answers.modified(payment, entry)


def _check_sales_unit_header(request: Request, unit: SalesUnit) -> None:
    named = request.headers.get("merchant-serial-number")
    if named is not None and named != unit.merchant_serial_number:
        raise Refusal("Merchant", "Unauthorized", f"The keys do not belong to sales unit {named}")


def _json(content: Any, status: int = 200) -> JSONResponse:
    return JSONResponse(content, status_code=status, media_type="application/json;charset=UTF-8")
