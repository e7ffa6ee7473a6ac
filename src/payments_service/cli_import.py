"""The operator's tool for coming from another system: look at its payments, take them over, ask Vipps about them."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from payments_service.cli_work import EXIT_BAD_SETTINGS, refuse, with_database, with_services
from payments_service.domain.imported import Answer
from payments_service.domain.money import kroner
from payments_service.lepton.csv_dump import UnreadableDump, read_csv
from payments_service.lepton.database_dump import read_tables
from payments_service.lepton.mapping import (
    EVENT_COLUMNS,
    ORDER_COLUMNS,
    PAID_EVENT_COLUMNS,
    Dump,
    Remark,
    read_dump,
)
from payments_service.storage import imported_orders
from payments_service.storage.database import Database
from payments_service.storage.schema import head_revision
from payments_service.use_cases.disregard_imported_order import disregard_imported_order
from payments_service.use_cases.enrich_imported_orders import enrich_imported_orders
from payments_service.use_cases.grant import Grant
from payments_service.use_cases.import_lepton import Comparison, CountsDiffer, import_lepton
from payments_service.use_cases.record_imported_answer import Outcome
from payments_service.wiring import Services

app = typer.Typer(
    help="Take over the payments of the system before this one.", no_args_is_help=True, add_completion=False
)
EXIT_INCOMPLETE = 1
_TABLES = {
    "payment_order": ORDER_COLUMNS,
    "payment_paidevent": PAID_EVENT_COLUMNS,
    "content_event": EVENT_COLUMNS,
}


@app.command()
def lepton(
    orders: Annotated[Path | None, typer.Option(help="payment_order as CSV.")] = None,
    paid_events: Annotated[Path | None, typer.Option(help="payment_paidevent as CSV.")] = None,
    events: Annotated[
        Path | None, typer.Option(help="content_event as CSV: titles, and when events start.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="Or all three from postgresql://…; only read.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Do it. Without this nothing changes.")] = False,
    leave_out_unreadable: Annotated[
        bool, typer.Option("--leave-out-unreadable", help="Write though some rows cannot be taken over.")
    ] = False,
    enrich: Annotated[
        bool, typer.Option("--enrich", help="Ask Vipps about everything it has not told of yet.")
    ] = False,
) -> None:
    """Take Lepton's orders and paid events over. Says what it would do, and does it with --write."""
    if not enrich and orders is None and source is None and paid_events is None:
        refuse(
            "give --orders and --paid-events, or --from; or --enrich what was written before",
            status=EXIT_BAD_SETTINGS,
        )
    if source is not None and (orders or paid_events or events):
        refuse("--from brings everything along: give either it or files", status=EXIT_BAD_SETTINGS)
    status = 0
    if orders or paid_events or source:
        status = _import(orders, paid_events, events, source, write=write, leave_out=leave_out_unreadable)
    if enrich and status == 0:
        status = with_services(_enrich)
    raise typer.Exit(status)


@app.command()
def disregard(
    order_id: Annotated[str, typer.Argument(help="An imported order that Vipps does not know.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")],
) -> None:
    """Say that an imported order does not count: it holds no seat any more and may be paid beside."""

    async def work(services: Services) -> int:
        await disregard_imported_order(
            order_id.lower(),
            Grant(f"operator:{getpass.getuser()}", reason),
            database=services.database,
            policy=services.policy,
            nudge=services.nudge,
        )
        print(f"{order_id} is disregarded")
        return 0

    raise typer.Exit(with_services(work))


def _import(
    orders: Path | None,
    paid_events: Path | None,
    events: Path | None,
    source: str | None,
    *,
    write: bool,
    leave_out: bool,
) -> int:
    async def work(database: Database) -> Comparison:
        dump = await _dump(orders, paid_events, events, source)
        if problems := await database.problems(expected_revision=head_revision()):
            refuse("\n".join(problems))
        return await import_lepton(dump, database=database, write=write, leave_out_unreadable=leave_out)

    try:
        found = with_database(work)
    except UnreadableDump as unreadable:
        refuse(str(unreadable), status=EXIT_BAD_SETTINGS)
    except CountsDiffer as differ:
        refuse(f"{differ}: nothing has been changed")
    _print_comparison(found, is_wanted=write)
    return EXIT_INCOMPLETE if found.unreadable and not (found.is_written and leave_out) else 0


async def _dump(
    orders: Path | None, paid_events: Path | None, events: Path | None, source: str | None
) -> Dump:
    if source is not None:
        tables = await read_tables(source, _TABLES)
        return read_dump(*(tables[name] for name in _TABLES))
    return read_dump(
        *(
            [] if path is None else read_csv(path, columns=columns)
            for path, columns in zip((orders, paid_events, events), _TABLES.values(), strict=True)
        )
    )


async def _enrich(services: Services) -> int:
    ended = await enrich_imported_orders(
        database=services.database, vipps=services.vipps, policy=services.policy, nudge=services.nudge
    )
    known, unknown = ended[Outcome.KNOWN], ended[Outcome.UNKNOWN]
    async with services.database.autocommit() as connection:
        left = await imported_orders.count_unanswered(connection)
        # also what a running service has asked about meanwhile
        answers = await imported_orders.count_answers(connection)
    print(f"asked Vipps: {known} known, {unknown} that it does not know, {left} without an answer")
    if answers[Answer.UNKNOWN] and not answers[Answer.KNOWN]:
        msn = services.settings.vipps_merchant_serial_number
        print(f"Vipps knows none of them: is {msn} the sales unit that took these payments?", file=sys.stderr)
    return EXIT_INCOMPLETE if left else 0


def _print_comparison(found: Comparison, *, is_wanted: bool) -> None:
    print(f"{'status':<16}{'orders':>8}{'known amounts':>16}{'sum':>14}")
    for word, count in sorted(found.words.items()):
        known, ore = found.known_amounts.get(word, (0, 0))
        print(f"{word or '(none)':<16}{count:>8}{known:>16}{kroner(ore):>14}")
    print(
        f"orders: {len(found.new)} new, {len(found.changed)} changed, {len(found.same)} as before, "
        f"{len(found.changed_but_answered)} changed after their answer, {len(found.forgotten)} erased here"
    )
    print(
        f"paid events: {len(found.new_events)} new, {len(found.same_events)} here already, "
        f"{len(found.refused_events)} left out"
    )
    _print_list("taken over, and worth a look", found.remarks)
    _print_list("paid events that are left out", found.refused_events)
    _print_list("orders that cannot be taken over", found.unreadable)
    if found.is_written:
        print(f"written; {found.asked} orders of seats that wait are being asked about")
    elif is_wanted:
        print("nothing was written: mend these rows, or give --leave-out-unreadable")
    else:
        print("nothing was changed; --write does it")


def _print_list(heading: str, remarks: Iterable[Remark]) -> None:
    lines = [str(remark) for remark in remarks]
    if lines:
        print(f"{heading} ({len(lines)}):")
    for line in lines:
        print(f"  {line}")
