"""`python -m keno_platform.recovery`: backups of the database, and restoring them. The verbs of `keno` end here."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from keno_platform.environment.catalogue import BY_NAME
from keno_platform.environment.reading import text_of
from keno_platform.recovery import backup as backups
from keno_platform.recovery.restore import Wanted, restore
from keno_platform.recovery.tools import RecoveryFailed

EMBEDDED = {"user": "postgres"}
"""Who may copy a local installation's server: its superuser, without a password."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when it is done; 1 when it could not be done, or a backup is not sound."""
    options = _parser().parse_args(arguments)
    try:
        {"backup": _backup, "restore": _restore, "verify": _verify}[options.what](options)
    except RecoveryFailed as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="keno", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    made = what.add_parser("backup", help="a verified base backup; encrypted with KENO_BACKUP_KEY")
    made.add_argument("directory", type=Path, help="where backups lie, each in a directory of its own")
    made.add_argument("--url", help="of a role with REPLICATION; without it KENO_BACKUP_URL, then DATABASE_URL")
    made.add_argument("--keep", type=int, default=0, metavar="N", help="let go all but the newest N")
    back = what.add_parser("restore", help="a backup into an empty directory, with the betting closed in it")
    back.add_argument("backup", type=Path)
    back.add_argument(
        "--to", type=Path, required=True, metavar="DIRECTORY", help="the server's directory, without data"
    )
    back.add_argument("--wal", type=Path, metavar="DIRECTORY", help="the archive of the write-ahead log")
    back.add_argument("--until", type=_moment, metavar="TIME", help="no further than then, as 2026-11-22T06:30:00Z")
    sound = what.add_parser("verify", help="hold a backup against its manifest again")
    sound.add_argument("backup", type=Path)
    return parser


def _backup(options: argparse.Namespace) -> None:
    made = backups.make(url=_address(options.url), directory=options.directory, key=_key(), tell=_say)
    facts = made.facts
    _say(f"{made.path}: {facts['files']:,} files, {facts['bytes'] / 1e6:,.1f} MB, up to {facts['ends_at']}; verified")
    if not facts["encrypted"]:
        _say("It is not encrypted: sealed seeds, players and bets can be read in it. KENO_BACKUP_KEY encrypts.")
    _say(f"Not in it, keep elsewhere: {', '.join(facts['not_in_it'])}; for a moment in time, the archive of the WAL.")
    for gone in backups.let_go(options.directory, keep=options.keep):
        _say(f"let go: {gone}")


def _restore(options: argparse.Namespace) -> None:
    backup = backups.find(options.backup)
    wanted = Wanted(backup=backup, home=options.to, key=_key(), wal=options.wal, until=options.until)
    done = restore(wanted, tell=_say)
    took = ", ".join(f"{name} in {seconds} s" for name, seconds in done.seconds.items())
    _say(f"{done.server.data}: {took}. It has what was committed up to {done.point:%Y-%m-%d %H:%M:%S.%f} UTC.")
    _say(f"Betting is closed for {len(done.closed)} operators: {', '.join(done.closed)}.")
    _say(
        "Start it, run check_invariants and verify_audit, reconcile each operator, then: keno reopen (docs/backup.md)."
    )


def _verify(options: argparse.Namespace) -> None:
    backup = backups.find(options.backup)
    scratch = options.backup.with_name(options.backup.name + ".verifying")
    backups.verify(backup, key=_key(), scratch=scratch)
    _say(f"{backup.path} is sound: {backup.facts['files']:,} files.")


def _address(given: str | None) -> str:
    found = given or _text("KENO_BACKUP_URL")
    if found:
        return found
    database = _text("DATABASE_URL")
    if not database:
        raise RecoveryFailed("Give the database's address: --url, KENO_BACKUP_URL or DATABASE_URL.")
    parts = conninfo_to_dict(database)
    # A local installation's own role may not copy the server; its superuser needs no password on this machine.
    is_local = parts.get("host") == "127.0.0.1" and parts.get("user") == "keno" and "password" not in parts
    return make_conninfo(database, **EMBEDDED) if is_local else database


def _key() -> bytes | None:
    text = _text("KENO_BACKUP_KEY")
    if not text:
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise RecoveryFailed("KENO_BACKUP_KEY must be 64 hex digits.")
    return key


def _text(name: str) -> str:
    return text_of(BY_NAME[name], os.environ)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
