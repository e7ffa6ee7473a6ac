"""The page of states is made from the tables, and the decisions keep to them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from payments_service.domain.decisions import Rules, decide
from payments_service.domain.orders import Order
from payments_service.domain.registrations import CHANGES, Registration, RegistrationStatus
from tests.domain.made import NOW
from tests.domain.test_decisions_properties import given_anything

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_states_is_fresh() -> None:
    spec = importlib.util.spec_from_file_location("generate_states", DOCS / "generate_states.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (DOCS / "states.md").read_text(encoding="utf-8") == module.page(), (
        "run: python docs/generate_states.py"
    )


@given_anything
def test_decisions_change_a_registration_only_as_the_table_says(
    reg: Registration, orders: list[Order], rules: Rules
) -> None:
    after = decide(reg, orders, now=NOW, rules=rules).status
    assert after is reg.status or (reg.status, after) in CHANGES


def test_every_status_can_be_reached_and_only_two_are_ends() -> None:
    assert {after for _, after in CHANGES} == set(RegistrationStatus)
    only_back_from_the_waiting_list = {
        before for before, after in CHANGES if "waiting list" in CHANGES[before, after]
    }
    assert only_back_from_the_waiting_list == {RegistrationStatus.EXPIRED, RegistrationStatus.ENDED}
