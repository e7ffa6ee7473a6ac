"""Start the clock of a seat, or repeat that it was started.

One transaction: ① the event must cost money · ② a known registration is repeated, reopened or given another deadline,
a new one is added in the place of any earlier one of the same member.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.errors import PaidEventNotFound, RegistrationConflict, RegistrationEnded
from payments_service.domain.paid_events import PaidEvent
from payments_service.domain.registrations import DECIDED, Registration, RegistrationStatus
from payments_service.storage import history, paid_events, registrations
from payments_service.storage.database import Database, database_now
from payments_service.use_cases.adopt_seat import add, deadline_for, reopen
from payments_service.use_cases.conclude import Conclusion, conclude
from payments_service.use_cases.policy import Nudge, Policy


@dataclass(frozen=True, slots=True)
class SignUp:
    """What the backend says of a sign-up. A deadline of its own wins over `from_waiting_list`."""

    registration_id: str
    event_id: str
    user_id: str
    from_waiting_list: bool = False
    payment_expiredate: datetime | None = None


async def register(sign_up: SignUp, *, database: Database, policy: Policy, nudge: Nudge) -> bool:
    """Start or repeat; True when it is new to the backend. Raises the refusals of the contract."""
    for attempt in range(3):
        try:
            async with database.begin() as connection:
                conclusion, is_new = await _register(connection, sign_up, policy)
        except IntegrityError:
            # two first calls at once: the one that lost finds the row on its second try
            if attempt == 2:
                raise
            continue
        conclusion.nudge(nudge)
        return is_new
    raise AssertionError("unreachable")


async def _register(connection: AsyncConnection, sign_up: SignUp, policy: Policy) -> tuple[Conclusion, bool]:
    event = await paid_events.find(connection, sign_up.event_id, share=True)
    if event is None:
        raise PaidEventNotFound
    known = await registrations.lock(connection, sign_up.registration_id)
    if known is None:
        now = await database_now(connection)
        registration = Registration(
            registration_id=sign_up.registration_id,
            event_id=sign_up.event_id,
            user_id=sign_up.user_id,
            status=RegistrationStatus.AWAITING_PAYMENT,
            payment_expiredate=_deadline(sign_up, event, policy, now),
            from_waiting_list=sign_up.from_waiting_list,
            created_at=now,
            announced_at=now,
            backend_expiredate=sign_up.payment_expiredate,
        )
        return await add(
            connection, registration, now=now, policy=policy, cause="registered by the backend"
        ), True
    registration, now, _ = known
    if (registration.event_id, registration.user_id) != (sign_up.event_id, sign_up.user_id):
        raise RegistrationConflict
    if registration.may_reopen:
        deadline = _deadline(sign_up, event, policy, now)
        return await reopen(
            connection, registration, deadline=deadline, now=now, policy=policy, announced=True
        ), True
    if not registration.has_seat:
        raise RegistrationEnded
    return await _repeat(connection, registration, sign_up, event, policy, now)


async def _repeat(
    connection: AsyncConnection,
    registration: Registration,
    sign_up: SignUp,
    event: PaidEvent,
    policy: Policy,
    now: datetime,
) -> tuple[Conclusion, bool]:
    """Say the same again. Only a new deadline of the backend's own, or the first word on a seat we found, matters."""
    is_first = registration.announced_at is None
    deadline = sign_up.payment_expiredate
    if is_first and deadline is None and registration.backend_expiredate is None:
        deadline = _deadline(sign_up, event, policy, now)
    if is_first:
        registration = replace(registration, announced_at=now, from_waiting_list=sign_up.from_waiting_list)
        await registrations.update(
            connection,
            registration.registration_id,
            announced_at=now,
            from_waiting_list=sign_up.from_waiting_list,
        )
    if (
        deadline is not None
        and registration.status not in DECIDED
        and deadline != registration.payment_expiredate
    ):
        registration = await move_deadline(
            connection,
            registration,
            deadline,
            by="backend",
            named_by_backend=sign_up.payment_expiredate is not None,
        )
    conclusion = await conclude(connection, registration, now=now, policy=policy, cause="registered again")
    return conclusion, is_first


async def move_deadline(
    connection: AsyncConnection,
    registration: Registration,
    deadline: datetime,
    *,
    by: str,
    named_by_backend: bool,
    reason: str | None = None,
    key: str | None = None,
) -> Registration:
    """Write another deadline; what follows from it is the caller's `conclude`. `key`: see `storage.extensions`."""
    values: dict[str, datetime | None] = {"payment_expiredate": deadline, "due_at": deadline}
    if named_by_backend:
        values["backend_expiredate"] = deadline
    await registrations.update(
        connection, registration.registration_id, **values, shadow_decided_at=None, release_sent_at=None
    )
    await history.record(
        connection,
        "deadline_moved",
        registration_id=registration.registration_id,
        by=by,
        reason=reason,
        key=key,
        before=registration.payment_expiredate,
        payment_expiredate=deadline,
    )
    return replace(
        registration,
        payment_expiredate=deadline,
        backend_expiredate=deadline if named_by_backend else registration.backend_expiredate,
        shadow_decided_at=None,
        release_sent_at=None,
    )


def _deadline(sign_up: SignUp, event: PaidEvent, policy: Policy, now: datetime) -> datetime:
    """The backend's own deadline as sent, else ours."""
    return sign_up.payment_expiredate or deadline_for(
        event, policy, now, from_waiting_list=sign_up.from_waiting_list
    )
