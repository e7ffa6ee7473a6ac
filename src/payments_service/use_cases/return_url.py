"""Where the member lands after Vipps: our own setting, or an address of the caller's on an allowed origin."""

from __future__ import annotations

from urllib.parse import urlsplit

from payments_service.domain.errors import ReturnUrlNotAllowed
from payments_service.use_cases.policy import Policy

_LENGTH_MAX = 255  # Vipps' own limit
_NEVER = set("\\{}<>\"'` ") | {chr(n) for n in range(33)} | {chr(127)}


def return_url(wanted: str | None, policy: Policy) -> str:
    """Return the address as a template for `{event_id}` and `{order_id}`; a caller's own has no placeholders.

    Raises ReturnUrlNotAllowed. Compared by origin after parsing; anything that parsers read differently is refused.
    """
    if wanted is None:
        return policy.return_url
    if len(wanted) > _LENGTH_MAX or not wanted.isascii() or _NEVER & set(wanted):
        raise ReturnUrlNotAllowed
    try:
        parts = urlsplit(wanted)
        port = parts.port
    except ValueError:
        raise ReturnUrlNotAllowed from None
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc:
        raise ReturnUrlNotAllowed
    default = {"https": 443, "http": 80}[parts.scheme]
    origin = f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port not in (None, default) else "")
    if origin not in policy.return_origins:
        raise ReturnUrlNotAllowed
    return wanted
