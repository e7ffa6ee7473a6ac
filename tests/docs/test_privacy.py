"""docs/privacy.md says what is kept, column by column, and when it is forgotten."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from payments_service.domain.retention import ACCOUNTS_KEPT_YEARS, BODIES_KEPT, UNPAID_SEATS_KEPT
from payments_service.storage import retention
from payments_service.storage.idempotency import KEPT_FOR
from payments_service.storage.retention import RULES
from payments_service.storage.tables import metadata

PAGE: Final = (Path(__file__).parents[2] / "docs/privacy.md").read_text(encoding="utf-8")
#: Clockwork of the rows: says nothing of anybody that the columns in the table do not say.
CLOCKWORK: Final = {"due_at", "lease_until", "fence", "attempts"}
HARMLESS: Final = {
    "registrations": {
        "announced_at",
        "sealed_at",
        "held_since",
        "shadow_decided_at",
        "release_sent_at",
        "over_at",
        "created_at",
        "updated_at",
    },
    "orders": {
        "started_at",
        "checkout_ends_at",
        "unanswered_since",
        "missing_since",
        "read_at",
        "read_sha256",
        "is_closed",
        "is_frozen",
        "is_declined",
        "pays_seat",
        "is_returning",
        "is_pushed",
        "is_imported",
    },
    "operations": {"is_in_doubt"},
    "history": {"history_id"},
    "deliveries": {"delivery_id"},
    "attention": {"attention_id"},
    "imported_orders": {"imported_at", "enriched_at", "missing_since", "forgotten_at"},
}
#: Tables that hold nothing of a person's, named as such on the page.
NOBODYS: Final = {"paid_events", "removals"}


def rows(heading: str) -> list[list[str]]:
    """The lines of the table under a heading, split into cells, without its first two lines."""
    below = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in below.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def explained() -> list[str]:
    return [name for row in rows("What is kept") for name in re.findall(r"`(\w+\.\w+)`", row[0])]


def test_every_column_that_is_not_harmless_is_explained_once() -> None:
    kept = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        if table.name not in NOBODYS
        for column in table.columns
        if column.name not in CLOCKWORK | HARMLESS.get(table.name, set())
    }
    assert len(explained()) == len(set(explained()))
    assert set(explained()) == kept


def test_what_is_harmless_is_there() -> None:
    for table, names in HARMLESS.items():
        assert names <= set(metadata.tables[table].columns.keys())
    assert all(f"`{table}`" in PAGE for table in NOBODYS)


def test_every_row_says_why_how_long_for_whom_and_what_an_erasure_does() -> None:
    for row in rows("What is kept"):
        assert len(row) == 6
        assert all(row), row[0]


def test_the_rules_of_time_are_those_that_are_carried_out() -> None:
    named = [re.sub("`", "", row[0]) for row in rows("How long")]
    assert named == [rule.what for rule in RULES]
    said = {row[0].strip("`"): row[2] for row in rows("How long")}
    assert (ACCOUNTS_KEPT_YEARS, UNPAID_SEATS_KEPT.days, KEPT_FOR.total_seconds() / 3600) == (5, 365, 72)
    assert f"{BODIES_KEPT.days} days" in said["delivery_bodies"]
    assert "72 hours" in said["idempotency_answers"]
    assert "five years" in said["orders"]
    assert "after a year" in said["registrations"]
    assert f"batches of {retention._BATCH}" in PAGE.replace("\n", " ")


def test_no_name_is_broken_over_two_lines() -> None:
    assert [line for line in PAGE.splitlines() if line.count("`") % 2] == []
