"""The operator's hand tools for our registrations at Vipps' Webhooks API: make one, list them, delete one."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, NoReturn, TypeVar

import structlog
import typer
from rich.console import Console
from rich.table import Table

from payments_service.settings import BadSettings, load_vipps_account
from payments_service.vipps.errors import OutcomeUnknown, VippsError
from payments_service.vipps.webhook_registrations import (
    EVENTS,
    address,
    is_ours,
    listening,
    missing_events,
)
from payments_service.vipps.webhooks_api import Registered, Registration, WebhooksApi
from payments_service.wiring import transport_of

app = typer.Typer(
    help="Register our webhook at Vipps, list what is registered, delete a registration.",
    no_args_is_help=True,
    add_completion=False,
)
EXIT_REFUSED = 1
EXIT_BAD_SETTINGS = 2
Result = TypeVar("Result")


class Account:
    """The API, the address that is ours, and the seconds a call may take."""

    def __init__(self, api: WebhooksApi, url: str, timeout: float) -> None:
        self.api, self.url, self.timeout = api, url, timeout

    async def registrations(self) -> list[Registration]:
        return await self.api.registrations(timeout=self.timeout)


@app.command()
def register(
    another: Annotated[
        bool, typer.Option("--another", help="Beside the one there is, to change its secret.")
    ] = False,
) -> None:
    """Register {PUBLIC_URL}/vipps/webhooks for every event we handle. Prints {"id": …, "secret": …}: keep the secret.

    Safe to repeat: what is registered already is not registered again.
    """
    _run(lambda account: _register(account, another=another))


@app.command(name="list")
def list_registrations(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List what is registered for the sales unit, which of it is ours, and what ours lack."""

    async def show(account: Account) -> None:
        found = await account.registrations()
        (_print_json if as_json else _print_table)(found, account.url)

    _run(show)


@app.command()
def delete(registration_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]) -> None:
    """Delete a registration. What it has not delivered yet is not delivered any more."""

    async def forget(account: Account) -> None:
        try:
            await account.api.delete(registration_id, timeout=account.timeout)
        except ValueError as error:
            _refuse(str(error))
        except OutcomeUnknown as error:
            _refuse(f"{error}\nit may be deleted or not: look with `list`; deleting again does no harm")
        _say(f"deleted {registration_id}")

    _run(forget)


async def _register(account: Account, *, another: bool) -> None:
    """Look, then register at most once: the API has no key against doing it twice."""
    ours = [one for one in await account.registrations() if is_ours(one, account.url)]
    complete = [one for one in ours if not missing_events(one)]
    if complete and not another:
        _tell(complete[0].id, None)
        _say(
            "registered already; its secret was told once, when it was registered, and is not told again.\n"
            "If it is lost: register --another, put the new secret into VIPPS_WEBHOOK_SECRETS, "
            f"then delete {complete[0].id}"
        )
        return
    made = await _registered_once(account)
    _tell(made.id, made.secret)
    _say("put the secret into VIPPS_WEBHOOK_SECRETS; it is not told again")
    for old in ours:
        lacks = _short(missing_events(old))
        why = f"lacks {lacks}" if lacks else "is the one before"
        _say(
            f"{old.id} {why}: keep its secret beside the new one until every process knows both, then delete it"
        )


async def _registered_once(account: Account) -> Registered:
    try:
        return await account.api.register(account.url, EVENTS, timeout=account.timeout)
    except OutcomeUnknown as error:
        _refuse(
            f"{error}\n"
            "Vipps may have registered it or not, and its secret would be lost. Run `payments-service webhooks list`;\n"
            f"delete a registration of {account.url}\n"
            "that you do not know (`payments-service webhooks delete ID`), then register again"
        )


def _run(work: Callable[[Account], Awaitable[Result]]) -> Result:
    """Do one piece of work with the Vipps account alone, and say in one line why it came to nothing."""

    async def with_account() -> Result:
        settings = load_vipps_account()
        transport = transport_of(settings)
        url, timeout = address(settings.public_url), settings.vipps_timeout_seconds
        try:
            return await work(Account(WebhooksApi(transport=transport), url, timeout))
        finally:
            await transport.aclose()

    # Standard output is for the answer, and whatever is logged on the way there is said again below.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        return asyncio.run(with_account())
    except BadSettings as bad:
        sys.stderr.writelines(f"{problem}\n" for problem in bad.problems)
        raise typer.Exit(EXIT_BAD_SETTINGS) from None
    except VippsError as error:
        _refuse(f"{error}: nothing has changed at Vipps")


def _refuse(why: str) -> NoReturn:
    _say(why)
    raise typer.Exit(EXIT_REFUSED) from None


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _tell(registration_id: str, secret: str | None) -> None:
    print(json.dumps({"id": registration_id, "secret": secret}))


def _print_json(found: Sequence[Registration], url: str) -> None:
    items = [
        {
            "id": one.id,
            "url": one.url,
            "events": one.events,
            "is_ours": is_ours(one, url),
            "missing": missing_events(one) if is_ours(one, url) else [],
        }
        for one in found
    ]
    print(json.dumps({"vipps_webhook": listening(found, url), "webhooks": items}))


def _print_table(found: Sequence[Registration], url: str) -> None:
    table = Table("id", "url", "events", "ours", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for one in found:
        lacks = _short(missing_events(one))
        whose = "" if not is_ours(one, url) else f"lacks {lacks}" if lacks else "yes"
        table.add_row(one.id, one.url, _short(one.events), whose)
    console = Console(markup=False, highlight=False)
    if found:
        console.print(table)
    print(f"{url} is {listening(found, url)}")


def _short(events: Sequence[str]) -> str:
    """`epayments.payment.captured.v1` -> `captured`; other names as they are."""
    return ", ".join(
        event.removeprefix("epayments.payment.").removesuffix(".v1") if event in EVENTS else event
        for event in events
    )
