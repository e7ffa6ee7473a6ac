"""docs/settings.md and .env.example know every variable, and say the same as the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from payments_service.api.fields import paytime
from payments_service.settings import Settings

ROOT = Path(__file__).parents[2]
ROWS = dict(
    re.findall(
        r"^\| `([A-Z_]+)` \| ([^|]+?) \|",
        (ROOT / "docs/settings.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
)
EXAMPLE = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
VARIABLES = [name.upper() for name in Settings.model_fields]


def test_the_table_and_the_example_have_each_variable_once() -> None:
    assert sorted(ROWS) == sorted(VARIABLES)
    assert sorted(EXAMPLE) == sorted(VARIABLES)


@pytest.mark.parametrize("variable", VARIABLES)
def test_the_table_says_the_default(variable: str) -> None:
    field = Settings.model_fields[variable.lower()]
    said = ROWS[variable].strip("`")
    if field.is_required():
        assert said == "required"
    elif field.default in (None, ()):
        assert said in {"unset", "origin of `RETURN_URL", "required for `ecom", "required for `epayment"}
    elif variable == "WAITING_LIST_PAYTIME":
        assert said == paytime(field.default)
    else:
        assert (
            said == f"{field.default:g}" if isinstance(field.default, float) else said == str(field.default)
        )


def test_the_example_starts_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    settings = Settings(_env_file=ROOT / ".env.example")
    assert settings.environment == "development"
    assert isinstance(settings.jwt_key, SecretStr)
