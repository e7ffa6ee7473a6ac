"""From a method's arguments to a model: keys for writes, answers read, pages walked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from pydantic import BaseModel, ValidationError

from payments_service_client.errors import UnreadableAnswer
from payments_service_client.wire import Call, Options, Wire

Answer = TypeVar("Answer", bound=BaseModel)


class Page(BaseModel):
    """One page of any list."""

    items: list[Any]
    next_cursor: str | None


class Calls:
    """One wire with one set of options; what all resources speak through."""

    def __init__(self, wire: Wire, options: Options) -> None:
        self.wire = wire
        self.options = options

    async def read(self, kind: type[Answer], path: str, query: Mapping[str, str] | None = None) -> Answer:
        return parsed(kind, await self.send("GET", path, query=query))

    async def write(
        self,
        kind: type[Answer],
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None,
    ) -> Answer:
        return parsed(kind, await self.send(method, path, body=body, key=key))

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> httpx.Response:
        """Make the call. A write without a key of its caller's gets one, the same for all its repeats."""
        if method != "GET":
            key = key or uuid4().hex
        return await self.wire.send(Call(method, path, query or {}, body, key), self.options)

    async def forget(self, path: str, *, query: Mapping[str, str] | None = None, key: str | None) -> None:
        """DELETE. A friendly page of somebody in between is not taken for a yes."""
        answer = await self.send("DELETE", path, query=query, key=key)
        if answer.status_code != 204:
            raise UnreadableAnswer("not an answer of payments-service", status=answer.status_code)

    async def pages(
        self, kind: type[Answer], path: str, query: Mapping[str, str], page_size: int
    ) -> AsyncIterator[Answer]:
        """Every item of a list, a page at a time; each page has the whole deadline."""
        cursor: str | None = None
        while True:
            asked = {**query, "limit": str(page_size), **({"cursor": cursor} if cursor else {})}
            page = parsed(Page, await self.send("GET", path, query=asked))
            for item in page.items:
                yield validated(kind, item)
            if page.next_cursor is None:
                return
            if page.next_cursor == cursor:
                raise UnreadableAnswer("a list that does not end")
            cursor = page.next_cursor


def parsed(kind: type[Answer], answer: httpx.Response) -> Answer:
    """Read a good answer's body. Raises UnreadableAnswer, which says where it is wrong and never what stands there."""
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        where = _where(error)
    raise UnreadableAnswer(f"{kind.__name__}: {where}", status=answer.status_code)


def validated(kind: type[Answer], item: object) -> Answer:
    try:
        return kind.model_validate(item)
    except ValidationError as error:
        where = _where(error)
    raise UnreadableAnswer(f"{kind.__name__}: {where}")


def _where(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc']))} {first['type']}"
