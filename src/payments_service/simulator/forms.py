"""Reads a JSON object strictly, and collects everything that is wrong with it before it complains."""

import json
import re
from collections.abc import Iterable
from typing import Any

from payments_service.simulator.problems import unreadable


class Form:
    """One object; its sections share the list of complaints."""

    def __init__(
        self, given: dict[str, Any], *, where: str = "", wrong: list[tuple[str, str]] | None = None
    ) -> None:
        self.given, self._where = given, where
        self.wrong = [] if wrong is None else wrong

    @classmethod
    def of(cls, raw: bytes) -> "Form":
        try:
            given = json.loads(raw)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise unreadable(("body", "must be a JSON object"))
        return cls(given)

    def only(self, names: Iterable[str]) -> None:
        for name in sorted(set(self.given) - set(names)):
            self.complain(name, "there is no such field")

    def complain(self, name: str, rule: str) -> None:
        self.wrong.append((f"{self._where}{name}", rule))

    def check(self) -> None:
        if self.wrong:
            raise unreadable(*self.wrong)

    def has(self, name: str) -> bool:
        return self.given.get(name) is not None

    def text(self, name: str, pattern: str, *, required: bool = False, nullable: bool = False) -> str | None:
        value = self._value(name, required=required, nullable=nullable)
        if value is None:
            return None
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            self.complain(name, f"must be a string that matches ^{pattern}$")
            return None
        return value

    def choice(self, name: str, options: tuple[str, ...], *, required: bool = False) -> str | None:
        value = self._value(name, required=required)
        if value is not None and value not in options:
            self.complain(name, f"must be one of {', '.join(options)}")
            return None
        return value if value is None else str(value)

    def section(
        self, name: str, names: Iterable[str], *, required: bool = False, nullable: bool = False
    ) -> "Form":
        """An absent section reads as an empty one."""
        value = self._value(name, required=required, nullable=nullable)
        if value is not None and not isinstance(value, dict):
            self.complain(name, "must be an object")
            value = None
        inner = Form(value or {}, where=f"{self._where}{name}.", wrong=self.wrong)
        inner.only(names)
        return inner

    def amount(self, name: str, *, required: bool = True) -> tuple[Any, str | None]:
        """(value, currency). A value with decimals passes: it has a number of its own."""
        section = self.section(name, ("value", "currency"), required=required)
        if not self.has(name):
            return None, None
        value = section.given.get("value")
        if isinstance(value, bool) or not isinstance(value, int | float):
            section.complain("value", "must be an integer")
        elif not 0 <= value <= 65_000_000:
            section.complain("value", "must be between 0 and 65000000")
        return value, section.choice("currency", ("NOK", "DKK", "EUR"), required=True)

    def _value(self, name: str, *, required: bool, nullable: bool = False) -> Any:
        value = self.given.get(name)
        if value is None and name in self.given and not nullable:
            self.complain(name, "must not be null")
        elif value is None and required:
            self.complain(name, "is required")
        return value
