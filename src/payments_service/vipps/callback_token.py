"""The token by which we know that a callback about an order comes from Vipps.

Vipps echoes `merchantInfo.authToken` verbatim as the `Authorization` header of the order's one callback. It is derived,
so nothing has to be stored and one leaked token opens one order only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

_PURPOSE: Final = "vipps ecom callback"  # keeps the key's other uses, should there ever be any, apart


def make(secret: str, msn: str, order_id: str) -> str:
    """Return the order's token: 43 characters of URL-safe base64. Raises ValueError without a secret."""
    if not secret:
        raise ValueError("callback tokens need a secret")
    context = "\n".join((_PURPOSE, msn, order_id)).encode("utf-8", "replace")
    digest = hmac.new(secret.encode("utf-8", "replace"), context, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def matches(secret: str, msn: str, order_id: str, presented: str | bytes) -> bool:
    """Compare in constant time. Bytes, because `compare_digest` raises on text beyond ASCII."""
    if not secret:
        return False
    received = presented.encode("utf-8", "replace") if isinstance(presented, str) else presented
    return hmac.compare_digest(make(secret, msn, order_id).encode("ascii"), received)
