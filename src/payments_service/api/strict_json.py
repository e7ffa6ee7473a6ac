"""JSON bodies read strictly, and the routes that read them so."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from payments_service.api.field_errors import field_path
from payments_service.api.problems import BODY_PROBLEM, HttpProblem

MOST_LEVELS = 20
#: What a 64-bit integer holds, which is what the database and most callers can hold.
LOWEST_INTEGER, HIGHEST_INTEGER = -(2**63), 2**63 - 1
_LONGEST_INTEGER_TEXT = 20
#: Stands in for a body that could not be read. No model takes bytes, so the route is never entered with it.
_NOTHING_READ = b"\0"


class _TooBig:
    """An integer whose digits are not worth counting: Python takes quadratic time, or refuses."""


def parse_json(raw: bytes) -> Any:
    """One JSON document. Raises HttpProblem: 400 when it is none, 422 when a value in it can be no field's.

    None: bad UTF-8 or syntax, NaN and Infinity, the same name twice, more than 20 levels.
    No field's: NUL, half characters (lone surrogates), numbers beyond 64 bits.
    """
    try:
        document = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
        )
    except (ValueError, RecursionError):
        raise HttpProblem("invalid_request", status=400) from None
    _check(document)
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same name twice")
    return found


def _refuse_constant(_word: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")


def _integer(digits: str) -> object:
    value = int(digits) if len(digits) <= _LONGEST_INTEGER_TEXT else None
    return value if value is not None and LOWEST_INTEGER <= value <= HIGHEST_INTEGER else _TooBig()


def _check(document: Any) -> None:
    """Walks without recursion, so that no depth can hurt."""
    waiting: list[tuple[Any, tuple[object, ...]]] = [(document, ())]
    while waiting:
        value, path = waiting.pop()
        if len(path) > MOST_LEVELS:
            raise HttpProblem("invalid_request", status=400)
        if isinstance(value, dict):
            for name, inner in value.items():
                _check_text(name, path)
                waiting.append((inner, (*path, name)))
        elif isinstance(value, list):
            waiting.extend((inner, (*path, index)) for index, inner in enumerate(value))
        elif isinstance(value, str):
            _check_text(value, path)
        elif isinstance(value, _TooBig) or (isinstance(value, float) and not math.isfinite(value)):
            raise _wrong(path, "is a number out of range")


def _check_text(text: str, path: tuple[object, ...]) -> None:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise _wrong(path, "contains a character that is not allowed")


def _wrong(path: tuple[object, ...], message: str) -> HttpProblem:
    return HttpProblem("invalid_request", errors=[{"field": field_path(("body", *path)), "message": message}])


class StrictRequest(Request):
    """A body that cannot be read is remembered, not raised: who may call at all is answered first."""

    async def json(self) -> Any:
        try:
            return parse_json(await self.body())
        except HttpProblem as problem:
            self.scope[BODY_PROBLEM] = problem
            return _NOTHING_READ


class StrictRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_strictly


def router(*, prefix: str = "", tag: str | None = None) -> APIRouter:
    """What every resource router is made with. A body without a content type is taken for JSON."""
    return APIRouter(
        prefix=prefix,
        tags=[tag] if tag else None,
        route_class=StrictRoute,
        redirect_slashes=False,
        strict_content_type=False,
    )
