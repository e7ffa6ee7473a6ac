"""The published descriptions of Vipps' APIs, where they lie beside the project, and exchanges held against them."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import yaml

WHY_NOT = "the Vipps specifications are not present"
_HERE = Path(__file__).resolve()
# What the gateway in front of an API answers is described nowhere.
_GATEWAY = (401, 429)


def is_present(name: str) -> bool:
    return bool(_found(name))


def load(name: str) -> Any:
    return yaml.safe_load(_found(name)[0].read_text(encoding="utf-8"))


def _found(name: str) -> list[Path]:
    """Published under terms of their own, so never part of the project: a folder beside it, or beside the folder
    it is in, may hold them."""
    return [path for up in _HERE.parents[3:5] for path in sorted(up.glob(f"*/vipps-specs/{name}.yaml"))]


class Exchanges:
    """Checks every exchange of a client, and remembers which kinds it has seen."""

    def __init__(self, specification: Any, *, prefix: str = "", problem: str) -> None:
        self._specification, self._prefix, self._problem = specification, prefix, problem
        self.seen: set[tuple[str, int]] = set()

    async def check(self, response: httpx.Response) -> None:
        await response.aread()
        request = response.request
        found = self._operation(request.method, request.url.path)
        if found is None or response.status_code in _GATEWAY:
            return
        name, operation, parameters = found
        self.seen.add((name, response.status_code))
        if response.status_code >= 400:
            assert response.headers["content-type"] == "application/problem+json"
            self.validate({"$ref": f"#/components/schemas/{self._problem}"}, response.json())
            return
        self._check_request(request, operation, parameters)
        described = self._resolve(operation["responses"][str(response.status_code)]).get("content")
        if described is None:
            assert response.content == b""
        else:
            [content] = described.values()
            self.validate(content["schema"], response.json())

    def validate(self, schema: Any, instance: Any) -> None:
        whole = {"allOf": [schema], "components": self._specification["components"]}
        jsonschema.Draft4Validator(whole).validate(instance)

    def _check_request(self, request: httpx.Request, operation: Any, parameters: list[Any]) -> None:
        for parameter in parameters:
            if parameter["in"] == "header" and (value := request.headers.get(parameter["name"])) is not None:
                self.validate(parameter["schema"], value)
            else:
                assert not parameter.get("required") or parameter["in"] == "path", parameter["name"]
        described = operation.get("requestBody")
        if described is not None:
            self.validate(described["content"]["application/json"]["schema"], json.loads(request.content))

    def _operation(self, method: str, path: str) -> tuple[str, Any, list[Any]] | None:
        for template, item in self._specification["paths"].items():
            if (
                re.fullmatch(self._prefix + re.sub(r"\{\w+\}", "[^/]+", template), path)
                and method.lower() in item
            ):
                operation = item[method.lower()]
                raw = [*item.get("parameters", []), *operation.get("parameters", [])]
                return f"{method} {template}", operation, [self._resolve(p) for p in raw]
        return None

    def _resolve(self, node: Any) -> Any:
        while "$ref" in node:
            target = self._specification
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node
