"""Cursors of lists: where a page ended, opaque to callers."""

from __future__ import annotations

import base64
import json
from datetime import datetime

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
        position = (datetime.fromisoformat(made_at), key)
    except (ValueError, TypeError, UnicodeError, RecursionError):
        raise bad_cursor() from None
    if not isinstance(key, str) or "\0" in key or not key.isascii() or position[0].tzinfo is None:
        raise bad_cursor()
    return position


def bad_cursor() -> HttpProblem:
    errors = [{"field": "query.cursor", "message": "is not a cursor of this list"}]
    return HttpProblem("invalid_request", errors=errors)
