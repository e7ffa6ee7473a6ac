"""The phone in the browser: a page with the amount and buttons, behind the link either API hands out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader

from payments_service.simulator.checkout import CheckoutOver
from payments_service.simulator.ledger import Payment

if TYPE_CHECKING:
    from payments_service.simulator.simulator import Simulator

_templates = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
# Nothing on the page needs a script or another origin; the forms may lead anywhere, since the fallBack does.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
# The suffix eCom still appends to the fallBack address; its meaning is not to be relied upon.
_STATUS_SUFFIX = {"approve": "100", "reject": "999", "cancel": "999"}


def kroner(ore: int) -> str:
    return f"{ore // 100},{ore % 100:02d} kr"


def member_router(sim: "Simulator") -> APIRouter:
    router = APIRouter(prefix="/vipps-app", include_in_schema=False)

    @router.get("/")
    async def show(token: str = "", tried: str = "") -> Response:
        payment = sim.ledger.by_token(token)
        if payment is None:
            return _page("gone.html", 404, ended="unknown")
        try:
            sim.checkout.open(payment)
        except CheckoutOver:
            return _page("gone.html", 410, ended=payment.ended, payment=payment)
        return _payment_page(sim, payment, tried=tried)

    @router.post("/{action}")
    async def act(action: str, token: str = "") -> Response:
        payment = sim.ledger.by_token(token)
        if payment is None:
            return _page("gone.html", 404, ended="unknown")
        try:
            return _act(sim, payment, action)
        except CheckoutOver:
            return _page("gone.html", 410, ended=payment.ended, payment=payment)

    return router


def _act(sim: "Simulator", payment: Payment, action: str) -> Response:
    """The callback or webhook leaves by itself afterwards: the browser does not wait for it."""
    checkout = sim.checkout
    match action:
        case "approve":
            checkout.approve(payment)
            if not payment.log[-1].ok:  # an amount that the test environment's bank refuses
                return _again(payment)
        case "reject":
            checkout.reject_in_app(payment)
        case "cancel":
            checkout.cancel_on_desktop(payment)
        case "decline-card":
            checkout.decline_card(payment)
            return _again(payment)
        case "approve-and-kill-app":
            checkout.approve(payment)
            return _page("gone.html", 200, ended="killed", payment=payment)
        case "walk-away":
            checkout.open(payment)
            return _page("gone.html", 200, ended="walked_away", payment=payment)
        case _:
            return _page("gone.html", 404, ended="unknown")
    return _return_to_merchant(sim, payment, action)


def _return_to_merchant(sim: "Simulator", payment: Payment, action: str) -> Response:
    if payment.fall_back in ("", "INTENT"):  # a push message need not name an address
        return _page("gone.html", 200, ended=payment.ended, payment=payment)
    address = payment.fall_back
    if sim.config.append_status_to_fallback and payment.api == "ecom":
        address += f"{'&' if '?' in address else '?'}status={_STATUS_SUFFIX[action]}"
    return RedirectResponse(address, status_code=303, headers=_HEADERS)


def _again(payment: Payment) -> Response:
    return RedirectResponse(f"/vipps-app/?token={payment.token}&tried=1", status_code=303, headers=_HEADERS)


def _payment_page(sim: "Simulator", payment: Payment, *, tried: str) -> Response:
    unit = sim.config.unit(payment.msn)
    left = (sim.checkout.deadline(payment) - sim.clock.now()).total_seconds()
    return _page(
        "payment.html",
        200,
        payment=payment,
        merchant=unit.name if unit else payment.msn,
        amount=kroner(payment.amount),
        minutes_left=max(1, round(left / 60)),
        declined=bool(tried),
    )


def _page(template: str, status: int, **values: Any) -> Response:
    html = _templates.get_template(template).render(**values)
    return HTMLResponse(html, status_code=status, headers=_HEADERS)
