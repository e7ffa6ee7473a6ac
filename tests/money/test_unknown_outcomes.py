"""Vipps leaves it open whether money was moved: it goes on by itself, under one key, and happens once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from payments_service.domain.orders import VippsApi
from tests.journeys.pace import MOVES_AGAIN_WITHIN
from tests.money.till import Sale, Till


@dataclass(frozen=True)
class Move:
    """What is asked for, how Vipps logs and refuses it, its key's ending, and what the order is when it is done."""

    verb: str
    logged: str
    refusals: Mapping[VippsApi, str]
    ending: str
    status: str
    prepare: Callable[[Till], Sale]

    def __str__(self) -> str:
        return self.verb


def bought(till: Till) -> Sale:
    """Paid and captured by hand."""
    sale = till.reserves()
    assert till.moves("capture", sale).status_code == 200
    return sale


MOVES = [
    Move("refund", "REFUND", {"ecom": "71", "epayment": "6150"}, "r1", "REFUND", bought),
    Move("capture", "CAPTURE", {"ecom": "61", "epayment": "6090"}, "c1", "CAPTURE", Till.reserves),
    Move("cancel", "VOID", {"ecom": "51", "epayment": "6040"}, "x1", "VOID", Till.reserves),
]
REFUND, CAPTURE, CANCEL = MOVES
each_move = pytest.mark.parametrize("move", MOVES, ids=[move.verb for move in MOVES])
DOUBTS: dict[str, dict[str, object]] = {
    "drop_before": {"kind": "drop_before"},
    "silent": {"kind": "silent"},
    "500": {"kind": "error", "status": 500},
    "503 in html": {"kind": "error", "status": 503, "shape": "html"},
}


def test_what_is_left_open_goes_on_by_itself_and_happens_once(manual_till: Till) -> None:
    # Given Vipps leaves open what became of it, in every way there is, and it has not happened
    till = manual_till
    open_ones = [(move, move.prepare(till), doubt) for move in MOVES for doubt in DOUBTS]
    for move, sale, doubt in open_ones:
        fault = dict(DOUBTS[doubt])
        till.simulator.add_fault(str(fault.pop("kind")), move.verb, order_id=sale.order_id, **fault)
    with ThreadPoolExecutor(len(open_ones)) as pool:
        answers = list(pool.map(lambda one: till.moves(one[0].verb, one[1], key="mine"), open_ones))
    for (move, sale, doubt), left_open in zip(open_ones, answers, strict=True):
        # Then the answer says so
        assert left_open.status_code == 202, (move.verb, doubt, left_open.text)
        assert int(left_open.headers["Retry-After"]) >= 1
        assert left_open.json()["order_id"] == sale.order_id
        # And a repeat gets the same
        repeat = till.moves(move.verb, sale, key="mine")
        assert (repeat.status_code, repeat.headers["Idempotent-Replayed"]) == (202, "true")
    for move, sale, _ in open_ones:
        # And it goes on by itself, under the same key, once
        till.order_becomes(sale, move.status, within=MOVES_AGAIN_WITHIN)
        assert till.effects(sale.order_id, move.logged) == 1
        assert till.asked_with(move.verb, sale) == {f"{sale.order_id}-{move.ending}"}


@pytest.mark.parametrize(
    ("move", "doubt"),
    [
        (REFUND, "drop_after"),
        (REFUND, "silent"),
        (CAPTURE, "drop_after"),
        (CAPTURE, "500"),
        (CANCEL, "drop_after"),
    ],
)
def test_what_was_done_without_an_answer_is_read_back(manual_till: Till, move: Move, doubt: str) -> None:
    # Given Vipps does it, and its answer is lost
    till, sale = manual_till, move.prepare(manual_till)
    kind = {"500": "error"}.get(doubt, doubt)
    till.simulator.add_fault(kind, move.verb, order_id=sale.order_id, after=kind != "drop_after")
    # Then it is read back once, at once, and so there is nothing left open
    answer = till.moves(move.verb, sale, key="mine")
    assert (answer.status_code, answer.json()["status"]) == (200, move.status)
    assert till.effects(sale.order_id, move.logged) == 1
    assert till.calls(move.verb, sale.order_id) == 1


def test_what_cannot_be_read_back_either_is_left_open_and_not_repeated_blindly(manual_till: Till) -> None:
    # Given Vipps does it, its answer is lost, and it does not answer to the read either
    till = manual_till
    open_ones = [(move, move.prepare(till)) for move in MOVES]
    for move, sale in open_ones:
        till.simulator.add_fault("drop_after", move.verb, order_id=sale.order_id)
        till.simulator.add_fault("drop_before", "details", order_id=sale.order_id, skip=1, times=None)
        assert till.moves(move.verb, sale).status_code == 202
        assert till.calls(move.verb, sale.order_id) == 1
    # When it answers again, then it is seen to have happened
    till.simulator.faults.clear()
    for move, sale in open_ones:
        till.order_becomes(sale, move.status, within=MOVES_AGAIN_WITHIN)
        assert till.calls(move.verb, sale.order_id) == 1
        assert till.effects(sale.order_id, move.logged) == 1


def test_what_is_left_open_counts_as_spent(manual_till: Till) -> None:
    till, sale = manual_till, bought(manual_till)
    stuck = till.simulator.add_fault("drop_before", "refund", order_id=sale.order_id, times=None)
    assert till.refund(sale, "200.00", key="first").status_code == 202
    # Then nobody can spend it a second time meanwhile
    assert till.refund(sale, "50.01", key="second").json()["code"] == "amount_too_high"
    assert till.refund(sale, "50.00", key="third").status_code == 202
    assert till.refund(sale, key="fourth").json()["code"] == "nothing_to_refund"
    till.simulator.faults.clear(stuck.id)
    till.order_becomes(sale, "REFUND", within=MOVES_AGAIN_WITHIN)
    assert sorted(str(key) for key in till.done_with("REFUND", sale)) == [
        f"{sale.order_id}-r1",
        f"{sale.order_id}-r2",
    ]


@each_move
def test_after_a_clear_no_nothing_has_changed_and_a_new_request_works(manual_till: Till, move: Move) -> None:
    # Given Vipps refuses
    till, sale = manual_till, move.prepare(manual_till)
    before = till.sums(sale)
    api = till.vipps_api
    no = {"status": 400, "shape": api, "group": "Payment", "code": move.refusals[api]}
    till.simulator.add_fault("error", move.verb, order_id=sale.order_id, **no)
    refused = till.moves(move.verb, sale, key="first")
    assert (refused.status_code, refused.json()["code"]) == (502, "vipps_rejected")
    assert till.sums(sale) == before
    assert till.effects(sale.order_id, move.logged) == 0
    # Then a new request is a new operation, and works
    again = till.moves(move.verb, sale, key="second")
    assert (again.status_code, again.json()["status"]) == (200, move.status), again.text
    assert till.effects(sale.order_id, move.logged) == 1
    (line,) = till.history(sale, f"{move.verb}_refused")
    assert line["evidence"]["operation_key"] == f"{sale.order_id}-{move.ending}"


@pytest.mark.parametrize("kind", ["rate_limited", "unauthorized"])
def test_what_vipps_did_not_even_look_at_is_sent_again_with_the_same_key(till: Till, kind: str) -> None:
    sale = till.sells()
    till.simulator.add_fault(kind, "refund", order_id=sale.order_id)
    assert till.refund(sale).status_code in (200, 202)
    till.order_becomes(sale, "REFUND", within=MOVES_AGAIN_WITHIN)
    assert till.done_with("REFUND", sale) == [f"{sale.order_id}-r1"]
    assert till.asked_with("refund", sale) == {f"{sale.order_id}-r1"}


def test_a_refund_without_cover_is_refused_until_there_is_cover(till: Till) -> None:
    sale, unit = till.sells(), till.simulator.config.sales_units[0]
    unit.settlement_balance = 100
    try:
        refused = till.refund(sale)
        assert (refused.status_code, refused.json()["code"]) == (502, "vipps_rejected")
        assert till.sums(sale) == ("CAPTURE", "250.00", "0.00", True)
    finally:
        unit.settlement_balance = None
    assert till.refund(sale).json()["status"] == "REFUND"


def test_while_vipps_is_silent_nothing_is_begun(till: Till) -> None:
    sale = till.sells()
    silence = till.simulator.add_fault("drop_before", "details", order_id=sale.order_id, times=None)
    answer = till.refund(sale, key="mine")
    assert (answer.status_code, answer.json()["code"]) == (503, "vipps_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
    assert till.calls("refund", sale.order_id) == 0
    till.simulator.faults.clear(silence.id)
    assert till.refund(sale, key="mine").json()["status"] == "REFUND"
    assert till.done_with("REFUND", sale) == [f"{sale.order_id}-r1"]
