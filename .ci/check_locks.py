"""Checks that the lock files carry every requirement of pyproject.toml, in a version it allows. Offline."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def locked(path: Path) -> dict[str, str]:
    """Return the pinned version of every distribution in a lock file."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", path.read_text(), flags=re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def complaints(lock: str, wanted: list[str]) -> list[str]:
    """Return what a lock file lacks or pins outside what is asked for."""
    pins = locked(ROOT / lock)
    problems = []
    for text in wanted:
        requirement = Requirement(text)
        version = pins.get(canonicalize_name(requirement.name))
        if version is None:
            problems.append(f"{lock}: {requirement.name} is missing")
        elif not requirement.specifier.contains(version, prereleases=True):
            problems.append(f"{lock}: {requirement.name} {version} is not {requirement.specifier}")
    return problems


def differences(lock: str) -> list[str]:
    """Return what the development lock, which contains the others, has in another version."""
    development = locked(ROOT / "requirements-dev.lock")
    return [
        f"requirements-dev.lock: {name} is {development.get(name)}, in {lock} {version}"
        for name, version in locked(ROOT / lock).items()
        if development.get(name) != version
    ]


def main() -> int:
    """Compare, and say what to do."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    build = project["build-system"]["requires"]
    development = [text for text in project["dependency-groups"]["dev"] if isinstance(text, str)]
    problems = complaints("requirements.lock", runtime)
    problems += complaints("requirements-build.lock", build)
    problems += complaints("requirements-dev.lock", [*runtime, *build, *development])
    problems += differences("requirements.lock") + differences("requirements-build.lock")
    print(
        "\n".join([*problems, "the locks are behind pyproject.toml: make lock"])
        if problems
        else "Locks: in step"
    )
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
