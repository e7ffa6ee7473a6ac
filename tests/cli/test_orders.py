"""The operator's hand tools, typed as an operator types them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.journeys.stack import Stack

UNKNOWN = "5b0f1c9a-6f0e-4b52-9d1c-0d6c3b8f7a11"


def typed(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `payments-service` with the environment of the stack's service."""
    return subprocess.run(
        [sys.executable, "-m", "payments_service", *words],
        env={**stack.service.environment, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture
def paid_order(own_stack: Stack) -> str:
    own_stack.start_service()
    member = own_stack.joins()
    order_id = own_stack.starts_paying(member)
    own_stack.approve(order_id)
    own_stack.is_captured(order_id, within=10)
    return order_id


def test_an_order_is_shown_refunded_and_asked_about(own_stack: Stack, paid_order: str) -> None:
    shown = typed(own_stack, "orders", "show", paid_order)
    assert shown.returncode == 0, shown.stderr
    assert paid_order in shown.stdout
    assert "order_started" in shown.stdout

    words = [
        "orders",
        "refund",
        paid_order,
        "--amount",
        "250.00",
        "--reason",
        "Cold soup",
        "--key",
        "soup",
        "--json",
    ]
    answers = [typed(own_stack, *words), typed(own_stack, *words)]  # the same key never refunds twice
    assert [answer.returncode for answer in answers] == [0, 0], answers[0].stderr + answers[1].stderr
    order = json.loads(answers[1].stdout)
    assert (order["status"], order["refunded"], order["is_paid"]) == ("REFUND", "250.00", False)
    assert own_stack.effects(paid_order, "REFUND") == 1
    assert "Cold soup" in json.dumps(order["history"])

    synced = typed(own_stack, "orders", "sync", paid_order, "--json")
    assert synced.returncode == 0, synced.stderr
    assert json.loads(synced.stdout)["status"] == "REFUND"

    again = typed(own_stack, "orders", "refund", paid_order, "--reason", "Once more")
    assert (again.returncode, again.stderr.split(":")[0]) == (1, "nothing_to_refund")


def test_an_unknown_order_is_said_to_be_unknown(own_stack: Stack) -> None:
    own_stack.start_service()
    for words in (
        ("show", UNKNOWN),
        ("sync", UNKNOWN),
        ("refund", UNKNOWN, "--reason", "None"),
        ("show", "nonsense"),
    ):
        said = typed(own_stack, "orders", *words)
        assert (said.returncode, said.stderr.split(":")[0], said.stdout) == (1, "order_not_found", "")
