"""What is said about a wrong field, in both languages; the code says it in English, which is looked up here."""

from __future__ import annotations

from typing import Final

from payments_service.api.languages import Language

#: English -> bokmål. A test finds every message of the code and asks for it here.
NORWEGIAN: Final[dict[str, str]] = {
    "is required": "må være med",
    "is not a known field": "er ikke et kjent felt",
    "is not acceptable": "kan ikke godtas",
    "is not one of the known values": "er ikke en av de kjente verdiene",
    "is too short": "er for kort",
    "is too long": "er for lang",
    "is too low": "er for lav",
    "is too high": "er for høy",
    "must be text": "må være tekst",
    "must be a whole number": "må være et heltall",
    "must be true or false": "må være true eller false",
    "must be a whole number from 1 to 100": "må være et heltall fra 1 til 100",
    "must be 1-64 characters of A-Z a-z 0-9 . _ : @ - with a letter or digit among them": (
        "må være 1-64 tegn av A-Z a-z 0-9 . _ : @ - og ha minst én bokstav eller ett siffer"
    ),
    'must be kroner as text, as "250.00"': 'må være kroner som tekst, som "250.00"',
    "must be from 1.00 to 9999.99": "må være fra 1.00 til 9999.99",
    "must be more than 0.00": "må være mer enn 0.00",
    "must be HH:MM:SS from 00:00:01 to 23:59:59": "må være HH:MM:SS fra 00:00:01 til 23:59:59",
    "must be an RFC 3339 instant with an offset, as 2026-11-23T15:00:00Z": (
        "må være et tidspunkt etter RFC 3339 med tidssone, som 2026-11-23T15:00:00Z"
    ),
    "must be an instant that exists": "må være et tidspunkt som finnes",
    "must lie in the years 2000 to 2199": "må ligge i årene 2000 til 2199",
    "must not contain control characters": "kan ikke ha kontrolltegn",
    "contains a character that is not allowed": "har et tegn som ikke er tillatt",
    "is a number out of range": "er et tall utenfor det som kan leses",
    "names a parameter twice": "nevner en parameter to ganger",
    "may be sent only once": "kan bare sendes én gang",
    "must be 1-255 printable ASCII characters": "må være 1-255 synlige ASCII-tegn",
    "is not a cursor of this list": "er ikke en markør for denne listen",
}


def in_language(message: str, language: Language) -> str:
    """A message nobody has translated is better in English than not at all."""
    return NORWEGIAN.get(message, message) if language == "nb" else message
