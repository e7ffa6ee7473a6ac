"""What is wrong with a field, in words that never repeat what was sent. `field_catalogue` has them in bokmål too."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

#: What pydantic finds wrong, in our words: its own may quote what was sent.
MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_too_short": "is too short",
    "string_too_long": "is too long",
    "greater_than_equal": "is too low",
    "less_than_equal": "is too high",
    "literal_error": "is not one of the known values",
    "enum": "is not one of the known values",
}
#: Of what pydantic finds and we have no words for.
OTHERWISE = "is not acceptable"


def field_error(item: Mapping[str, Any]) -> dict[str, str]:
    if item["type"] == "value_error":  # raised by our own fields, which never quote
        message = str(item.get("ctx", {}).get("error", OTHERWISE))
    else:
        message = MESSAGES.get(item["type"], OTHERWISE)
    return {"field": field_path(item["loc"]), "message": message}


def field_path(parts: Sequence[object]) -> str:
    """`body.price`. A name that could be anything but a field's name is not repeated."""
    return ".".join(
        part if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", part) else "?" for part in map(str, parts[:10])
    )
