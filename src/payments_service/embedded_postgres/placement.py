"""Which account runs the server, and where its folder lies, so that it works as root and as anybody else.

PostgreSQL refuses to run as root. Started by root it therefore runs as the owner of its folder, or, when that
is new, as an account every system has. No account is created and no permission of an existing folder changed:
what that account cannot reach (a home with mode 0700) is left closed, and another place is used.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from payments_service.embedded_postgres.binaries import EmbeddedPostgresError

BORROWED_ACCOUNTS = ("postgres", "nobody")
PUBLIC_FOLDERS = (Path("/var/tmp"), Path("/tmp"))  # the first survives a reboot


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a program runs as."""

    user: int
    group: int

    def may_pass(self, path: Path) -> bool:
        """Tell whether this account can get to a path, which need not exist yet."""
        existing = [place for place in (path, *path.parents) if place.exists()]
        return all(self._may_enter(place.stat()) for place in existing)

    def _may_enter(self, status: os.stat_result) -> bool:
        if status.st_uid == self.user:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.group:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a cluster's folder lies, who runs it (None: ourselves), and from where."""

    home: Path
    account: Account | None
    bin: Path
    copies: tuple[tuple[Path, Path], ...]  # (from, to): programs brought to where the account can run them


def place(data_dir: Path | None, binaries: Path) -> Placement:
    """Decide on all of it without touching the disk."""
    wanted = data_dir.expanduser().resolve() if data_dir else None
    if os.geteuid() != 0:
        return Placement(wanted or _new_temporary(Path(tempfile.gettempdir())), None, binaries, ())
    account = _account_for(wanted)
    home = _reachable_home(wanted, account)
    if all(account.may_pass(binaries / program) for program in ("initdb", "postgres")):
        return Placement(home, account, binaries, ())
    return _with_copied_binaries(home, account, binaries)


def _account_for(home: Path | None) -> Account:
    if home and home.exists() and (status := home.stat()).st_uid != 0:
        return Account(status.st_uid, status.st_gid)
    for name in BORROWED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        "running as root, and no account postgres or nobody to step down to: set DATABASE_URL"
    )


def _reachable_home(wanted: Path | None, account: Account) -> Path:
    if wanted is None:
        choices = (Path(tempfile.gettempdir()).resolve(), *PUBLIC_FOLDERS)
        return _new_temporary(next((place for place in choices if account.may_pass(place)), choices[0]))
    if account.may_pass(wanted.parent):
        return wanted
    tag = hashlib.sha256(str(wanted).encode()).hexdigest()[:12]  # the same folder again at the next start
    return PUBLIC_FOLDERS[0] / f"embedded-postgres-{tag}"


def _new_temporary(parent: Path) -> Path:
    return parent / f"embedded-postgres-{secrets.token_hex(6)}"


def _with_copied_binaries(home: Path, account: Account, binaries: Path) -> Placement:
    """Run the programs from a copy inside the cluster's own folder (about 20 MB), which goes with it.

    Programs find their libraries by relative paths, so the copy keeps the layout `package/installation/bin`
    and `package.libs` beside it.
    """
    installation, package = binaries.parent, binaries.parent.parent
    target = home / "programs" / package.name / installation.name
    copies = [(binaries / program, target / "bin" / program) for program in ("initdb", "postgres")]
    copies += [(installation / part, target / part) for part in ("lib", "share")]
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        copies.append((libraries, home / "programs" / libraries.name))
    return Placement(home, account, target / "bin", tuple(copies))
