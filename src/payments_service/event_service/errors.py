"""What a call to the event backend may end with instead of an answer.

EventServiceError
├── Unanswered        timeout, 5xx, unreadable, cut: nobody knows; ask again later, read before repeating a release
└── Refused           a clear no with another 4xx than 404
"""

from __future__ import annotations


class EventServiceError(Exception):
    """A call to the event backend did not end in a usable answer. Carries no body, name or secret."""


class Unanswered(EventServiceError):
    """No usable answer; a release may or may not have happened."""


class Refused(EventServiceError):
    """The backend said no. `status` is its HTTP status."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status
