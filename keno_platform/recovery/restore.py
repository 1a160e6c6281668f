"""
Restoring: the data of a backup in a directory, brought forward by archived WAL as far as is wanted, and closed.

The restored server is started where nobody knows it, and every operator's betting is closed in it before it is stopped
again: whoever starts it afterwards starts a platform that takes no bets yet. See docs/backup.md.
"""

import shlex
import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from keno_platform.local import ports, postgres
from keno_platform.local.children import ServerFailed
from keno_platform.local.postgres import DATABASE, SUPERUSER, PostgresServer
from keno_platform.recovery import backup as backups
from keno_platform.recovery import tools
from keno_platform.recovery.backup import Backup, Tell
from keno_platform.recovery.tools import RecoveryFailed

JUMP = 1_000_000
PATIENCE_S = 3600
"""How long the WAL may take that has to be followed."""
STAGED = "wal-to-follow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is restored: into `home`, which has no data yet; with `wal` from an archive, maybe only up to `until`."""

    backup: Backup
    home: Path
    key: bytes | None = None
    wal: Path | None = None
    until: datetime | None = None
    database: str = DATABASE
    superuser: str = SUPERUSER


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A restored server, stopped. What was committed up to `point` is in it, as far as it can tell; `closed`: whom."""

    server: PostgresServer
    point: datetime
    closed: tuple[str, ...]
    seconds: dict[str, float]


def restore(wanted: Wanted, *, tell: Tell = lambda line: None) -> Restored:
    """
    Bring a backup back into a home of its own.

    :raises RecoveryFailed: there is data already, the backup is not sound, or the server does not come up on it.
    """
    server = _server_for(wanted)
    seconds: dict[str, float] = {}
    try:
        with _timed(seconds, "unpacked"):
            tell("unpacking ...")
            backups.unpack(wanted.backup, server.data, key=wanted.key)
        with _timed(seconds, "verified"):
            tell("verifying every file against the manifest ...")
            tools.verify(server.data)
        _ask_for_recovery(server, wanted)
        with _timed(seconds, "recovered"):
            tell("recovering, and closing the betting ...")
            point, closed = _recover_and_close(server, wanted)
    except ServerFailed as fault:
        raise RecoveryFailed(f"The server does not come up on the restored data.\n{fault}") from fault
    except tools.RecoveryFailed:
        shutil.rmtree(server.data, ignore_errors=True)
        raise
    shutil.rmtree(server.home / STAGED, ignore_errors=True)
    return Restored(server=server, point=point, closed=closed, seconds=seconds)


def _server_for(wanted: Wanted) -> PostgresServer:
    server = postgres.describe(home=wanted.home, port=ports.find_free())
    if server.data.exists():
        raise RecoveryFailed(f"{server.data} is there already. Move it away; nothing is restored over data.")
    return server


def _ask_for_recovery(server: PostgresServer, wanted: Wanted) -> None:
    """Recovery from an archive, even where there is none: it ends on a timeline of its own, by which it is known."""
    command = "false"
    if wanted.wal is not None:
        staged = _stage(wanted.wal, server, wanted.backup)
        command = f"cp {shlex.quote(str(staged))}/%f %p"
    lines = {"restore_command": command, "recovery_target_action": "promote", "archive_mode": "off"}
    if wanted.until is not None:
        lines["recovery_target_time"] = wanted.until.isoformat()
    with (server.data / "postgresql.auto.conf").open("a", encoding="utf-8") as output:
        output.writelines(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in lines.items())
    (server.data / "recovery.signal").touch()
    (server.data / "standby.signal").unlink(missing_ok=True)
    if server.account:
        server.account.own(server.data)


def _stage(archive: Path, server: PostgresServer, backup: Backup) -> Path:
    """The archive's files from the backup on, where the server's own account can read them."""
    staged = server.home / STAGED
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    for file in sorted(archive.iterdir()):
        # What a receiver was writing when the server died is as good as whole, up to where it ends.
        target = staged / file.name.removesuffix(".partial")
        if not target.exists() and (file.suffix == ".history" or file.name >= _first_segment(backup)):
            shutil.copyfile(file, target)
    if server.account:
        server.account.own(staged)
    return staged


def _first_segment(backup: Backup) -> str:
    """The name of the file in which the backup's part of the log begins: segments have 16 MB."""
    high, _, low = backup.facts["starts_at"].partition("/")
    return f"{backup.facts['timeline']:08X}{int(high, 16):08X}{int(low, 16) >> 24:08X}"


def _recover_and_close(server: PostgresServer, wanted: Wanted) -> tuple[datetime, tuple[str, ...]]:
    with postgres.started(server, patience_s=PATIENCE_S):
        address = server.address(user=wanted.superuser, database=wanted.database)
        with psycopg.connect(address, autocommit=True) as connection:
            _wait_for_promotion(connection)
            replayed = _one(connection, "SELECT pg_last_xact_replay_timestamp()")
            point = max(replayed or wanted.backup.point, wanted.backup.point)
            closed = _close(connection, point)
            for name in ("restore_command", "recovery_target_time", "recovery_target_action", "archive_mode"):
                connection.execute(f"ALTER SYSTEM RESET {name}".encode())
            connection.execute("CHECKPOINT")
    return point, closed


def _wait_for_promotion(connection: "psycopg.Connection[Any]") -> None:
    end = time.monotonic() + PATIENCE_S
    while _one(connection, "SELECT pg_is_in_recovery()"):
        if time.monotonic() > end:
            raise RecoveryFailed("The server still recovers after an hour.")
        time.sleep(0.05)


def _close(connection: "psycopg.Connection[Any]", point: datetime) -> tuple[str, ...]:
    if _one(connection, "SELECT to_regproc('public.close_after_restore') IS NULL"):
        raise RecoveryFailed("This backup is older than this version: restore it with the version that made it.")
    reason = f"restored to {point:%Y-%m-%d %H:%M:%S} UTC; compare with the operator's books first"
    with connection.transaction():
        rows = connection.execute("SELECT * FROM public.close_after_restore(%s, %s)", [reason, point]).fetchall()
        connection.execute("SELECT public.jump_sequences(%s)", [JUMP])
    return tuple(slug for (slug,) in rows)


def _one(connection: "psycopg.Connection[Any]", statement: str) -> Any:
    row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None


class _timed:
    """Writes down how long a block took."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name = seconds, name

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = round(time.monotonic() - self._began, 2)
