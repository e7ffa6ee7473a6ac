"""The day of the change, as an operator types it and members live it: real processes, a real port, Vipps simulated."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from typer.testing import CliRunner

from payments_service.cli import app
from tests.cli.test_orders import typed
from tests.journeys.pace import DUE_WITHIN, MOVES_AGAIN_WITHIN
from tests.journeys.stack import Member, Stack
from tests.lepton.old import DUMP
from tests.money.database import broken_truths, rows

ORDERS, PAID_EVENTS = str(DUMP / "payment_order.csv"), str(DUMP / "payment_paidevent.csv")
EVENTS = str(DUMP / "content_event.csv")


def imports(database_url: str, *words: str) -> tuple[int, list[str]]:
    """Type `payments-service import lepton …` with the database's address and nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "payments_service", "import", "lepton", *words],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": database_url},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, (done.stdout + done.stderr).splitlines()


# The command


def test_a_dry_run_says_everything_and_changes_nothing(database_url: str) -> None:
    status, lines = imports(
        database_url, "--orders", ORDERS, "--paid-events", PAID_EVENTS, "--events", EVENTS
    )
    assert status == 0
    assert [line.split() for line in lines[:11]] == [
        ["status", "orders", "known", "amounts", "sum"],
        ["CANCEL", "1", "0", "0.00"],
        ["CANCELLED", "1", "0", "0.00"],
        ["CAPTURE", "1", "0", "0.00"],
        ["INITIATE", "2", "0", "0.00"],
        ["REFUND", "1", "0", "0.00"],
        ["RESERVE", "1", "0", "0.00"],
        ["RESERVED", "1", "0", "0.00"],
        ["SALE", "3", "0", "0.00"],
        ["SPLIT", "1", "0", "0.00"],
        ["VOID", "1", "0", "0.00"],
    ]
    assert lines[11:13] == [
        "orders: 13 new, 0 changed, 0 as before, 0 changed after their answer, 0 erased here",
        "paid events: 3 new, 0 here already, 5 left out",
    ]
    assert lines[13] == "taken over, and worth a look (9):"
    assert "  payment_order.csv line 12: olanor at event 123: 3 orders, 2 paid by their words" in lines
    assert "  payment_paidevent.csv line 4: event 125: price 0.00 is not from 1.00 to 9999.99" in lines
    assert lines[-1] == "nothing was changed; --write does it"
    assert (
        rows(database_url, "SELECT * FROM imported_orders")
        == rows(database_url, "SELECT * FROM history")
        == []
    )


def test_writing_twice_is_writing_once(database_url: str) -> None:
    words = ("--orders", ORDERS, "--paid-events", PAID_EVENTS, "--events", EVENTS, "--write")
    status, lines = imports(database_url, *words)
    assert (status, lines[-1]) == (0, "written; 0 orders of seats that wait are being asked about")
    stored = rows(database_url, "SELECT * FROM imported_orders ORDER BY order_id")
    status, lines = imports(database_url, *words)
    assert (status, lines[11][:37]) == (0, "orders: 0 new, 0 changed, 13 as befor")
    assert rows(database_url, "SELECT * FROM imported_orders ORDER BY order_id") == stored
    assert broken_truths(database_url) == []


def test_a_database_is_read_as_its_files_are(database_url: str) -> None:
    """Lepton's tables as Django makes them in PostgreSQL; here in the same database, in a schema of their own."""

    async def make() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute("""
            CREATE TABLE payment_order (created_at timestamptz, updated_at timestamptz, order_id uuid,
                status varchar(16), payment_link varchar(2000), event_id int, user_id varchar(15));
            CREATE TABLE payment_paidevent (created_at timestamptz, updated_at timestamptz, price numeric(6,2),
                event_id int, paytime time);
            CREATE TABLE content_event (id int, title text, start_date timestamptz);
            INSERT INTO payment_order VALUES
                ('2099-11-20 11:00Z', '2099-11-20 11:01Z', '5b0f0000-0000-4000-8000-000000000001', 'SALE',
                 'https://api.vipps.no/?token=one', 123, 'olanor'),
                ('2099-11-20 11:05Z', '2099-11-20 11:05Z', '5b0f0000-0000-4000-8000-000000000002', 'INITIATE',
                 'https://api.vipps.no/?token=two', 123, NULL);
            INSERT INTO payment_paidevent VALUES (now(), now(), 250, 123, '01:00');
            INSERT INTO content_event VALUES (123, 'Julebord', '2099-12-05 17:00Z')
        """)
        await connection.close()

    asyncio.run(make())
    assert imports(database_url, "--orders", str(DUMP / "payment_order_plain.csv"), "--write")[0] == 0
    status, lines = imports(database_url, "--from", database_url, "--write")
    assert status == 0
    assert lines[3].startswith("orders: 0 new, 0 changed, 2 as before")
    assert lines[4].startswith("paid events: 1 new")
    (event,) = rows(database_url, "SELECT * FROM paid_events")
    assert (event["price_ore"], event["paytime_seconds"], event["title"]) == (25000, 3600, "Julebord")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ((), 2, "give --orders"),
        (("--orders", "/nowhere.csv"), 2, "nowhere.csv: No such file"),
        (("--orders", PAID_EVENTS), 2, "payment_paidevent.csv has no column order_id, status, user_id"),
        (("--from", "mysql://lepton@db/lepton"), 2, "not mysql; from MySQL write each table to a file"),
        (("--from", "postgresql://127.0.0.1:1/x"), 2, "given with --from does not answer"),
        (("--from", "postgresql://x/y", "--orders", ORDERS), 2, "give either"),
        (("--orders", str(DUMP / "payment_order_broken.csv")), 1, "orders that cannot be taken over (4):"),
        (("--orders", str(DUMP / "payment_order_broken.csv"), "--write"), 1, "nothing was written: mend"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    database_url: str, words: tuple[str, ...], status: int, said: str
) -> None:
    ended, lines = imports(database_url, *words)
    assert (ended, any(said in line for line in lines)) == (status, True), lines


def test_the_command_is_listed_with_the_others() -> None:
    assert "import " in CliRunner().invoke(app, ["--help"]).output


# The stack: what Lepton has done at Vipps, and its table as a file


@dataclass
class Lepton:
    """The system before: it starts payments at Vipps and writes a row for each."""

    stack: Stack
    folder: Path

    def took(self, member: Member, *, status: str = "SALE", approved: bool = True) -> str:
        order_id, sim = str(uuid4()), self.stack.simulator
        body = {
            "merchantInfo": {
                "merchantSerialNumber": sim.config.sales_units[0].merchant_serial_number,
                "callbackPrefix": "http://127.0.0.1:9/lepton",
                "fallBack": "http://127.0.0.1:9/back",
            },
            "transaction": {"orderId": order_id, "amount": 19900, "transactionText": "Lepton"},
        }
        unit = sim.config.sales_units[0]
        self.stack.neighbours.do(lambda: sim.initiation.start(body, unit))
        self.stack.neighbours.do(lambda: sim.assign(order_id, member.event_id, member.user_id))
        if approved:
            self.stack.neighbours.do(lambda: sim.checkout.approve(sim.payment(order_id)))
        self.wrote(member, status, order_id)
        return order_id

    def rejects(self, order_id: str) -> None:
        sim = self.stack.simulator
        self.stack.neighbours.do(lambda: sim.checkout.reject_in_app(sim.payment(order_id)))

    def wrote(self, member: Member, status: str, order_id: str) -> None:
        new = not self.path.exists()
        with self.path.open("a", encoding="utf-8") as table:
            if new:
                table.write("order_id,status,user_id,event_id,created_at\n")
            table.write(f"{order_id},{status},{member.user_id},{member.event_id},2026-01-02 03:04:05\n")

    @property
    def path(self) -> Path:
        return self.folder / "payment_order.csv"

    def is_imported(self) -> None:
        done = typed(self.stack, "import", "lepton", "--orders", str(self.path), "--write")
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def lepton(own_stack: Stack, tmp_path: Path) -> Iterator[Lepton]:
    yield Lepton(own_stack, tmp_path)
    assert broken_truths(own_stack.database_url) == []


def refused(stack: Stack, member: Member) -> tuple[int, str]:
    answer = stack.pay(member)
    return answer.status_code, answer.json()["code"]


def test_a_payer_of_before_is_neither_thrown_out_nor_charged_again(own_stack: Stack, lepton: Lepton) -> None:
    stack = own_stack
    stack.start_service()
    event_id = stack.event()
    payer, nobody = stack.sign_up(event_id), stack.sign_up(event_id)
    order_id = lepton.took(payer, status="RESERVED")
    lepton.is_imported()
    stack.neighbours.do(lambda: stack.simulator.take_down("vipps", "500"))
    for member in (payer, nobody):
        stack.register(member, due_in=1)
    assert refused(stack, payer) == (409, "already_paid")
    stack.becomes(payer, "held", within=DUE_WITHIN)
    assert refused(stack, payer) == (409, "already_paid")
    stack.becomes(nobody, "expired", within=DUE_WITHIN)  # who has no order needs no answer from Vipps
    assert stack.has_seat(payer)

    stack.neighbours.do(stack.simulator.bring_up)
    stack.becomes(payer, "paid", within=MOVES_AGAIN_WITHIN)
    stack.is_captured(order_id, within=10)
    (order,) = stack.registration(payer)["orders"]
    assert (order["order_id"], order["amount"], order["is_paid"]) == (order_id, "199.00", True)
    assert stack.releases(payer) == []
    assert refused(stack, payer) == (409, "already_paid")

    body = {"reason": "Avlyst"}
    assert stack.service.post(f"/v1/orders/{order_id}/refund", body).json()["refunded"] == "199.00"


def test_who_did_not_pay_before_pays_now_or_loses_the_seat(own_stack: Stack, lepton: Lepton) -> None:
    stack = own_stack
    stack.start_service()
    event_id = stack.event()
    late, prompt = stack.sign_up(event_id), stack.sign_up(event_id)
    for member in (late, prompt):
        lepton.rejects(lepton.took(member, status="INITIATE", approved=False))
    lepton.is_imported()
    stack.register(late, due_in=1)
    stack.register(prompt)
    stack.becomes(late, "expired", within=DUE_WITHIN + MOVES_AGAIN_WITHIN)
    new = stack.starts_paying(prompt)
    stack.approve(new)
    stack.becomes(prompt, "paid", within=10)
    assert [order["status"] for order in stack.registration(prompt)["orders"]][1:] == ["CANCEL"]


def test_an_enrichment_that_is_killed_is_gone_on_with(own_stack: Stack, lepton: Lepton) -> None:
    stack = own_stack
    service = stack.start_service(LEASE_SECONDS=2)
    event_id = stack.event()
    members = [stack.sign_up(event_id) for _ in range(8)]
    order_ids = [lepton.took(member) for member in members]
    for order_id in order_ids:
        stack.watch.stay_reserved.add(order_id)  # nobody has a seat here, so nobody takes the money
    by_hand = str(uuid4())
    lepton.wrote(stack.sign_up(event_id), "SALE", by_hand)
    lepton.is_imported()
    service.kill()  # it would ask about none of them: no seat that we know of hangs on them

    stack.simulator.add_fault("silent", "details", times=None, skip=3)
    command = [sys.executable, "-m", "payments_service", "import", "lepton", "--enrich"]
    with subprocess.Popen(command, env=service.environment, stdout=subprocess.DEVNULL) as first:
        asked = stack.simulator.journal.requests_for
        stack.eventually(lambda: len(asked("details")) > 3, within=15)  # it waits for the next ones
        first.send_signal(signal.SIGKILL)
    answered = known(stack)
    assert len(answered) == 3
    stack.neighbours.do(stack.neighbours.mend)

    done = subprocess.run(
        command, env=service.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "asked Vipps: 5 known, 1 that it does not know, 0 without an answer\n"
    assert [stack.calls("details", order_id) for order_id in answered] == [1, 1, 1]

    stack.start_service()
    answer = stack.service.get("/v1/orders", event_id=event_id).json()["items"]
    assert {order["order_id"] for order in answer} == set(order_ids)
    assert {(order["amount"], order["status"]) for order in answer} == {("199.00", "RESERVED")}
    done = typed(stack, "import", "disregard", by_hand, "--reason", "Nobody ever paid")
    assert (done.returncode, done.stdout) == (0, f"{by_hand} is disregarded\n")
    again = typed(stack, "import", "disregard", order_ids[0], "--reason", "Nor this")
    assert (again.returncode, again.stderr.split(":")[0]) == (1, "registration_decided")


def known(stack: Stack) -> list[str]:
    found = rows(stack.database_url, "SELECT order_id FROM imported_orders WHERE answer = 'known'")
    return [str(row["order_id"]) for row in found]


def test_with_the_wrong_keys_nothing_is_believed(own_stack: Stack, lepton: Lepton) -> None:
    stack = own_stack
    stack.start_service()
    member = stack.sign_up(stack.event())
    lepton.wrote(member, "INITIATE", str(uuid4()))
    lepton.is_imported()
    stack.register(member, due_in=1)
    done = typed(stack, "import", "lepton", "--enrich")
    assert done.returncode == 0, done.stderr
    assert "is 654321 the sales unit that took these payments?" in done.stderr
    stack.becomes(member, "held", within=DUE_WITHIN)
    assert stack.releases(member) == []
