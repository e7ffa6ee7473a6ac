"""Which addresses a merchant may name: https anywhere, and plain http on this machine where that is allowed."""

import re
from urllib.parse import urlsplit

from payments_service.simulator.config import SimulatorConfig

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def why_not(url: str, *, config: SimulatorConfig) -> str | None:
    """What is wrong with a web address; None for a good one."""
    try:
        parts = urlsplit(url)
        loopback = parts.hostname in _LOOPBACK
        schemes = ("http", "https") if loopback else ("https",)
        known = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return "must be a valid https address"
    if re.search(r"[\s\x00-\x1f]", url) or not known or parts.scheme not in schemes:
        return "must be a valid https address"
    if loopback and not config.allow_loopback_urls:
        return "must be reachable from the internet"
    return None


def is_for_an_app(url: str) -> bool:
    """A scheme of an app's own, such as `myapp://paid`."""
    return bool(re.fullmatch(r"[a-z][a-z0-9+.-]*://\S*", url)) and not url.startswith(("http:", "https:"))
