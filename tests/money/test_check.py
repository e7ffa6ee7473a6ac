"""`payments-service check`: silent while all is well, one line for each truth that somebody broke by hand."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Insert, insert
from typer.testing import CliRunner

from payments_service.cli import app
from payments_service.storage import tables
from payments_service.storage.invariants import INVARIANTS
from tests.journeys.service import Service
from tests.money.conftest import Opening
from tests.money.database import command, execute
from tests.money.till import Till

ORDER: Final = "5b0f0000-0000-4000-8000-000000000001"
NAMES: Final = tuple(invariant.name for invariant in INVARIANTS)
NOW: Final = datetime.now(UTC)


def ago(**since: float) -> datetime:
    return NOW - timedelta(**since)


def registration(status: str, **more: Any) -> Insert:
    """Registration 77."""
    row = {"registration_id": "77", "event_id": "123", "user_id": "olanor", "status": status}
    return insert(tables.registrations).values(
        {**row, "payment_expiredate": ago(hours=1), "due_at": NOW, **more}
    )


def order(status: str, **more: Any) -> Insert:
    """Its order of 250.00."""
    row = {"order_id": ORDER, "registration_id": "77", "event_id": "123", "user_id": "olanor"}
    return insert(tables.orders).values(
        {**row, "vipps_api": "ecom", "amount_ore": 25000, "status": status, "due_at": NOW, **more}
    )


def operation(key: str, kind: str, amount: int, *, is_done: bool, created_at: datetime = NOW) -> Insert:
    """An operation on the order, done or still to be done."""
    return insert(tables.operations).values(
        operation_key=f"{ORDER}-{key}",
        order_id=ORDER,
        kind=kind,
        purpose="organiser",
        amount_ore=amount,
        state="done" if is_done else "pending",
        actor="test",
        due_at=None if is_done else NOW,
        created_at=created_at,
    )


def delivery(**more: Any) -> Insert:
    row = {"channel": "ecom", "fingerprint": b"x", "order_id": ORDER, "body": b"{}"}
    return insert(tables.deliveries).values({**row, **more})


def imported(word: str = "SALE", **more: Any) -> Insert:
    """The order as the system before this one had it."""
    row = {"order_id": ORDER, "event_id": "123", "user_id": "olanor", "word": word, "status": word, "raw": {}}
    return insert(tables.imported_orders).values({**row, "imported_at": ago(hours=3), **more})


KNOWN: Final[dict[str, Any]] = {"answer": "known", "enriched_at": ago(hours=2), "amount_ore": 25000}
HELD: Final = {"authorized_ore": 25000, "held_ore": 25000, "paid_at": ago(hours=2)}
TAKEN: Final = {"authorized_ore": 25000, "captured_ore": 25000, "paid_at": ago(hours=2), "is_closed": True}
OVER: Final = {"over_at": ago(minutes=30), "released_by": "unregister", "due_at": None}

#: What somebody did by hand to break each truth, and what is named by the line about it.
BROKEN: Final[dict[str, tuple[str, tuple[Insert, ...]]]] = {
    "paid_seat_has_money": ("77", (registration("paid", due_at=None),)),
    "money_pays_a_seat_or_goes_back": (ORDER, (registration("awaiting_payment"), order("CAPTURE", **TAKEN))),
    "released_seat_is_unpaid": (
        "77",
        (registration("expired", **OVER), order("CAPTURE", is_returning=True, **TAKEN)),
    ),
    "released_after_the_deadline": (
        "77",
        (registration("expired", **OVER | {"payment_expiredate": NOW + timedelta(hours=1)}),),
    ),
    "released_when_all_is_closed": (
        "77",
        (registration("expired", **OVER), order("INITIATE", created_at=ago(hours=1))),
    ),
    "open_order_is_looked_at": (ORDER, (registration("awaiting_payment"), order("INITIATE", due_at=None))),
    "waiting_seat_is_looked_at": ("77", (registration("awaiting_payment", due_at=None),)),
    "refunds_fit_the_capture": (
        ORDER,
        (
            registration("paid", due_at=None),
            order("CAPTURE", pays_seat=True, **TAKEN),
            operation("r1", "refund", 20000, is_done=True),
            operation("r2", "refund", 10000, is_done=False),
        ),
    ),
    "reservation_is_captured": (
        ORDER,
        (
            registration("paid", due_at=None),
            order("RESERVED", pays_seat=True, **HELD),
            operation("c1", "capture", 25000, is_done=False, created_at=ago(hours=25)),
        ),
    ),
    "known_import_is_an_order": (ORDER, (imported(**KNOWN),)),
    "import_and_order_agree": (
        ORDER,
        (
            imported(**KNOWN, user_id="karinor"),
            order("CAPTURE", **TAKEN | {"registration_id": None}, is_imported=True),
        ),
    ),
    "imported_question_is_asked": (ORDER, (registration("awaiting_payment"), imported())),
    "released_when_imports_are_answered": ("77", (registration("expired", **OVER), imported())),
    "delivery_is_settled": ("", (delivery(received_at=ago(hours=2)),)),
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
