"""Remembers answers by the caller's key, separately for every API, sales unit, order and endpoint."""

import hashlib
import json
from typing import Any

from payments_service.simulator.refusals import invalid

Scope = tuple[str, ...]


def payload_hash(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]


def check_key(key: str | None, *, required: bool) -> str | None:
    if key is not None and len(key) > 40:
        raise invalid("X-Request-Id", "The request id is at most 40 characters long")
    if required and not key:
        raise invalid("X-Request-Id", "The request id is required")
    return key or None


class AnswerStore:
    """Locks are never kept: an order that was locked must be free to succeed under the same key later."""

    def __init__(self) -> None:
        self._answers: dict[Scope, tuple[str, dict[str, Any]]] = {}

    def recall(self, scope: Scope, digest: str, *, otherwise: Exception) -> dict[str, Any] | None:
        """Raises `otherwise` when the key has been used for another content."""
        if scope not in self._answers:
            return None
        known, answer = self._answers[scope]
        if known != digest:
            raise otherwise
        return answer

    def keep(self, scope: Scope, digest: str, answer: dict[str, Any]) -> None:
        self._answers[scope] = (digest, answer)

    def clear(self) -> None:
        self._answers.clear()
