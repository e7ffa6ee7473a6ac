"""What may be shown to a member in Vipps, and how a phone number is written there."""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate
from typing import Final

TEXT_LIMIT: Final = 100  # transaction.transactionText, eCom v2
_FALLBACK: Final = "Betaling"  # the field is required, and a title may be nothing but control characters
_JOINER: Final = "\u200d"
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_PHONE: Final = re.compile(r"(?:\+?47)?([0-9]{8})")


def cut_text(text: str, limit: int = TEXT_LIMIT, *, at_least: int = 1) -> str:
    """Make one printable line of at most `limit` UTF-16 units, never cutting through a composed character.

    One of fewer than `at_least` characters gets a word before it: ePayment wants three.

    UTF-16, because Vipps' length checks name .NET string properties, where an emoji counts as two.
    """
    line = " ".join("".join(map(_printable, text)).split()) or _FALLBACK
    if len(line) < at_least:
        line = f"{_FALLBACK} {line}"
    ends = accumulate(2 if ord(char) > 0xFFFF else 1 for char in line)
    end = sum(units <= limit for units in ends)
    if end == len(line):
        return line
    while end > 0 and (_leans_on_previous(line[end]) or line[end - 1] == _JOINER):
        end -= 1
    return line[:end].rstrip() or _FALLBACK


def national_number(phone: str) -> str | None:
    """`+4791234567`, `4791234567` or `91234567` -> the eight digits Vipps wants; None for anything else."""
    found = _PHONE.fullmatch(phone)
    return found[1] if found else None


def international_number(phone: str | None) -> str | None:
    """The same number with its country code and nothing else, `4791234567`, as ePayment wants it."""
    national = national_number(phone) if phone is not None else None
    return None if national is None else f"47{national}"


def _printable(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"  # half a surrogate pair cannot be written as UTF-8
    return " " if category in ("Cc", "Zl", "Zp") else char


def _leans_on_previous(char: str) -> bool:
    """Accents, variation selectors, joiners and skin tones belong to the character before them."""
    return unicodedata.category(char).startswith("M") or char == _JOINER or ord(char) in _SKIN_TONES
