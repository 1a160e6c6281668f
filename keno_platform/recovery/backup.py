"""Making a base backup of the running database, and letting old ones go."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from keno_platform.recovery import packing, tools
from keno_platform.recovery.tools import RecoveryFailed

PREFIX, UNFINISHED = "keno-", ".unfinished"
BASE, PACKED, FACTS = "base", "base.pack", "facts.json"
ELSEWHERE = ("KENO_SEAL_KEY", "KENO_SECRET_KEY", "KENO_CHAIN_KEY", "KENO_BACKUP_KEY", "KENO_REPORTS", "KENO_ARCHIVE")
"""What a backup has not: secrets, which must not lie beside it, and directories of files."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A finished backup: a directory with the data, plain or packed, and with facts about it."""

    path: Path
    facts: dict[str, Any]

    @property
    def is_packed(self) -> bool:
        return (self.path / PACKED).exists()

    @property
    def point(self) -> datetime:
        """Everything that was committed before this moment is in it."""
        return datetime.fromisoformat(self.facts["began_at"])


def make(*, url: str, directory: Path, key: bytes | None = None, tell: Tell = lambda line: None) -> Backup:
    """
    A base backup of the server behind `url`, with the WAL that it needs, verified; with a key, packed and encrypted.
    It has its name when it is whole.

    :raises RecoveryFailed: the role may not, a program is missing, or what was written does not verify.
    """
    facts = _facts_of(url)
    began = datetime.fromisoformat(facts["began_at"])
    final = directory / (f"{PREFIX}{began.astimezone(UTC):%Y%m%dT%H%M%S}{began.microsecond // 1000:03}Z")
    unfinished = final.with_name(final.name + UNFINISHED)
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        _copy(url, unfinished / BASE, final.name, tell)
        facts |= _end_of(unfinished / BASE, encrypted=key is not None)
        if key is not None:
            _pack(unfinished, key, tell)
        _write(unfinished / FACTS, json.dumps(facts, indent=2) + "\n")
        unfinished.rename(final)
        _sync(directory)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return Backup(path=final, facts=facts)


def find(path: Path) -> Backup:
    """
    A backup that was made before.

    :raises RecoveryFailed: there is none.
    """
    try:
        return Backup(path=path, facts=json.loads((path / FACTS).read_text(encoding="utf-8")))
    except (OSError, ValueError) as fault:
        raise RecoveryFailed(f"{path} is no finished backup: {fault}") from fault


def finished(directory: Path) -> list[Backup]:
    """The backups in a directory, oldest first."""
    places = sorted(place for place in directory.glob(f"{PREFIX}*Z") if (place / FACTS).exists())
    return [find(place) for place in places]


def verify(backup: Backup, *, key: bytes | None, scratch: Path) -> None:
    """
    Hold a backup against its manifest again; a packed one is unpacked into `scratch` for that, which is removed.

    :raises RecoveryFailed: it is not what was made.
    """
    if not backup.is_packed:
        _require_manifest(backup, backup.path / BASE)
        tools.verify(backup.path / BASE)
        return
    try:
        unpack(backup, scratch, key=key)
        tools.verify(scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def unpack(backup: Backup, place: Path, *, key: bytes | None) -> None:
    """
    The data of a backup in a directory of its own.

    :raises RecoveryFailed: the key is missing or another one, or the file is damaged.
    """
    if not backup.is_packed:
        shutil.copytree(backup.path / BASE, place, symlinks=True)
    elif key is None:
        raise RecoveryFailed(f"{backup.path} is encrypted: give KENO_BACKUP_KEY.")
    else:
        try:
            packing.unpack(backup.path / PACKED, place, key=key)
        except packing.PackInvalid as fault:
            raise RecoveryFailed(f"{backup.path}: {fault}") from fault
    _require_manifest(backup, place)


def let_go(directory: Path, *, keep: int) -> list[Path]:
    """Remove the oldest finished backups beyond the newest `keep`, and what was never finished."""
    gone = [one.path for one in finished(directory)[:-keep]] if keep > 0 else []
    gone += [place for place in directory.glob(f"{PREFIX}*{UNFINISHED}") if _is_abandoned(place)]
    for place in gone:
        shutil.rmtree(place)
    return gone


ABANDONED_AFTER_S = 24 * 3600


def _is_abandoned(place: Path) -> bool:
    return datetime.now(UTC).timestamp() - place.stat().st_mtime > ABANDONED_AFTER_S


def _facts_of(url: str) -> dict[str, Any]:
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(_FACTS).fetchone()
    except psycopg.Error as fault:
        raise RecoveryFailed(f"The database cannot be asked: {fault}") from fault
    if row is None or not row[0]:
        raise RecoveryFailed(
            "This role may not make base backups. Give the address of one with REPLICATION in KENO_BACKUP_URL or"
            " --url: CREATE ROLE keno_backup LOGIN REPLICATION, and a line for it in pg_hba.conf."
        )
    _, began, server, system, checksums = row
    return {"began_at": began.isoformat(), "server": server, "system": system, "data_checksums": checksums}


def _copy(url: str, place: Path, label: str, tell: Tell) -> None:
    tell("copying the database ...")
    options = ["--format=plain", "--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256"]
    arguments = ["--dbname", url, "--pgdata", str(place), "--label", label, "--no-password", *options]
    tools.call("pg_basebackup", *arguments, what="The backup could not be made")
    tell("verifying every file against the manifest ...")
    tools.verify(place)


def _pack(unfinished: Path, key: bytes, tell: Tell) -> None:
    tell("packing and encrypting ...")
    packing.pack(unfinished / BASE, unfinished / PACKED, key=key)
    shutil.rmtree(unfinished / BASE)


def _end_of(data: Path, *, encrypted: bool) -> dict[str, Any]:
    manifest = (data / "backup_manifest").read_bytes()
    listed = json.loads(manifest)
    [ranges] = listed["WAL-Ranges"][-1:]
    return {
        "ended_at": datetime.now(UTC).isoformat(),
        "timeline": ranges["Timeline"],
        "starts_at": ranges["Start-LSN"],
        "ends_at": ranges["End-LSN"],
        "files": len(listed["Files"]),
        "bytes": sum(one["Size"] for one in listed["Files"]),
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        "encrypted": encrypted,
        "not_in_it": list(ELSEWHERE),
    }


def _require_manifest(backup: Backup, data: Path) -> None:
    """The manifest vouches for the files, and this for the manifest."""
    manifest = data / "backup_manifest"
    found = hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest.exists() else "none"
    if found != backup.facts["manifest_sha256"]:
        raise RecoveryFailed(f"{data} is not sound: its manifest is another one than that of {backup.path}.")


def _write(file: Path, text: str) -> None:
    with file.open("x", encoding="utf-8") as output:
        output.write(text)
        output.flush()
        os.fsync(output.fileno())


def _sync(directory: Path) -> None:
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


_FACTS = """
    SELECT rolreplication OR rolsuper, clock_timestamp(), current_setting('server_version'),
           (SELECT system_identifier::text FROM pg_control_system()), current_setting('data_checksums')
    FROM pg_roles WHERE rolname = current_user
"""
