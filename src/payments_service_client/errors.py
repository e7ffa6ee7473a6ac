"""What a call may end with instead of an answer.

PaymentsError               code, status, detail, request_id, retry_after, idempotency_key
├── NoAnswer                nothing usable came in time; `was_sent` is false when certainly nothing has happened
├── UnreadableAnswer        an answer, and not one of the service's: a proxy's page, or another API
└── Refused                 the service understood and says no; act on `code`
    ├── InvalidRequest      400 413 422   invalid_request  idempotency_key_reused  return_url_not_allowed …
    ├── Unauthorized        401           unauthorized
    ├── Forbidden           403           forbidden
    ├── NotFound            404           …_not_found
    ├── Conflict            409           already_paid  payment_time_expired  on_waiting_list …
    ├── TooManyRequests     429           too_many_requests
    ├── VippsRejected       502           vipps_rejected
    ├── Unavailable         503           vipps_unavailable  event_service_unavailable  unavailable
    └── ServiceFailed       any other 5xx internal_error

NoticeNotVerified           a signed event that is none of ours, or is too old
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with a request; `field` begins with body, query, path or header."""

    field: str
    message: str


class PaymentsError(Exception):
    """A call brought no good answer. Holds no credentials, no body and no name.

    `idempotency_key` is the write's: the same call with it goes on with what was begun, and never does it twice.
    """

    code: str | None = None
    status: int | None = None
    detail: str | None = None
    request_id: str | None = None
    retry_after: int | None = None
    idempotency_key: str | None = None


class NoAnswer(PaymentsError):
    """No usable answer came. `reason` is one word: `deadline`, or what the network said."""

    def __init__(self, reason: str, *, was_sent: bool, may_repeat: bool = False) -> None:
        super().__init__(f"no answer ({reason})" if was_sent else f"not sent ({reason})")
        self.reason = reason
        self.was_sent = was_sent
        self.may_repeat = may_repeat


class UnreadableAnswer(PaymentsError):
    """What answered is not payments-service as this client knows it."""

    def __init__(self, what: str, *, status: int | None = None) -> None:
        super().__init__(what if status is None else f"{what} (http {status})")
        self.status = status


class Refused(PaymentsError):
    """The service said no. `detail` is for people, in the language that was asked for."""

    code: str
    status: int
    detail: str
    statuses: ClassVar[frozenset[int]] = frozenset()

    def __init__(
        self,
        *,
        code: str,
        status: int,
        detail: str,
        request_id: str | None = None,
        retry_after: int | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        where = "".join(f"; {error.field} {error.message}" for error in errors)
        super().__init__(f"{code} ({status}){where}")
        self.code = code
        self.status = status
        self.detail = detail
        self.request_id = request_id
        self.retry_after = retry_after
        self.errors = tuple(errors)


class InvalidRequest(Refused):
    """The request cannot be right: mend the caller. `errors` names the fields."""

    statuses = frozenset({400, 405, 408, 413, 414, 422, 431})


class Unauthorized(Refused):
    """The service key or the member's token is not (or no longer) good."""

    statuses = frozenset({401})


class Forbidden(Refused):
    """The caller may not do this."""

    statuses = frozenset({403})


class NotFound(Refused):
    """No such thing, or not the caller's to see."""

    statuses = frozenset({404})


class Conflict(Refused):
    """It does not fit what is already so; `code` says what to do."""

    statuses = frozenset({409})


class TooManyRequests(Refused):
    """Too many attempts in a short time; `retry_after` seconds."""

    statuses = frozenset({429})


class VippsRejected(Refused):
    """Vipps said no, and no money was moved."""

    statuses = frozenset({502})


class Unavailable(Refused):
    """A neighbour does not answer right now; the same call may be made again."""

    statuses = frozenset({503})


class ServiceFailed(Refused):
    """The service failed and has written down why, under `request_id`."""


_KINDS: tuple[type[Refused], ...] = (
    InvalidRequest, Unauthorized, Forbidden, NotFound, Conflict, TooManyRequests, VippsRejected, Unavailable,
)  # fmt: skip


def kind_of(status: int) -> type[Refused]:
    """Return the class for a status: a plain Refused for a 4xx that nobody knows."""
    return next(
        (kind for kind in _KINDS if status in kind.statuses), ServiceFailed if status >= 500 else Refused
    )


class NoticeNotVerified(Exception):
    """The signature, the time or the shape of a signed event is not right: answer 400 and do nothing."""
