"""The operator's hand tools for notices: look at what the event backend was not told, and have it sent again."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from payments_service.api.routers.notices import NoticeOut
from payments_service.cli_work import EXIT_BAD_SETTINGS, refuse, with_database
from payments_service.domain.notices import NoticeState
from payments_service.storage import notice_lists, notices
from payments_service.storage.database import Database
from payments_service.use_cases.policy import Queue
from payments_service.use_cases.repeat_notice import repeat_notice

app = typer.Typer(
    help="What the event backend is told: look at it, have it sent again.",
    no_args_is_help=True,
    add_completion=False,
)
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


@app.command(name="list")
def list_(
    status: Annotated[NoticeState | None, typer.Option(help="Only those of this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List notices, newest first."""

    async def show(database: Database) -> None:
        async with database.autocommit() as connection:
            found = await notice_lists.page(connection, notice_lists.NoticeFilter(state=status, limit=limit))
        _show([NoticeOut.of(notice).model_dump(mode="json") for notice in found], as_json=as_json)

    with_database(show)


@app.command()
def repeat(
    notice_id: Annotated[str | None, typer.Argument(help="The notice's id.")] = None,
    all_given_up: Annotated[
        bool, typer.Option("--all-given-up", help="All that nobody tries any more.")
    ] = False,
) -> None:
    """Have notices sent again, each under its own id; a service that runs does it."""
    if (notice_id is None) is not all_given_up:
        refuse("name one notice, or say --all-given-up", status=EXIT_BAD_SETTINGS)

    async def again(database: Database) -> None:
        wanted = [notice_id] if notice_id is not None else await _given_up(database)
        for each in wanted:
            await repeat_notice(each, database=database, nudge=_nobody_to_wake)
            print(each)

    with_database(again)


async def _given_up(database: Database) -> list[str]:
    async with database.autocommit() as connection:
        return await notices.ids_given_up(connection)


def _nobody_to_wake(_queue: Queue) -> None:
    """Every service looks for work each second."""


def _show(items: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        for item in items:
            print(json.dumps(item))
        return
    table = Table("id", "type", "status", "tries", "last answer", "written at", box=None, pad_edge=False)
    for item in items:
        names = ("notice_id", "type", "status", "attempts", "last_answer", "created_at")
        table.add_row(*(str(item[name]) if item[name] is not None else "" for name in names))
    Console().print(table)
