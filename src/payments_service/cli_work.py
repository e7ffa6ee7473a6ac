"""One piece of an operator's work, with the parts that it needs, and in one line why it did not come to pass."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import typer
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from payments_service.domain.errors import Refusal
from payments_service.settings import BadSettings, load_database_url, load_settings
from payments_service.storage.database import Database

if TYPE_CHECKING:
    from payments_service.wiring import Services

EXIT_REFUSED: Final = 1
EXIT_BAD_SETTINGS: Final = 2
Result = TypeVar("Result")


def with_services(work: Callable[[Services], Awaitable[Result]]) -> Result:
    """Do what needs the whole service; its environment is that of `serve`."""
    from payments_service.wiring import Services  # what needs the database alone comes without the rest

    async def with_them() -> Result:
        services = Services(load_settings())
        try:
            return await work(services)
        finally:
            await services.aclose()

    return run(with_them)


def with_database(work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Do what needs DATABASE_URL alone."""

    async def with_it() -> Result:
        database = Database(load_database_url(), pool_size=1)
        try:
            return await work(database)
        finally:
            await database.aclose()

    return run(with_it)


def run(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Do it, or end: status 2 for a bad setting, 1 for a refusal or a database that does not answer."""
    try:
        return asyncio.run(work())
    except BadSettings as bad:
        refuse("\n".join(bad.problems), status=EXIT_BAD_SETTINGS)
    except Refusal as refusal:
        refuse(f"{refusal.code}: {refusal}")
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        refuse(f"the database does not answer: {_said(error)}")


def refuse(why: str, *, status: int = EXIT_REFUSED) -> NoReturn:
    """Say why on stderr, and end."""
    print(why, file=sys.stderr)
    raise typer.Exit(status) from None


def _said(error: Exception) -> str:
    """PostgreSQL's own line; it names databases and roles, never a password."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return (str(origin).splitlines() or [""])[0] or type(error).__name__
