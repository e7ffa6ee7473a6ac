"""The signature by which we know that a webhook comes from Vipps: HMAC over its bytes and its address.

Host and path are the registered, public ones, never those of the request: a proxy before us may rewrite either. The
date is signed but its age is not looked at: Vipps retries for a week, perhaps with the first date, and a replay is
harmless, since nothing a webhook says is believed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

SIGNED_HEADERS: Final = "x-ms-date;host;x-ms-content-sha256"
_PREFIX: Final = f"HMAC-SHA256 SignedHeaders={SIGNED_HEADERS}&Signature=".encode()
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


def authority(url: str) -> str:
    """Return the host as it is signed: with a port only where that is not the scheme's own."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2].lower()
    if parts.port is not None and parts.port == _DEFAULT_PORTS.get(parts.scheme):
        return netloc.rpartition(":")[0]
    return netloc


def is_authentic(
    *,
    secrets: Iterable[str],
    host: str,
    path_and_query: bytes,
    date: bytes | None,
    content_hash: bytes | None,
    authorization: bytes | None,
    body: bytes,
) -> bool:
    """Tell whether one of our registrations signed this. Every secret is tried, and nothing raises.

    The headers are compared as the bytes that came, for several base64 texts decode to one signature and
    `compare_digest` refuses text beyond ASCII.
    """
    if not date or not content_hash or not authorization:
        return False
    ours = _base64(hashlib.sha256(body).digest())
    message = b"POST\n%b\n%b;%b;%b" % (path_and_query, date, host.encode("utf-8", "replace"), ours)
    found = False
    for secret in secrets:
        # the text itself is the key, also where it looks like base64; an empty one anybody can sign with
        key = secret.encode("utf-8", "replace")
        expected = _PREFIX + _base64(hmac.new(key, message, hashlib.sha256).digest())
        found |= bool(key) & hmac.compare_digest(expected, authorization)
    return found & hmac.compare_digest(ours, content_hash)


def _base64(digest: bytes) -> bytes:
    return base64.b64encode(digest)
