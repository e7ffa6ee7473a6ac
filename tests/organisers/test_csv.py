"""The file for the treasurer's spreadsheet: every order once, amounts that add up, and nothing that is run."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from payments_service.api.routers.organisers import HEADINGS
from payments_service.api.spreadsheet import as_csv, defused
from payments_service.storage.tables import orders
from tests.organisers.office import EVENT, Office
from tests.storage.rows import NOW, PRICE, a_captured_order, an_order, order_id

PATH = f"/v1/paid-events/{EVENT}/orders.csv"
PAGE = Path(__file__).parents[2] / "docs/organisers.md"
RUN_BY_SPREADSHEETS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\tx",
    "\rx",
    "  =1",
    "\u00a0=1",
    "\u3000=1",
    "\u200b=1",
    "\ufeff=1",
    "\u202e=1",
    "\x00=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM",
    " \uff1d1",
    "\ufe66" + "1",
    "\ufe62" + "1",
    "\ufe63" + "1",
    "\ufe6b" + "SUM",
    "\u22121",
]


async def downloaded(office: Office, **headers: str) -> httpx.Response:
    answer = await office.backend.get(PATH, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def table(answer: httpx.Response) -> list[dict[str, str]]:
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";", strict=True))


async def test_it_is_a_file_to_be_saved_and_kept_nowhere_else(office: Office) -> None:
    await office.event()
    answer = await downloaded(office)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="betalinger-123.csv"'
    assert answer.headers["cache-control"] == "no-store"


async def test_the_files_name_is_safe_on_every_machine(office: Office) -> None:
    names = {"a.b": "a-b", "..9": "--9", "C:x@y": "C-x-y", "-1_a": "-1_a", "x" * 64: "x" * 64}
    for event_id, name in names.items():
        await office.event(event_id=event_id)
        answer = await office.backend.get(f"/v1/paid-events/{event_id}/orders.csv")
        assert answer.headers["content-disposition"] == f'attachment; filename="betalinger-{name}.csv"'


async def test_without_orders_it_is_a_line_of_headings(office: Office) -> None:
    await office.event()
    expected = ";".join(HEADINGS) + "\r\n"
    for language in ("nb", "en", "de"):
        answer = await downloaded(office, **{"Accept-Language": language})
        assert answer.content == b"\xef\xbb\xbf" + expected.encode()


async def test_a_line_says_everything_about_an_order(office: Office) -> None:
    await office.event()
    await office.seat("77", payment_expiredate=datetime(2026, 7, 1, 10, 0, 0, 999_999, UTC))
    money = {"refunded_ore": 1_050, "created_at": datetime(2026, 1, 31, 23, 30, tzinfo=UTC)}
    updated = {"updated_at": datetime(2026, 7, 1, 9, 59, 59, tzinfo=UTC)}
    await office.add(orders, a_captured_order(1, **money, **updated, vipps_api="epayment"))
    (line,) = table(await downloaded(office))
    assert line == {
        "Ordre-ID": order_id(1),
        "Medlem": "olanor",
        "Påmelding": "77",
        "Status": "CAPTURE",
        "Årsak": "",
        "Betalt": "ja",
        "Beløp": "250,00",
        "Trukket": "250,00",
        "Refundert": "10,50",
        "Netto": "239,50",
        "Valuta": "NOK",
        "Betalingsfrist": "2026-07-01 12:00:00",
        "Opprettet": "2026-02-01 00:30:00",
        "Oppdatert": "2026-07-01 11:59:59",
        "Vipps-API": "epayment",
    }


async def test_what_is_not_known_is_an_empty_cell(office: Office) -> None:
    await office.event()
    await office.order(1, registration_id=None, user_id=None, status="CANCEL", status_reason="timed_out")
    (line,) = table(await downloaded(office))
    assert (line["Medlem"], line["Påmelding"], line["Betalingsfrist"]) == ("", "", "")
    assert (line["Årsak"], line["Betalt"], line["Netto"]) == ("timed_out", "nei", "0,00")


async def test_every_order_of_the_event_has_a_line_the_newest_first(office: Office) -> None:
    """More than are read at once."""
    await office.event()
    await office.sql.execute(
        """INSERT INTO orders (order_id, registration_id, event_id, user_id, vipps_api, amount_ore, status, created_at)
           SELECT lpad(to_hex(n), 32, '0')::uuid, 'r' || n, $1, 'u' || n, 'ecom', 25000, 'CANCEL',
                  now() - n / 3 * interval '1 second' FROM generate_series(1, 3210) AS n""",
        EVENT,
    )
    await office.order(9999, event_id="elsewhere")
    content = (await downloaded(office)).content
    assert content.count(b"\r\n") == content.count(b"\n") == 3211
    found = [line["Ordre-ID"] for line in table(await downloaded(office))]
    newest_first = await office.sql.fetch(
        "SELECT order_id::text FROM orders WHERE event_id = $1 ORDER BY created_at DESC, order_id DESC", EVENT
    )
    assert found == [row["order_id"] for row in newest_first]


async def test_it_is_of_one_instant_and_holds_nothing_open_while_it_is_fetched(office: Office) -> None:
    """Whoever reads slowly reads what was so at the start, and keeps no transaction."""
    await office.event()
    await office.sql.execute(
        """INSERT INTO orders (order_id, registration_id, event_id, user_id, vipps_api, amount_ore, status)
           SELECT gen_random_uuid(), 'r' || n, $1, 'u' || n, 'ecom', 25000, 'CANCEL'
           FROM generate_series(1, 1500) AS n""",
        EVENT,
    )
    pieces: list[bytes] = []
    has_begun, may_go_on = asyncio.Event(), asyncio.Event()

    async def send(message: dict[str, object]) -> None:
        if body := message.get("body"):
            pieces.append(body)  # type: ignore[arg-type]
            has_begun.set()
            await may_go_on.wait()

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    key = office.backend.headers["authorization"].encode()
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [(b"authorization", key)],
        "scheme": "http",
        "server": ("payments.test", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
    bodies = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive_once() -> dict[str, object]:
        return next(bodies, None) or await receive()

    fetching = asyncio.create_task(office.app(scope, receive_once, send))  # type: ignore[arg-type]
    await has_begun.wait()
    await office.sql.execute("UPDATE orders SET status = 'VOID'")
    await office.order(1, created_at=NOW + timedelta(days=1))
    busy = await office.sql.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND state <> 'idle'"
    )
    may_go_on.set()
    await fetching
    lines = list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline=""), delimiter=";"))
    assert busy == 0
    assert len(pieces) > 1
    assert [len(lines), {line[3] for line in lines[1:]}] == [1501, {"CANCEL"}]


async def test_an_id_that_looks_like_a_formula_is_defused(office: Office) -> None:
    await office.event()
    ids = ["-1", "@SUM:A1", "-olanor", "@ola", "--a"]
    await office.add(
        orders, *(an_order(n, user_id=each, registration_id=each) for n, each in enumerate(ids, start=1))
    )
    lines = table(await downloaded(office))
    assert {(line["Medlem"], line["Påmelding"]) for line in lines} == {
        (f"'{each}", f"'{each}") for each in ids
    }


@pytest.mark.parametrize("text", RUN_BY_SPREADSHEETS, ids=ascii)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["olanor", "77", "a=b", "a-1", "a@b.no", "'=1", " ola", "øl", "", "#1", "1+1"]
)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert defused(text) == text


@pytest.mark.parametrize("text", RUN_BY_SPREADSHEETS, ids=ascii)
def test_a_defused_cell_is_still_one_cell(text: str) -> None:
    """Quoted where it has to be: no reader finds a second cell or line that begins with the sign."""
    written = as_csv([[defused(text), "next"]]).decode()
    if "\0" not in text:
        read = list(csv.reader(io.StringIO(written, newline=""), delimiter=";", strict=True))
        assert read == [[f"'{text}", "next"]]


def test_cells_keep_semicolons_quotes_and_lines() -> None:
    rows = [["a;b", 'say "hi"', "two\r\nlines", "ærlig øl på ås", ""], ["1", "2", "3", "4", "5"]]
    written = as_csv(rows).decode()
    assert list(csv.reader(io.StringIO(written, newline=""), delimiter=";", strict=True)) == rows
    assert '"say ""hi"""' in written


async def test_hours_that_come_twice_are_told_in_local_time_and_in_order(office: Office) -> None:
    """The night summer time ends: 00:30 and 01:30 UTC are both 02:30 in Oslo."""
    await office.event()
    for n, hour in ((1, 0), (2, 1)):
        await office.order(n, created_at=datetime(2026, 10, 25, hour, 30, tzinfo=UTC))
    found = [(line["Ordre-ID"], line["Opprettet"]) for line in table(await downloaded(office))]
    assert found == [(order_id(2), "2026-10-25 02:30:00"), (order_id(1), "2026-10-25 02:30:00")]


async def test_its_sums_are_the_summarys(office: Office) -> None:
    await office.event()
    for n in range(1, 8):
        money = {"refunded_ore": n * 111, "captured_ore": PRICE - n, "registration_id": f"r{n}"}
        await office.add(orders, a_captured_order(n, **money))
    summary = await office.get(f"/v1/paid-events/{EVENT}/summary")
    lines = table(await downloaded(office))
    for heading, name in (("Trukket", "captured"), ("Refundert", "refunded"), ("Netto", "net")):
        ore = sum(int(line[heading].replace(",", "")) for line in lines)
        assert f"{ore // 100}.{ore % 100:02}" == summary[name]


def test_the_page_for_organisers_explains_every_column_in_order() -> None:
    page = PAGE.read_text(encoding="utf-8")
    explained = re.findall(r"^\| (\S+) \|", page, re.MULTILINE)
    assert tuple(name for name in explained if name in HEADINGS) == HEADINGS
