"""Which of our two languages an `Accept-Language` header asks for (RFC 9110, section 12.5.4)."""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["nb", "en"]
DEFAULT: Language = "nb"
#: All kinds of Norwegian get bokmål.
_OURS: dict[str, Language] = {"nb": "nb", "no": "nb", "nn": "nb", "en": "en"}
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*"
    r"\s*(?:;\s*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?"
)
_MOST_RANGES = 20


def preferred_language(header: str | None) -> Language:
    """The wanted language with the highest weight, the first one named among equals. Junk counts for nothing."""
    weights: dict[Language, float] = {}
    for part in (header or "").split(",")[:_MOST_RANGES]:
        found = _RANGE.fullmatch(part)
        language = DEFAULT if found and found[1] == "*" else _OURS.get(found[1].lower()) if found else None
        if found and language:
            weights.setdefault(language, float(found[2] or "1"))
    wanted = {language: weight for language, weight in weights.items() if weight > 0}
    if wanted:
        return max(wanted, key=lambda language: wanted[language])
    return DEFAULT
