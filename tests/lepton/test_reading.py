"""What is made of Lepton's tables: every oddity is said with its place, and nothing that can be read is dropped."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from payments_service.lepton import values
from payments_service.lepton.csv_dump import UnreadableDump, read_csv
from payments_service.lepton.mapping import ORDER_COLUMNS, read_dump
from tests.lepton.old import DUMP, ONE, TWO, dump, row


def test_every_order_is_there_with_its_word_and_what_it_is_taken_for() -> None:
    found = [(o.order_id[-1], o.word, o.status, o.event_id, o.user_id) for o in dump().orders]
    assert found == [
        ("1", "SALE", "SALE", "123", "olanor"),
        ("2", "INITIATE", "INITIATE", "123", "karinor"),
        ("3", "RESERVED", "RESERVED", "123", "perhansen"),
        ("4", "RESERVE", "RESERVED", "7", "olanor"),
        ("5", "CAPTURE", "CAPTURE", "7", "karinor"),
        ("6", "REFUND", "REFUND", "7", "perhansen"),
        ("7", "CANCEL", "CANCEL", "7", "perhansen"),
        ("8", "VOID", "VOID", "7", None),
        ("9", "SALE", "SALE", None, "olanor"),
        ("a", "CANCELLED", "CANCEL", "123", "olanor"),
        ("b", "SALE", "SALE", "123", "olanor"),
        ("c", "SPLIT", None, "123", "evanor"),
        ("d", "INITIATE", "INITIATE", "123", None),
    ]


def test_what_does_not_map_is_said_with_its_place() -> None:
    where = "payment_order.csv line"
    order = "5b0f0000-0000-4000-8000-00000000000"
    assert [str(remark) for remark in dump().remarks] == [
        f"{where} 5: order {order}4: status RESERVE is taken for RESERVED",
        f"{where} 9: order {order}8: no user_id: deleted in Lepton",
        f"{where} 10: order {order}9: no event_id: deleted in Lepton",
        f"{where} 11: order {order}a: status CANCELLED is taken for CANCEL",
        f"{where} 13: order {order}c: status SPLIT is no word we know; it counts as unanswered",
        f"{where} 14: order {order}d: user_id '\\xe6rlig talt' is no id of ours",
        f"{where} 14: order {order}d: created_at 20.11.2099 14:00 is no instant",
        f"{where} 15: order {order}1 once more, the same: counted once",
        f"{where} 12: olanor at event 123: 3 orders, 2 paid by their words",
    ]
    assert dump().unreadable == []


def test_what_nothing_can_be_made_of_is_not_guessed_at() -> None:
    found = dump("payment_order_broken.csv")
    assert [order.order_id for order in found.orders] == [ONE]
    assert [str(remark) for remark in found.unreadable] == [
        "payment_order_broken.csv line 3: 42 is no order id",
        "payment_order_broken.csv line 4: nothing is no order id",
        "payment_order_broken.csv line 5: 6 fields, the headings are 7",
        f"payment_order_broken.csv line 6: order {ONE} once more, and not as in payment_order_broken.csv line 2",
    ]


@pytest.mark.parametrize("written", ["plain.csv", "spreadsheet.csv", "mysql.tsv"])
def test_the_same_rows_are_the_same_however_they_were_written(written: str) -> None:
    one, two = dump(f"payment_order_{written}").orders
    assert (one.order_id, one.word, one.event_id, one.user_id) == (ONE, "SALE", "123", "olanor")
    assert one.created_at == datetime(2099, 11, 20, 11, 0, tzinfo=UTC)
    assert (two.order_id, two.user_id) == (TWO, None)


def test_the_row_as_it_stood_goes_along() -> None:
    spreadsheet, mysql = (dump(f"payment_order_{w}").orders[1].raw for w in ("spreadsheet.csv", "mysql.tsv"))
    assert (spreadsheet["user_id"], mysql["user_id"]) == ("", "NULL")
    assert mysql["order_id"] == "5B0F0000000040008000000000000002"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "has no column order_id, status, user_id, event_id, created_at"),
        (b"order_id,status\n", "has no column user_id, event_id, created_at"),
        (b"\xff\xfeo\x00r\x00", "is not UTF-8"),
        (b"order_id,status,user_id,event_id,created_at\n" + b"x" * 200_000 + b"\n", "is not CSV"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_a_line(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableDump, match=f"orders.csv {why}"):
        read_csv(path, columns=ORDER_COLUMNS)


def test_a_nul_makes_a_row_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    line = (DUMP / "payment_order_plain.csv").read_bytes().replace(b"olanor", b"ola\x00nor")
    path.write_bytes(line)
    found = read_dump(read_csv(path, columns=ORDER_COLUMNS))
    assert [remark.why for remark in found.unreadable] == ["a NUL character"]
    assert [order.order_id for order in found.orders] == [TWO]


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2024-06-01 12:00:00.123456+02", 10),
        ("2024-06-01 12:00:00+02:00", 10),
        ("2024-06-01 12:00:00.123 +0200", 10),
        ("2024-06-01T12:00:00Z", 12),
        ("2024-06-01 12:00:00 UTC", 12),
        ("2024-06-01 12:00:00", 12),
        ("2024-06-01 12:00", 12),
        ("01.06.2024 12:00", None),
        ("0001-01-01 00:00:00", None),
        ("2024-02-30 00:00:00", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_instants_are_utc_unless_they_say_otherwise(text: str | None, hour: int | None) -> None:
    found = values.instant(text)
    assert (None if found is None else found.hour) == hour
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "ore"),
    [("250.00", 25000), ("99,5", 9950), ("1", 100), ("9999.99", 999999), ("250.000", 25000)]
    + [(text, None) for text in ("0.00", "0.99", "10000.00", "-5", "2e2", "1 000.00", "99.999", "", None)],
)
def test_a_price_is_whole_ore_within_what_can_be_paid(text: str | None, ore: int | None) -> None:
    assert values.price_ore(text) == ore


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("01:00:00", 3600), ("23:59:59", 86399), ("00:00:01", 1), ("00:30:00.000000", 1800)]
    + [(text, None) for text in ("00:00:00", "24:00:00", "1:00:00", "01:00:00.5", "3600", "", None)],
)
def test_a_paytime_is_a_time_that_passes(text: str | None, seconds: int | None) -> None:
    assert values.paytime_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(("123", "123"), ("123.0", "123"), ("olanor", "olanor"), ("1.5", "1.5")),
        *((text, None) for text in ("ola nor", "æ", "...", "x" * 65, None)),
    ],
)
def test_an_id_is_what_the_backend_calls_it_on_the_wire(text: str | None, found: str | None) -> None:
    assert values.backend_id(text) == found


def test_a_failed_card_ends_nothing() -> None:
    (order,) = read_dump([row(status="RESERVE_FAILED")]).orders
    assert (order.word, order.status) == ("RESERVE_FAILED", "INITIATE")


def test_paid_events_nobody_could_pay_for_are_left_out_with_the_reason() -> None:
    found = dump(paid_events=True, events=True)
    assert [(e.event_id, e.price_ore, e.paytime_seconds, e.title) for e in found.paid_events] == [
        ("123", 25000, 3600, "Julebord med dans"),
        ("124", 9950, 1800, None),
        ("7", 10000, 7200, "Vårfest"),
    ]
    where = "payment_paidevent.csv line"
    assert [str(remark) for remark in found.refused_events] == [
        f"{where} 4: event 125: price 0.00 is not from 1.00 to 9999.99",
        f"{where} 5: event 126: price missing is not from 1.00 to 9999.99",
        f"{where} 6: event 127: paytime 00:00:00 is not from 00:00:01 to 23:59:59",
        f"{where} 7: event_id missing is no id of ours",
        f"{where} 8: event 124 once more",
    ]
