"""Every kind of caller of the table, and the credentials they come with."""

from __future__ import annotations

import time
from typing import Any, Final

import jwt

from payments_service.demo.environment import SERVICE_KEY

JWT_KEY: Final = "a-key-for-members-tokens-in-tests-only"
MEMBER, OTHER, ADMIN = "olanor", "kari", "index-admin"
GROUP, OTHER_GROUP = "sosialen", "bedkom"

CLAIMS: Final[dict[str, dict[str, Any]]] = {
    "admin": {"sub": ADMIN, "admin": True},
    "admin+f": {"sub": ADMIN, "admin": True, "finance": True},
    "organiser": {"sub": "sosialsjef", "groups": ["medlem", GROUP]},
    "organiser+f": {"sub": "sosialsjef", "groups": ["medlem", GROUP], "finance": True},
    "other+f": {"sub": "bedkomsjef", "groups": ["medlem", OTHER_GROUP], "finance": True},
    "member": {"sub": MEMBER, "groups": ["medlem"], "finance": True},
    "other": {"sub": OTHER, "groups": ["medlem"], "finance": True},
}


def token(**claims: Any) -> str:
    whole = {"aud": "payments-service", "exp": int(time.time()) + 600, "groups": [], **claims}
    return jwt.encode(whole, JWT_KEY, algorithm="HS256")


def headers_of(caller: str) -> dict[str, str]:
    """Rights that a member's token carries without a group to use them on change nothing."""
    if caller == "nobody":
        return {}
    credentials = {"junk": f"{SERVICE_KEY}x", "service": SERVICE_KEY}
    return bearer(credentials.get(caller) or token(**CLAIMS[caller]))


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}
