"""The seven endpoints of ePayment v1; what they mean is decided where eCom's are."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from payments_service.simulator import epayment_answers as answers
from payments_service.simulator.config import SalesUnit
from payments_service.simulator.epayment_adjusting import adjust, pretend
from payments_service.simulator.epayment_keys import Keyed, KeyedCall
from payments_service.simulator.faults import CONTENT_KINDS, Fault
from payments_service.simulator.forms import Form
from payments_service.simulator.gateway import Stopped
from payments_service.simulator.ledger import Payment
from payments_service.simulator.merchant_headers import check_headers, instance_of
from payments_service.simulator.problems import Problem, coded, problem_answer

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

Work = Callable[[SalesUnit], Awaitable[Response]]
CREATES_A_MINUTE = 5


def epayment_router(sim: "Simulator") -> APIRouter:
    router = APIRouter(prefix="/epayment/v1")
    desk = EpaymentDesk(sim)

    @router.post("/payments")
    async def create(request: Request) -> Response:
        return await desk.answer(request, "initiate", partial(desk.create, request))

    @router.get("/payments/{reference}")
    async def get(request: Request, reference: str) -> Response:
        return await desk.answer(request, "details", partial(desk.get, reference), reference)

    @router.get("/payments/{reference}/events")
    async def events(request: Request, reference: str) -> Response:
        return await desk.answer(request, "events", partial(desk.events, reference), reference)

    @router.post("/payments/{reference}/capture")
    async def capture(request: Request, reference: str) -> Response:
        work = partial(desk.modify, request, reference, "capture")
        return await desk.answer(request, "capture", work, reference)

    @router.post("/payments/{reference}/cancel")
    async def cancel(request: Request, reference: str) -> Response:
        work = partial(desk.modify, request, reference, "cancel")
        return await desk.answer(request, "cancel", work, reference)

    @router.post("/payments/{reference}/refund")
    async def refund(request: Request, reference: str) -> Response:
        work = partial(desk.modify, request, reference, "refund")
        return await desk.answer(request, "refund", work, reference)

    @router.post("/test/payments/{reference}/approve")
    async def approve(request: Request, reference: str) -> Response:
        work = partial(desk.force_approve, request, reference)
        return await desk.answer(request, "force_approve", work, reference)

    return router


class EpaymentDesk:
    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim
        self._keyed = Keyed(config=sim.config, store=sim.answer_store)

    async def answer(self, request: Request, operation: str, work: Work, reference: str = "") -> Response:
        """Gateway, permission, limits, work; every no in the shape that belongs to it."""
        try:
            unit = self._sim.gateway.admit(request)
            check_headers(request, unit)
            if not unit.epayment_allowed:
                raise Problem(403, "Forbidden", "This sales unit has no access to ePayment")
            if reference:
                self._sim.gateway.count(operation, reference, unit)
            return await work(unit)
        except Stopped as stopped:
            return stopped.answer
        except Problem as problem:
            return problem_answer(problem.body(instance_of(request)))

    async def create(self, request: Request, unit: SalesUnit) -> Response:
        raw = await request.body()
        self._sim.gateway.count("initiate", _reference_in(raw), unit, limit=CREATES_A_MINUTE)
        # The key is the sales unit's here, not the reference's: with another reference it is taken as well.
        call = KeyedCall.of(request, raw, ("initiate", unit.merchant_serial_number))

        def work() -> tuple[int, dict[str, Any]]:
            payment = self._sim.creation.start(raw, unit, key=call.key, digest=call.digest)
            body = {"reference": payment.order_id}
            if payment.user_flow != "PUSH_MESSAGE":
                body["redirectUrl"] = self._sim.initiation.link(payment)
            return 201, body

        return self._keyed.answer(call, "4020", work)

    async def get(self, reference: str, unit: SalesUnit) -> Response:
        payment = self._find(unit, reference)
        fault = self._sim.faults.take("details", reference, CONTENT_KINDS)
        amount = None
        if fault is not None and fault.kind == "wrong_amount":
            amount = fault.amount if fault.amount is not None else payment.amount + 100
        shown = self._sim.config.epayment_get_shows_redirect_url and payment.user_flow != "PUSH_MESSAGE"
        link = self._sim.initiation.link(payment) if shown else None
        body = answers.payment(payment, as_of=self._as_of(fault), amount=amount, redirect_url=link)
        return JSONResponse(body)

    async def events(self, reference: str, unit: SalesUnit) -> Response:
        payment = self._find(unit, reference)
        fault = self._sim.faults.take("events", reference, CONTENT_KINDS)
        return JSONResponse(answers.events(payment, as_of=self._as_of(fault)))

    async def modify(self, request: Request, reference: str, operation: str, unit: SalesUnit) -> Response:
        """Capture, cancel and refund. A known key with the same content changes nothing."""
        raw = await request.body()
        call = KeyedCall.of(request, raw, (operation, unit.merchant_serial_number, reference))
        conflict = {"capture": "4010", "refund": "4150"}.get(operation, "4020")

        def work() -> tuple[int, dict[str, Any]]:
            payment = self._find(unit, reference)
            adjust(self._sim.merchant, payment, operation, raw, key=call.key, digest=call.digest)
            return 200, answers.modified(payment)

        if (known := self._keyed.recall(call, conflict)) is not None:
            return known
        if self._sim.faults.take(operation, reference, frozenset({"not_really"})) is not None:
            payment = self._find(unit, reference)
            return JSONResponse(answers.modified(payment, pretended=pretend(payment, operation, raw)))
        return self._keyed.answer(call, conflict, work)

    async def force_approve(self, request: Request, reference: str, unit: SalesUnit) -> Response:
        """Lets tests approve without the app, in the name of a customer or with the link's token."""
        form = Form.of(await request.body())
        form.only(("customer", "token"))
        customer = form.section("customer", ("phoneNumber", "personalQr", "customerToken"))
        customer.text("phoneNumber", r"[0-9]{10,15}")
        token = form.text("token", ".+")
        if not form.given:
            form.complain("customer", "is required where there is no token")
        form.check()
        payment = self._find(unit, reference)
        if token not in (None, payment.token):
            raise coded("10010", "The token does not belong to the payment")
        if payment.ended == "approved":
            raise coded("6230")
        if payment.ended is not None:
            raise coded("10010", "The payment is over")
        self._sim.checkout.approve(payment)
        if not payment.amounts.reserved:  # an amount that the test environment's bank refuses
            raise coded("10010", "The bank refused the payment")
        return Response(status_code=200)

    def _find(self, unit: SalesUnit, reference: str) -> Payment:
        payment = self._sim.ledger.find(unit.merchant_serial_number, reference)
        if payment is None:
            raise coded("5090", f"No payment {reference} is known for {unit.merchant_serial_number}")
        self._sim.checkout.settle(payment)
        return payment

    def _as_of(self, fault: Fault | None) -> datetime:
        stale = fault is not None and fault.kind == "stale_details"
        return self._sim.clock.now() - timedelta(seconds=(fault.seconds or 0) if fault and stale else 0)


def _reference_in(raw: bytes) -> str:
    """Whoever leaves it out or misspells it shares one count with everybody who does."""
    try:
        return str(json.loads(raw)["reference"])
    except (ValueError, KeyError, TypeError):
        return ""
