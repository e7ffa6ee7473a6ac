"""What a write that may be carried out twice leaves behind, so that its repeat is known as one."""

from __future__ import annotations

import hashlib

from fastapi import Request

from payments_service.api.authentication import Caller


def client_key(request: Request, caller: Caller) -> str | None:
    """Return a word for the caller's `Idempotency-Key`, which counts per caller, method and path; None without one.

    A hash: the key is the caller's own text, and histories hold no such thing.
    """
    sent = request.headers.get("idempotency-key")
    if sent is None:
        return None
    names = "\n".join((caller.identity, request.method, request.scope["path"], sent))
    return hashlib.sha256(names.encode()).hexdigest()[:32]
