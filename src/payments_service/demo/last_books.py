"""The last step: all payments of all rounds, in our books and in Vipps', and the product's own check of both."""

from __future__ import annotations

from typing import Any, Final

from payments_service.demo.accounts import ore
from payments_service.demo.apis import ECOM, EPAYMENT
from payments_service.demo.children import StackFailed
from payments_service.demo.company import SETTLED_SECONDS, Company
from payments_service.demo.connections import answered

NOT_MORE_THAN: Final = "100"  # orders a page; the story makes a fifth of that


def close_the_books(company: Company) -> None:
    """Every payment lies in one API, with one sum at both, and was captured at most once."""
    telling, state = company.telling, company.vipps.state()
    orders = answered(company.backend.service.get("/v1/orders", params={"limit": NOT_MORE_THAN}), 200)[
        "items"
    ]
    ours = {o["order_id"]: (o["vipps_api"], ore(o["captured"]) - ore(o["refunded"])) for o in orders}
    theirs = {p["order_id"]: (p["api"], p["amounts"]["to_refund"]) for p in state["payments"]}
    telling.check(
        "Vipps",
        f"has the same {len(ours)} payments as we, each in the same API and with the same money",
        expected=ours,
        seen=theirs,
    )
    for api in (ECOM, EPAYMENT):
        of_it = [order for order in orders if order["vipps_api"] == api.name]
        company.check_ways(of_it, api, f"heard of {len(of_it)} payments by {api.title} alone")
    telling.check("Vipps", "captured nothing twice", expected=[], seen=_captured_twice(state["effects"]))
    _check_heard(company, [order["order_id"] for order in orders if _was_paid(company, order)])
    company.check_referee()
    telling.check("operator", "payments-service check finds nothing wrong", expected="", seen=_found(company))


def _check_heard(company: Company, paid: list[str]) -> None:
    """The backend was told of every payment and every lost seat in notices that it could verify, repeats left out."""
    service = company.backend.service
    company.telling.wait(
        "notices that wait",
        lambda: answered(service.get("/v1/notices", params={"status": "waiting"}), 200)["items"],
        until=[],
        seconds=SETTLED_SECONDS,
    )
    query = {"status": "expired", "limit": NOT_MORE_THAN}
    expired = answered(service.get("/v1/registrations", params=query), 200)["items"]
    notices = {n["notice_id"]: n for n in company.vipps.state()["notices"] if not n["problem"]}.values()
    company.telling.check(
        "backend",
        f"was told of {len(paid)} payments, each in a notice of its own, signed right",
        expected=sorted(paid),
        seen=sorted(n["order_id"] for n in notices if n["type"] == "order.paid"),
    )
    company.telling.check(
        "backend",
        f"was told of the {len(expired)} seats that were taken back",
        expected=sorted(registration["registration_id"] for registration in expired),
        seen=sorted(n["registration_id"] for n in notices if n["type"] == "registration.expired"),
    )


def _found(company: Company) -> str:
    try:
        return company.stage.stack.command("check")
    except StackFailed as failure:  # what it finds makes it fail
        return str(failure)


def _captured_twice(effects: list[Any]) -> list[str]:
    captured = [e["order_id"] for e in effects if e["operation"] == "CAPTURE" and e["ok"]]
    return sorted({order_id for order_id in captured if captured.count(order_id) > 1})


def _was_paid(company: Company, order: Any) -> bool:
    """Approved, whatever became of the money since."""
    return bool(company.vipps.effects(order["order_id"], "RESERVE"))


last_books: Final = [("The books of all rounds", close_the_books)]
