"""The operator's hand tools for orders: look at one, ask Vipps about it, give its money back."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from payments_service.api.fields import ore
from payments_service.api.schemas import HistoryOut, OrderOut
from payments_service.cli_work import EXIT_BAD_SETTINGS, refuse, with_services
from payments_service.domain.errors import OrderNotFound, VippsUnavailable
from payments_service.domain.operations import OperationKind
from payments_service.domain.orders import is_order_id
from payments_service.storage import history, views
from payments_service.use_cases.move_money import Wish, move_money
from payments_service.use_cases.settle_order import settle_order
from payments_service.wiring import Services

app = typer.Typer(
    help="Look at one order, ask Vipps about it, give its money back.",
    no_args_is_help=True,
    add_completion=False,
)
OrderId = Annotated[str, typer.Argument(help="The order's id, as Vipps knows it too.")]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


@app.command()
def show(order_id: OrderId, as_json: AsJson = False) -> None:
    """Show an order and everything that happened to it."""
    _run(order_id, lambda services: _show(services, order_id, as_json=as_json))


@app.command()
def sync(order_id: OrderId, as_json: AsJson = False) -> None:
    """Ask Vipps about an order now, act on the answer, and show it."""

    async def ask(services: Services) -> None:
        settled = await settle_order(
            order_id,
            database=services.database,
            vipps=services.vipps,
            policy=services.policy,
            nudge=services.nudge,
            cause="an operator",
        )
        if settled is None:
            raise OrderNotFound
        if not settled.is_answered:
            raise VippsUnavailable
        await _show(services, order_id, as_json=as_json)

    _run(order_id, ask)


@app.command()
def refund(
    order_id: OrderId,
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")],
    amount: Annotated[
        str | None, typer.Option(help='Kroner, as "100.00". Without it: all that is left.')
    ] = None,
    key: Annotated[str | None, typer.Option(help="The same key never refunds twice.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give an order's captured money back, in part or whole."""
    try:
        amount_ore = None if amount is None else ore(amount)
    except ValueError as error:
        refuse(f"--amount {error}", status=EXIT_BAD_SETTINGS)

    async def give_back(services: Services) -> None:
        wish = Wish(order_id, OperationKind.REFUND, amount_ore, reason, f"operator:{getpass.getuser()}", key)
        is_done = await move_money(
            wish,
            database=services.database,
            vipps=services.vipps,
            policy=services.policy,
            nudge=services.nudge,
        )
        if not is_done:
            print("Vipps has left it open: it goes on by itself", file=sys.stderr)
        await _show(services, order_id, as_json=as_json)

    _run(order_id, give_back)


def _run(order_id: str, work: Callable[[Services], Awaitable[None]]) -> None:
    async def on_an_order(services: Services) -> None:
        if not is_order_id(order_id):
            raise OrderNotFound
        await work(services)

    with_services(on_an_order)


async def _show(services: Services, order_id: str, *, as_json: bool) -> None:
    async with services.database.autocommit() as connection:
        view = await views.find_order(connection, order_id)
        if view is None:
            raise OrderNotFound
        lines = await history.of_order(connection, order_id, view.order.registration_id)
    order = OrderOut.of(view).model_dump(mode="json")
    items = HistoryOut.of(lines).model_dump(mode="json")["items"]
    if as_json:
        print(json.dumps({**order, "history": items}, ensure_ascii=False))
        return
    console = Console()
    console.print(
        _table(("", ""), [(name, str(value)) for name, value in order.items() if value is not None])
    )
    rows = [(item["at"], item["what"], _words(item["evidence"])) for item in items]
    console.print(_table(("at", "what", "evidence"), rows))


def _words(evidence: dict[str, object]) -> str:
    return ", ".join(
        f"{name} {value}" for name, value in evidence.items() if not isinstance(value, list | dict)
    )


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(*headings, show_header=any(headings), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    return table
