"""Holds a request on the wire against an OpenAPI document: nothing missing, nothing wrong, nothing unheard of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import httpx
import jsonschema

#: Headers of HTTP itself and of any client, which no document lists.
OF_HTTP: Final = frozenset(
    {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length", "content-type"}
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is sent although the document does not know it; `body` is for a request that it has no body for."""

    headers: frozenset[str] = frozenset()
    body: Mapping[str, Any] | None = None


NOTHING: Final = Allowed()


class Specification:
    """One document. Its objects are taken for closed: a field that is not listed is one that Vipps never heard of."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = _closed(document)
        self._base = urlsplit(document["servers"][0]["url"]).path.rstrip("/")

    def place(self, request: httpx.Request) -> str:
        """Return method and path as the document writes them, or an empty text for a place it does not know."""
        found = self._find(request)
        return f"{request.method} {self._base}{found[0]}" if found else ""

    def complaints(self, request: httpx.Request, allowed: Allowed = NOTHING) -> list[str]:
        """Return everything that is wrong with a request, in words; nothing when it is as described."""
        found = self._find(request)
        if found is None:
            return [f"{request.method} {request.url.path} is not described"]
        _, operation, parameters, values = found
        return [
            *self._of_parameters(request, parameters, values),
            *self._of_headers(request, operation, parameters, allowed),
            *self._of_body(request, operation, allowed),
        ]

    def _find(
        self, request: httpx.Request
    ) -> tuple[str, Mapping[str, Any], list[Mapping[str, Any]], Mapping[str, str]] | None:
        raw = request.url.raw_path.decode()
        for template, item in self._document["paths"].items():
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/?]+)", re.escape(template))
            values = re.fullmatch(re.escape(self._base) + pattern, raw)
            operation = item.get(request.method.lower())
            if values is not None and operation is not None:
                own = [*item.get("parameters", ()), *operation.get("parameters", ())]
                return template, operation, [self._resolved(one) for one in own], values.groupdict()
        return None

    def _of_parameters(
        self, request: httpx.Request, parameters: list[Mapping[str, Any]], values: Mapping[str, str]
    ) -> Iterator[str]:
        for parameter in parameters:
            name = parameter["name"]
            if parameter["in"] == "path":
                yield from self._of_value(f"path {name}", unquote(values[name]), parameter["schema"])
            elif name in request.headers:
                yield from self._of_value(f"header {name}", request.headers[name], parameter["schema"])
            elif parameter.get("required"):
                yield f"header {name} is missing"

    def _of_headers(
        self,
        request: httpx.Request,
        operation: Mapping[str, Any],
        parameters: list[Mapping[str, Any]],
        allowed: Allowed,
    ) -> Iterator[str]:
        known = {one["name"].lower() for one in parameters if one["in"] == "header"}
        for one in operation.get("security", self._document.get("security", ())):
            for scheme in one:
                name = self._document["components"]["securitySchemes"][scheme]["name"].lower()
                known.add(name)
                if name not in request.headers:
                    yield f"header {name} is missing"
        for name in sorted(set(request.headers) - known - OF_HTTP - allowed.headers):
            yield f"header {name} is not described"

    def _of_body(
        self, request: httpx.Request, operation: Mapping[str, Any], allowed: Allowed
    ) -> Iterator[str]:
        described = self._resolved(operation.get("requestBody", {}))
        schemas = [
            content["schema"]
            for kind, content in described.get("content", {}).items()
            if kind.partition(";")[0] == "application/json"
        ]
        schema = schemas[0] if schemas else allowed.body
        if not request.content:
            if described.get("required"):
                yield "the body is missing"
            return
        if schema is None:
            yield "a body is not described"
            return
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            yield "the body is not called JSON"
        yield from self._of_value("body", json.loads(request.content), schema)

    def _of_value(self, name: str, value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
        whole = {"allOf": [schema], "components": self._document.get("components", {})}
        validator = jsonschema.Draft4Validator(whole, format_checker=jsonschema.FormatChecker())
        for error in validator.iter_errors(value):
            where = ".".join([name, *map(str, error.absolute_path)])
            yield f"{where}: {error.message}"

    def _resolved(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in item:
            found: Any = self._document
            for step in item["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            item = found
        return item


def _closed(item: Any) -> Any:
    """The same document with every object closed that does not say otherwise."""
    if isinstance(item, list):
        return [_closed(one) for one in item]
    if not isinstance(item, dict):
        return item
    closed = {key: _closed(value) for key, value in item.items()}
    if isinstance(item.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed
