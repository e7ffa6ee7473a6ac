"""Runs the demo as a process of its own, follows what it prints, and knows what belongs to it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.embedded_postgres.owners import comes_true, has_ended

SOURCES = Path(__file__).parents[2] / "src"
NOT_INHERITED = {"DATABASE_URL", "FORCE_COLOR", "NO_COLOR"}


class Played:
    """A running demo and its output so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def prints(self, text: str, *, seconds: float = 40) -> bool:
        """Wait until a text has been printed."""
        return (
            comes_true(lambda: text in self.output or self.has_ended, seconds=seconds) and text in self.output
        )

    @property
    def has_ended(self) -> bool:
        return not self._reader.is_alive()

    def ends_by(self, number: int) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(40)

    def belongings(self) -> list[psutil.Process]:
        """Return every process that was started on its behalf."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))


def folder_of_postgres(processes: list[psutil.Process]) -> Path:
    """Return the folder of the server among these processes."""
    commands = [process.cmdline() for process in processes]
    data = next(command[command.index("-D") + 1] for command in commands if "-D" in command)
    return Path(data).parent


def all_gone(processes: list[psutil.Process], *, seconds: float = 10) -> bool:
    """Wait until none of them runs any more."""
    return comes_true(lambda: all(has_ended(process) for process in processes), seconds=seconds)


@contextmanager
def played(*arguments: str, cwd: Path | None = None, **environment: str) -> Iterator[Played]:
    """Run Python with these arguments, and make sure it ends."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**inherited, "PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": "1", **environment},
    )
    try:
        yield Played(process)
    finally:
        process.terminate()
        try:
            process.wait(40)
        finally:
            process.kill()
            assert process.stdout is not None
            process.stdout.close()


DEMO = ("-m", "payments_service", "demo")
#: The demo without its story: what is left is everything it stands on.
WITHOUT_STORY = """
from payments_service.demo.play import run
raise SystemExit(run(once={once}, port=0, story=lambda stage, apis: None))
"""
