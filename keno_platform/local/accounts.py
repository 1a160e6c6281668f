"""The account that PostgreSQL runs under, because it refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

CANDIDATES = ("postgres", "nobody")


class Drop(TypedDict, total=False):
    """Arguments of subprocess.Popen that give up root's rights."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    name: str
    uid: int
    gid: int

    def drop(self) -> Drop:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, directory: Path) -> bool:
        """Whether this account reaches a directory: one closed parent, such as /root, is enough not to."""
        return self._succeeds("/bin/sh", "-c", 'test -x "$1"', "sh", str(directory))

    def can_run(self, program: Path) -> bool:
        return self._succeeds(str(program), "--version")

    def own(self, path: Path) -> None:
        """Give this account a file or a whole directory."""
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        if path.is_dir() and not path.is_symlink():
            for child in path.iterdir():
                self.own(child)

    def _succeeds(self, *command: str) -> bool:
        try:
            return subprocess.run(command, cwd="/", capture_output=True, check=False, **self.drop()).returncode == 0
        except OSError:
            return False


def find_unprivileged() -> Account | None:
    """
    The account to drop to, or None when this process is not root and needs none.

    :raises LookupError: this is root and the machine has no suitable account.
    """
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise LookupError(f"PostgreSQL does not run as root, and there is no account named {' or '.join(CANDIDATES)}.")


def drop_to(account: Account | None) -> Drop:
    return account.drop() if account else {}


def without_libpq_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which PGHOST, PGSSLMODE and the like cannot bend a connection to a private server."""
    return {name: value for name, value in environment.items() if not name.startswith("PG")}
