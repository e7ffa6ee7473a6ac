"""`payments-service check`: silent while all is well, one line for each truth that somebody broke by hand."""

from __future__ import annotations

import re
from typing import Final

import pytest
from typer.testing import CliRunner

from payments_service.cli import app
from payments_service.storage.invariants import INVARIANTS
from tests.journeys.service import Service
from tests.money.conftest import Opening
from tests.money.database import command, execute
from tests.money.till import Till

ORDER: Final = "5b0f0000-0000-4000-8000-000000000001"
HOUR_AGO: Final = "now() - interval '1 hour'"
NAMES: Final = tuple(invariant.name for invariant in INVARIANTS)


def registration(status: str, **more: str) -> str:
    """An INSERT of registration 77; values are SQL."""
    columns = {"payment_expiredate": HOUR_AGO, "due_at": "now()", **more}
    names, values = ", ".join(columns), ", ".join(columns.values())
    return (
        f"INSERT INTO registrations (registration_id, event_id, user_id, status, {names})"
        f" VALUES ('77', '123', 'olanor', '{status}', {values})"
    )


def order(status: str, **more: str) -> str:
    """An INSERT of registration 77's order of 250.00; values are SQL."""
    columns = {"due_at": "now()", **more}
    names, values = ", ".join(columns), ", ".join(columns.values())
    return (
        "INSERT INTO orders (order_id, registration_id, event_id, user_id, vipps_api, amount_ore, status,"
        f" {names}) VALUES ('{ORDER}', '77', '123', 'olanor', 'ecom', 25000, '{status}', {values})"
    )


def operation(kind: str, amount: int, *, state: str, number: int = 1, created_at: str = "now()") -> str:
    due_at = "now()" if state == "pending" else "NULL"
    return (
        "INSERT INTO operations"
        " (operation_key, order_id, kind, purpose, amount_ore, state, actor, due_at, created_at) VALUES"
        f" ('{ORDER}-{kind[0]}{number}', '{ORDER}', '{kind}', 'organiser', {amount}, '{state}', 'test',"
        f" {due_at}, {created_at})"
    )


TAKEN: Final = {
    "authorized_ore": "25000",
    "captured_ore": "25000",
    "paid_at": "now() - interval '2 hours'",
    "is_closed": "true",
}
HELD: Final = {"authorized_ore": "25000", "held_ore": "25000", "paid_at": "now() - interval '2 hours'"}
OVER: Final = {"over_at": "now() - interval '30 minutes'", "released_by": "'unregister'", "due_at": "NULL"}
EARLY: Final = {**OVER, "payment_expiredate": "now() + interval '1 hour'"}
DELIVERY: Final = (
    "INSERT INTO deliveries (channel, fingerprint, order_id, body, received_at)"
    f" VALUES ('ecom', 'x', '{ORDER}', '{{}}', now() - interval '2 hours')"
)
YESTERDAY: Final = "now() - interval '25 hours'"

#: What somebody did by hand to break each truth, and what is named by the line about it.
BROKEN: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "paid_seat_has_money": ("77", (registration("paid", due_at="NULL"),)),
    "money_pays_a_seat_or_goes_back": (ORDER, (registration("awaiting_payment"), order("CAPTURE", **TAKEN))),
    "released_seat_is_unpaid": (
        "77",
        (registration("expired", **OVER), order("CAPTURE", is_returning="true", **TAKEN)),
    ),
    "released_after_the_deadline": ("77", (registration("expired", **EARLY),)),
    "released_when_all_is_closed": (
        "77",
        (registration("expired", **OVER), order("INITIATE", created_at=HOUR_AGO)),
    ),
    "open_order_is_looked_at": (ORDER, (registration("awaiting_payment"), order("INITIATE", due_at="NULL"))),
    "waiting_seat_is_looked_at": ("77", (registration("awaiting_payment", due_at="NULL"),)),
    "refunds_fit_the_capture": (
        ORDER,
        (
            registration("paid", due_at="NULL"),
            order("CAPTURE", pays_seat="true", **TAKEN),
            operation("refund", 20000, state="done"),
            operation("refund", 10000, state="pending", number=2),
        ),
    ),
    "reservation_is_captured": (
        ORDER,
        (
            registration("paid", due_at="NULL"),
            order("RESERVED", pays_seat="true", **HELD),
            operation("capture", 25000, state="pending", created_at=YESTERDAY),
        ),
    ),
    "delivery_is_settled": ("", (DELIVERY,)),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_truth_that_is_broken_by_hand_is_named_in_one_line(database_url: str, name: str) -> None:
    key, statements = BROKEN[name]
    execute(database_url, *statements)
    done = CliRunner().invoke(app, ["check"], env={"DATABASE_URL": database_url})
    assert done.exit_code == 1, done.output
    (line,) = done.output.splitlines()
    assert line.startswith(f"{name} {key}")


def test_every_truth_can_be_broken() -> None:
    assert set(BROKEN) == set(NAMES)


def test_a_sound_database_has_nothing_to_say(till: Till) -> None:
    till.refund(till.sells(), "100.00")
    till.in_checkout()
    assert command("check", database_url=till.database_url) == (0, [])


def test_every_broken_truth_is_a_figure(opening: Opening) -> None:
    with opening("broken") as till:
        key, statements = BROKEN["paid_seat_has_money"]
        execute(till.database_url, *statements)
        # At its start a replica looks, and then again every few minutes
        service = till.start_service()
        till.eventually(lambda: violations(service).get("paid_seat_has_money") == 1, within=10)
        assert violations(service) == {**dict.fromkeys(NAMES, 0.0), "paid_seat_has_money": 1.0}
        assert "invariant_violated" in service.log()
        assert command("check", database_url=till.database_url)[0] == 1
        assert key == "77"


def violations(service: Service) -> dict[str, float]:
    pattern = r'^payments_invariant_violations\{invariant="(\w+)"\} (\S+)$'
    found = re.findall(pattern, service.get("/metrics").text, re.MULTILINE)
    return {name: float(value) for name, value in found}
