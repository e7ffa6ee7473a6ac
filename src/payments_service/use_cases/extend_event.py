"""More time for everybody of an event who still owes.

① read who owes, and who was given time under the same key before · ② each in a transaction of its own, by the rules of
the single extension: lock, check the key, move the deadline, decide anew, commit · ③ read what came of it.

A process that dies in ② leaves some extended and some not; the same key goes on with the rest. Without a key a repeat
is another extension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from payments_service.domain.errors import RegistrationDecided, RegistrationNotFound
from payments_service.domain.registrations import OWING, Registration, RegistrationStatus
from payments_service.storage import extensions
from payments_service.storage.database import Database, is_passing
from payments_service.use_cases.grant import Grant, give_time
from payments_service.use_cases.policy import Nudge, Policy

# Not the refunded, whom the single extension takes: they owe nothing, since an organiser gave their money back. A word
# to everybody must not make them owe again, and lose their seats to the clock when they do not pay.
_EXTENDABLE: Final = frozenset({RegistrationStatus.AWAITING_PAYMENT, RegistrationStatus.HELD})
# One row that is locked too long stops nobody else; after this many it is the database that does not answer.
_MOST_FAILURES: Final = 3


@dataclass(frozen=True, slots=True)
class ExtendedEvent:
    """Who got more time, and who owes and got none: their deadline has passed, and is being settled already."""

    extended: Sequence[Registration]
    too_late: Sequence[Registration]


async def extend_event(
    event_id: str, minutes: int, grant: Grant, *, database: Database, policy: Policy, nudge: Nudge
) -> ExtendedEvent:
    """Raises what the database raised, when some could not be extended; the same key goes on with them."""
    async with database.autocommit() as connection:
        owing = await extensions.owing_ids(connection, event_id)
        given = await extensions.given_ids(connection, event_id, grant.key) if grant.key else set()
    too_late: list[str] = []
    failures: list[Exception] = []
    for registration_id in owing:
        if registration_id in given:
            continue
        try:
            if await _extend_one(registration_id, minutes, grant, database, policy, nudge):
                given.add(registration_id)
            else:
                too_late.append(registration_id)
        except Exception as failure:
            failures.append(failure)
            if not is_passing(failure) or len(failures) == _MOST_FAILURES:
                raise
    if failures:
        raise failures[0]
    async with database.snapshot() as connection:
        left = await extensions.read(connection, too_late)
        return ExtendedEvent(
            extended=await extensions.read(connection, given),
            too_late=[each for each in left if each.status in OWING],
        )


async def _extend_one(
    registration_id: str, minutes: int, grant: Grant, database: Database, policy: Policy, nudge: Nudge
) -> bool:
    """False when it paid, ended or began to be released since it was looked up."""
    try:
        async with database.begin() as connection:
            conclusion = await give_time(
                connection, registration_id, minutes, grant, policy=policy, among=_EXTENDABLE
            )
    except (RegistrationDecided, RegistrationNotFound):
        return False
    if conclusion is not None:
        conclusion.nudge(nudge)
    return True
