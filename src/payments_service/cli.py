"""The commands people type."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Literal, NoReturn

import typer

from payments_service.settings import BadSettings, load_database_url, load_settings

EXIT_BAD_SETTINGS = 2

app = typer.Typer(
    name="payments-service",
    help="Takes Vipps payments for paid events, and gives seats back that nobody paid for.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def serve(
    workers: Annotated[int, typer.Option(min=1, max=32, help="Processes; each is API and scheduler.")] = 1,
) -> None:
    """Serve the API and run the scheduler."""
    from payments_service.serve import serve as run  # migrate must work without the rest

    try:
        settings = load_settings()
    except BadSettings as bad:
        _refuse(bad)
    raise typer.Exit(run(settings, workers=workers))


@app.command()
def migrate() -> None:
    """Bring the database's schema up to this version. Needs only DATABASE_URL; several at once take turns."""
    from payments_service.cli_work import run
    from payments_service.storage.schema import head_revision
    from payments_service.storage.schema import migrate as bring_up

    async def work() -> None:
        await bring_up(load_database_url())

    run(work)
    print(f"the schema is at {head_revision()}")


@app.command()
def check() -> None:
    """Check the truths about money and seats. One line a violation, and status 1 if there is any."""
    from payments_service.cli_work import with_database
    from payments_service.storage.database import Database
    from payments_service.storage.invariants import Violation, violations

    async def find(database: Database) -> list[Violation]:
        async with database.autocommit() as connection:
            return await violations(connection)

    found = with_database(find)
    for violation in found:
        print(f"{violation.name} {violation.key}: {violation.sentence}")
    raise typer.Exit(1 if found else 0)


@app.command()
def simulator(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen on 127.0.0.1.")] = 8090,
    scenario: Annotated[
        str | None,
        typer.Option(help="A scenario to play: a TOML file, or one that is shipped, such as lost_callback."),
    ] = None,
) -> None:
    """Run a simulated Vipps and event backend alone, for trying things out."""
    from payments_service.simulator.server import run

    run(port=port, scenario=scenario)


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Play the story, then end: status 0 if all went right.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the service listens on 127.0.0.1.")
    ] = 8000,
    api: Annotated[
        Literal["ecom", "epayment", "both"],
        typer.Option(
            help="The Vipps API to play it over. `both`: over one, over the other, "
            "and then a switch in mid-flight, which takes both."
        ),
    ] = "both",
) -> None:
    """Play the whole story on this machine: PostgreSQL, Vipps, an event backend and the service, nothing installed."""
    from payments_service.demo.play import run  # the strangers are not installed with a service

    raise typer.Exit(run(once=once, port=port, api=api))


def _add_hand_tools(name: str, module: str, about: str) -> None:
    """Commands with commands of their own; what they need is imported when one of them is asked for."""

    @app.command(
        name=name,
        help=about,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
        add_help_option=False,
    )
    def run(context: typer.Context) -> None:
        import_module(module).app(args=context.args, prog_name=f"payments-service {name}")


_add_hand_tools(
    "orders",
    "payments_service.cli_orders",
    "Look at one order, ask Vipps about it, give its money back: show, sync, refund.",
)
_add_hand_tools(
    "webhooks",
    "payments_service.cli_webhooks",
    "Our registrations at Vipps' Webhooks API: register, list, delete.",
)
_add_hand_tools("notices", "payments_service.cli_notices", "What the event backend is told: list, repeat.")
_add_hand_tools(
    "import",
    "payments_service.cli_import",
    "Take over the payments of the system before this one: lepton, disregard.",
)


def _refuse(bad: BadSettings) -> NoReturn:
    for problem in bad.problems:
        print(problem, file=sys.stderr)
    raise typer.Exit(EXIT_BAD_SETTINGS)


def main() -> None:
    """The console script."""
    app()
