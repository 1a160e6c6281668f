"""Commands of the platform on a restored copy, and an operator's list as a file."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from keno_platform.local import accounts, children
from keno_platform.local.programs import PROJECT
from keno_platform.recovery import tools
from tests.support.rounds import wait_for

RUN = re.compile(r"(?<=; run )[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
RESOLVE = """
from reconciliation import services
from reconciliation.models import Difference
for one in Difference.objects.filter(run_id={run!r}, resolved_at__isnull=True):
    services.resolve_difference(difference=one, note="given back by hand", actor="drill")
"""


def manage(address: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command of manage.py on the database behind this address, with everything else as here."""
    environment = {**os.environ, "DATABASE_URL": address}
    line = [sys.executable, "manage.py", *arguments]
    return subprocess.run(line, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


def invariants(address: str, *, rounds: int = 20) -> dict[str, int]:
    """Every invariant that is violated on that database, with its count."""
    done = manage(address, "check_invariants", "--json", "--rounds", str(rounds))
    assert done.returncode in (0, 1), done.stderr
    return {one["code"]: one["count"] for one in json.loads(done.stdout) if one["count"]}


def write_list(rows: Sequence[Mapping[str, str]], file: Path) -> None:
    """An operator's list, as it would hand it over."""
    with file.open("w", newline="", encoding="utf-8") as output:
        writer = csv.DictWriter(output, fieldnames=sorted(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def ask(address: str, statement: str) -> list[Any]:
    """Every row of a statement on that database."""
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def reconcile(address: str, operator: str, file: Path) -> tuple[int, str]:
    """The exit code of a comparison with that file, and its run."""
    done = manage(address, "reconcile", "--operator", operator, "--file", str(file))
    found = RUN.search(done.stdout + done.stderr)
    assert found, done.stdout + done.stderr
    return done.returncode, found[0]


@contextmanager
def archiving(url: str, archive: Path, log: Path) -> Iterator[None]:
    """PostgreSQL's own receiver keeps the write-ahead log in a directory, as it is written."""
    archive.mkdir()
    line = [tools.program("pg_receivewal"), "--dbname", url, "--directory", str(archive), "--no-password"]
    with log.open("wb") as output:
        own = accounts.without_libpq_variables(os.environ)  # its name there is what `wait_for_wal` looks for
        receiver = children.start(line, output=output, directory=archive, environment=own)
        try:
            wait_for(lambda: any(archive.iterdir()), what=f"the first segment of WAL; see {log}")
            yield
            assert receiver.poll() is None, log.read_text()
        finally:
            children.stop(receiver)


def wait_for_wal(url: str) -> None:
    """Until the receiver has written what the server has written by now."""
    [(here,)] = ask(url, "SELECT pg_current_wal_flush_lsn()::text")
    written = (
        f"SELECT coalesce(bool_or(write_lsn >= '{here}'), false), array_agg(write_lsn::text) FROM pg_stat_replication"
        " WHERE application_name = 'pg_receivewal'"
    )
    wait_for(lambda: bool(ask(url, written)[0][0]), what=f"{here} at the receiver: {ask(url, written)}", seconds=60)
