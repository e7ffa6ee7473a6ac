"""Idempotency-Key: the same key and body get the first answer again, be it a yes or a no."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.idempotency import AnswerStore, payload_hash
from payments_service.simulator.merchant_headers import instance_of, read_key
from payments_service.simulator.problems import MEDIA_TYPE, Problem, coded


@dataclass(frozen=True, slots=True)
class KeyedCall:
    key: str
    digest: str
    scope: tuple[str, ...]
    instance: str

    @classmethod
    def of(cls, request: Request, raw: bytes, scope: tuple[str, ...]) -> "KeyedCall":
        key = read_key(request)
        return cls(key, _digest(raw), ("epayment", *scope, key), instance_of(request))


class Keyed:
    def __init__(self, *, config: SimulatorConfig, store: AnswerStore) -> None:
        self._config, self._store = config, store

    def recall(self, call: KeyedCall, conflict: str) -> Response | None:
        """The first answer; a Problem of that number when the key belongs to another body."""
        otherwise = coded(conflict, "The Idempotency-Key has been used with another content")
        known = self._store.recall(call.scope, call.digest, otherwise=otherwise)
        return None if known is None else _answer(known)

    def answer(
        self, call: KeyedCall, conflict: str, work: Callable[[], tuple[int, dict[str, Any]]]
    ) -> Response:
        if (known := self.recall(call, conflict)) is not None:
            return known
        try:
            status, body = work()
        except Problem as problem:
            status, body = problem.status, problem.body(call.instance)
            if not (problem.may_be_remembered and self._config.remembers_refusals):
                return _answer({"status": status, "body": body})
        given = {"status": status, "body": body}
        self._store.keep(call.scope, call.digest, given)
        return _answer(given)


def _answer(given: dict[str, Any]) -> Response:
    refused = given["status"] >= 400
    media_type = MEDIA_TYPE if refused else "application/json"
    return JSONResponse(given["body"], status_code=given["status"], media_type=media_type)


def _digest(raw: bytes) -> str:
    """Of the content: how it is spaced or sorted makes no difference."""
    try:
        return payload_hash({"body": json.loads(raw)})
    except ValueError:
        return payload_hash({"raw": raw.decode("utf-8", "replace")})
