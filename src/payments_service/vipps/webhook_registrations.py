"""What we want to be told by Vipps, at which address, and whether a list of registrations says that we are."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from payments_service.vipps.webhook_signature import authority
from payments_service.vipps.webhooks_api import Registration

PATH: Final = "/vipps/webhooks"

#: What happens to a payment after it was created: an order of ours is read when any of these arrives.
EVENTS: Final = tuple(
    f"epayments.payment.{happening}.v1"
    for happening in (
        "authorized",
        "aborted",
        "expired",
        "terminated",
        "cancelled",
        "captured",
        "refunded",
    )
)


class Listening(StrEnum):
    """Whether Vipps tells us. `UNKNOWN`: not asked yet, or no answer; `NOT_USED`: nobody wants it to."""

    REGISTERED = "registered"
    INCOMPLETE = "incomplete"
    MISSING = "missing"
    UNKNOWN = "unknown"
    NOT_USED = "not_used"


def address(public_url: str) -> str:
    """Return the address to register for a service that is reached under `public_url`."""
    return f"{public_url}{PATH}"


def is_ours(registration: Registration, url: str) -> bool:
    """Tell whether it posts to this address, however scheme, host and port are spelled there."""
    return _spelled_alike(registration.url) == _spelled_alike(url)


def missing_events(registration: Registration) -> list[str]:
    """Return which of our events it does not deliver, in our order."""
    return [event for event in EVENTS if event not in registration.events]


def listening(registrations: Iterable[Registration], url: str) -> Listening:
    """Judge a list. One registration must deliver everything: each has a secret of its own."""
    ours = [registration for registration in registrations if is_ours(registration, url)]
    if not ours:
        return Listening.MISSING
    is_complete = any(not missing_events(registration) for registration in ours)
    return Listening.REGISTERED if is_complete else Listening.INCOMPLETE


def _spelled_alike(url: str) -> str:
    """What somebody else has registered may be no URL at all."""
    try:
        parts = urlsplit(url)
        return parts._replace(scheme=parts.scheme.lower(), netloc=authority(url)).geturl()
    except ValueError:
        return url
