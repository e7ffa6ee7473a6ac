"""What a call to Vipps may end with instead of an answer, named by what to do about it.

VippsError
├── NotSent           nothing left us: may be repeated as it is
├── TryAgain          Vipps did nothing and says later: repeat with the same key after a pause
├── Rejected          a clear no: repeating is pointless, read the payment and decide
└── OutcomeUnknown    it may have happened: read the payment before anything else
"""

from __future__ import annotations


class VippsError(Exception):
    """A call to Vipps did not end in a yes. Carries no body, name or secret.

    `status`: Vipps' HTTP status, if any. `trace`: the name under which Vipps' support finds its answer.
    """

    status: int | None = None
    trace: str | None = None

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class NotSent(VippsError):
    """Nothing left us (refused, DNS, TLS, connect or pool timeout, no access token)."""


class TryAgain(VippsError):
    """Vipps did nothing and asks to come back later (429, locked order, too many at once)."""


class Rejected(VippsError):
    """A clear no. `code` is `group/number` as Vipps names it, or `http/<status>`."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class OutcomeUnknown(VippsError):
    """The call may or may not have had its effect (read timeout, 5xx, unreadable answer, cut connection)."""
