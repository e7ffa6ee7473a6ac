"""A PostgreSQL cluster on disk: its folder, whose it is, the programs it runs with, and how it is made.

Its layout:

    home/
    ├── cluster/       PostgreSQL's own data directory; present means complete
    ├── password       of the superuser `postgres`
    ├── programs/      only as root, when the programs lie where the server's account cannot reach them
    ├── lock           held by the keeper of the server; server.json says where that server listens
    └── server.log     of the last start
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import time
from pathlib import Path
from typing import IO, Any


class CannotStart(Exception):
    """Told to the caller as it is."""


class Cluster:
    """One cluster's folder, and the programs run on it as the right account."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.home = Path(plan["home"])
        self.data = self.home / "cluster"
        self.bin = Path(plan["bin"])
        self.temporary: bool = plan["temporary"]
        self._is_durable: bool = plan["settings"].get("fsync") != "off"
        self._copies: list[tuple[str, str]] = plan["copies"]
        self._account: dict[str, Any] = plan["account"]  # as subprocess takes it; empty: ourselves

    def claim_folder(self) -> None:
        """Make the folder, for the server's account alone."""
        os.umask(0o022)  # new parent folders must let that account pass
        self.home.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            self.home.mkdir(mode=0o700)
        if self._account and self.home.stat().st_uid == 0:
            if any(self.home.iterdir()):
                raise CannotStart(f"{self.home} holds files of root's: choose an empty or new folder")
            self.give_away(self.home)
        if self.home.stat().st_uid != self._account.get("user", os.geteuid()):
            raise CannotStart(f"{self.home} belongs to another user: choose another folder, or remove it")

    def prepare(self) -> None:
        """Bring programs and data to where a server can start on them. The caller holds the lock."""
        self._bring_programs()
        if not (self.data / "PG_VERSION").exists():
            self._make()
        self._refuse_other_major_version()

    def _bring_programs(self) -> None:
        shutil.rmtree(self.home / "programs", ignore_errors=True)  # those of a wheel since upgraded
        unneeded = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig")
        for source, target in self._copies:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            if Path(source).is_dir():
                shutil.copytree(source, target, symlinks=True, ignore=unneeded)
            else:
                shutil.copy2(source, target)
        for folder, _, files in os.walk(self.home / "programs"):
            for path in (Path(folder), *(Path(folder, name) for name in files)):
                self.give_away(path)

    def _make(self) -> None:
        """Make it beside and rename it, so that an interrupted initdb leaves nothing half done behind."""
        new, password = self.home / "cluster.new", self.home / "password"
        shutil.rmtree(new, ignore_errors=True)
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        self.give_away(password)
        options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}", "--no-locale"]
        options += ["--encoding=UTF8", *([] if self._is_durable else ["--no-sync"])]
        with self.open_log() as log:
            made = subprocess.run(
                [str(self.bin / "initdb"), "-D", str(new), *options], stdout=log, **self.as_server()
            )
        if made.returncode:
            raise CannotStart(f"initdb failed:\n{self.end_of_log()}")
        new.rename(self.data)

    def _refuse_other_major_version(self) -> None:
        data = (self.data / "PG_VERSION").read_text().strip()
        command = [str(self.bin / "postgres"), "--version"]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, **self.as_server()).stdout
        programs = re.search(r"\(PostgreSQL\) (\d+)", told)
        if programs and programs[1] != data:
            raise CannotStart(
                f"{self.home} was made by PostgreSQL {data}, the programs at hand are {programs[1]}: "
                "remove the folder, or set EMBEDDED_PG_BIN to the matching programs"
            )

    def is_served_by(self, process_id: int) -> bool:
        """Tell whether that server has written into its pid file that it takes connections."""
        with contextlib.suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return len(lines) > 7 and int(lines[0]) == process_id and lines[7].strip() == "ready"
        return False

    def remove(self) -> None:
        """Delete the whole folder. Backends of a killed server may still be writing: insist."""
        for _ in range(50):
            shutil.rmtree(self.home, ignore_errors=True)
            if not self.home.exists():
                return
            time.sleep(0.1)

    def as_server(self) -> dict[str, Any]:
        """Return what subprocess needs to run a program as the server's account, without our PG* variables."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment["LC_ALL"] = "C"
        streams = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        return {**streams, "cwd": "/", "env": environment, **self._account}

    def give_away(self, path: Path) -> None:
        """Hand a path of ours to the server's account."""
        if self._account:
            os.chown(path, self._account["user"], self._account["group"], follow_symlinks=False)

    def open_log(self) -> IO[bytes]:
        """Begin a new log. A file and not a pipe: the server must not depend on somebody reading."""
        return (self.home / "server.log").open("wb")

    def end_of_log(self) -> str:
        """Return the last lines of the log, for an error message."""
        return (self.home / "server.log").read_text(errors="replace")[-2000:].strip()
