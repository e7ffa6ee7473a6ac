"""Cursors of lists: where a page ended, opaque to callers."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from payments_service.api.problems import HttpProblem
from payments_service.storage.views import Position


def write_cursor(position: Position) -> str:
    """Return the cursor that continues after an entry made at this time with this id."""
    made_at, key = position
    text = json.dumps([made_at.isoformat(), key], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> Position | None:
    """Return where to continue. Raises HttpProblem 422 for a cursor that is none of ours."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        made_at, key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        instant = datetime.fromisoformat(made_at)
        is_ours = isinstance(key, str) and "\0" not in key and key.isascii() and instant.tzinfo is not None
        position = (instant.astimezone(UTC), key)
    # the first hours of the year 1 lie before every calendar when they are ahead of UTC
    except (ValueError, TypeError, UnicodeError, RecursionError, OverflowError):
        raise bad_cursor() from None
    if not is_ours:
        raise bad_cursor()
    return position


def bad_cursor() -> HttpProblem:
    errors = [{"field": "query.cursor", "message": "is not a cursor of this list"}]
    return HttpProblem("invalid_request", errors=errors)
