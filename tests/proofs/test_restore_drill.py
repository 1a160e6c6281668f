"""
`make restore-drill`: a backup under play, its verification, one flipped byte that is found; then the database is killed
and its data are gone. The restore on a copy, all invariants, the record, and each operator that is ahead: shown,
explained, and only then open again. Prints how long it took (RTO) and what was lost (RPO).
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from keno_platform.local import postgres
from keno_platform.local.programs import PROJECT
from keno_platform.local.testing import temporary_home
from keno_platform.recovery import backup as backups
from keno_platform.recovery.backup import Backup
from keno_platform.recovery.restore import Restored, Wanted, restore
from keno_platform.recovery.tools import RecoveryFailed
from tests.recovery.drill import RESOLVE, RUN, archiving, ask
from tests.support.installation import Front, installation, pid_of, stop_server

MINUTES = float(os.environ.get("MINUTES", "2"))
PATIENCE_S = 600
KEY = secrets.token_bytes(32)
Report = dict[str, Any]


@pytest.mark.proof
def test_a_database_that_is_gone_comes_back_and_no_operator_is_opened_unheard() -> None:
    report: Report = {}
    with installation(patience_s=PATIENCE_S) as front, temporary_home() as place:
        environment = _environment(front)
        superuser = environment["DATABASE_URL"].replace("//keno@", "//postgres@").replace("/keno", "/postgres")
        time.sleep(MINUTES * 30)
        with archiving(superuser, place / "wal", place / "receiver.log"):
            backup = _back_up(superuser, place, report)
            time.sleep(MINUTES * 30)
            lists = _lose(front, environment, place, report)
        began = time.monotonic()
        restored = restore(Wanted(backup=backup, home=place / "copy", key=KEY, wal=place / "wal"), tell=print)
        with postgres.started(restored.server):
            _reopen(environment, restored, lists, report)
        report["rto_s"] = round(time.monotonic() - began, 1)
        report["restore_s"] = restored.seconds
    print(f"\n{json.dumps(report, indent=2, default=str)}")
    assert report["lost_bets"] <= report["bets"]
    assert report["rpo_s"] < 60


def _back_up(superuser: str, place: Path, report: Report) -> Backup:
    """An encrypted one that is kept, and a plain one in which a byte is flipped."""
    began = time.monotonic()
    kept = backups.make(url=superuser, directory=place / "backups", key=KEY, tell=print)
    report["backup_s"] = round(time.monotonic() - began, 1)
    report["backup_mb"] = round(kept.facts["bytes"] / 1e6, 1)
    report["packed_mb"] = round((kept.path / backups.PACKED).stat().st_size / 1e6, 1)
    backups.verify(kept, key=KEY, scratch=place / "scratch")
    with (kept.path / backups.PACKED).open("r+b") as file:
        for turn in range(2):  # flipped, found, and flipped back
            file.seek(kept.facts["bytes"] // 100)
            [byte] = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))
            file.flush()
            if turn == 0:
                with pytest.raises(RecoveryFailed) as found:
                    backups.verify(kept, key=KEY, scratch=place / "scratch")
                report["flipped_byte"] = str(found.value).splitlines()[0][-90:]
    return kept


def _lose(front: Front, environment: dict[str, str], place: Path, report: Report) -> dict[str, Path]:
    """The database dies and its data go. What the operators' own books say is all that is left of the last moments."""
    address = environment["DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as connection:
        report["bets"] = _bets(connection)
        os.kill(pid_of(front, "postgres"), signal.SIGKILL)
        report["lost_at"] = datetime.now(UTC)
    stop_server(front, "postgres")
    lists = _operators_lists(json.loads(front.home.demo.read_text()), place)
    front.stop()
    shutil.rmtree((front.home.postgres).resolve() / "data")
    return lists


def _operators_lists(demo: Report, place: Path) -> dict[str, Path]:
    """The books of the two operators that hold their players' money themselves, as they hand them over."""
    baobab = next(one for one in demo["operators"] if one["slug"] == "baobab")
    addresses = {
        "baobab": f"http://127.0.0.1:{baobab['port']}/reconciliation.csv",
        "sandbox": f"{demo['sandbox']['page']}state",
    }
    found = {}
    for slug, address in addresses.items():
        found[slug] = place / f"{slug}{Path(address).suffix or '.json'}"
        found[slug].write_text(httpx.get(address, timeout=60).raise_for_status().text)
    return found


def _reopen(environment: dict[str, str], restored: Restored, lists: dict[str, Path], report: Report) -> None:
    address = restored.server.address(user=postgres.OWNER, database=postgres.DATABASE)
    there = {**environment, "DATABASE_URL": address}
    with psycopg.connect(address, autocommit=True) as connection:
        report["lost_bets"] = max(0, report["bets"] - _bets(connection))
    report["restored_to"] = restored.point
    report["rpo_s"] = round((report["lost_at"] - restored.point).total_seconds(), 1)
    report["closed"] = list(restored.closed)
    for command in (["check_invariants", "--rounds", "30"], ["verify_audit"]):
        done = _manage(there, *command)
        assert done.returncode == 0, done.stdout + done.stderr
    for slug in restored.closed:
        report[slug] = _open_one(there, slug, lists.get(slug))
    assert ask(address, "SELECT count(*) FROM operators_operator WHERE status <> 'active'") == [(0,)]


def _open_one(there: dict[str, str], slug: str, file: Path | None) -> str:
    """Compare, explain what differs, and open; whose money is only here has no list to compare with."""
    if file is None:
        opened = _manage(there, "reopen", slug, "--without-comparison", "its players' money is in these books")
        assert opened.returncode == 0, opened.stderr
        return "opened by a note"
    assert _manage(there, "reopen", slug).returncode == 2
    compared = _manage(there, "reconcile", "--operator", slug, "--file", str(file))
    found = RUN.search(compared.stdout + compared.stderr)
    assert found, compared.stdout + compared.stderr
    if compared.returncode:
        assert _manage(there, "reopen", slug, "--run", found[0]).returncode == 2
        resolved = _manage(there, "shell", "-c", RESOLVE.format(run=found[0]))
        assert resolved.returncode == 0, resolved.stderr
    opened = _manage(there, "reopen", slug, "--run", found[0])
    assert opened.returncode == 0, opened.stderr
    [(missing,)] = ask(
        there["DATABASE_URL"], f"SELECT missing_here FROM reconciliation_reconciliationrun WHERE id = '{found[0]}'"
    )
    return f"compared: {missing} calls that the restored books had forgotten, each explained"


def _bets(connection: "psycopg.Connection[Any]") -> int:
    schemas = [row[0] for row in connection.execute("SELECT schema_name FROM operators_operator")]
    rows = [connection.execute(f"SELECT count(*) FROM {schema}.bets_bet".encode()).fetchone() for schema in schemas]
    return sum(row[0] for row in rows if row)


def _environment(front: Front) -> dict[str, str]:
    """What the installation's own processes see, read from one of them."""
    with open(f"/proc/{pid_of(front, 'web')}/environ", encoding="utf-8") as file:
        return dict(pair.split("=", 1) for pair in file.read().split("\0") if "=" in pair)


def _manage(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "manage.py", *arguments]
    return subprocess.run(line, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
