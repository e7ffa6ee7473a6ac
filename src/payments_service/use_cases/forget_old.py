"""Forget what need not be kept any longer, rule by rule, each batch in a transaction of its own."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from payments_service.storage.database import Database, database_now
from payments_service.storage.retention import RULES

_log = structlog.get_logger(__name__)


async def forget_old(*, database: Database, now: datetime | None = None) -> dict[str, int]:
    """Return how much was forgotten, by what it was. Doing it again, or at once elsewhere, finds what is left.

    Raises what kept a rule from being carried out, once all the others have been.
    """
    if now is None:
        async with database.autocommit() as connection:
            now = await database_now(connection)
    forgotten, failure = {}, None
    for rule in RULES:
        count = 0
        try:
            while True:
                async with database.begin() as connection:
                    batch = await rule.one_batch(connection, now)
                count += batch
                if not batch:
                    break
        except (SQLAlchemyError, OSError) as error:
            failure = failure or error
        forgotten[rule.what] = count
    _log.info("retention_ran", **forgotten)
    if failure is not None:
        raise failure
    return forgotten
