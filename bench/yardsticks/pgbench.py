"""
The yardstick of placement: `pgbench -M prepared`, 16 clients, a transaction for each bet that updates an account and
inserts a bet and a movement. Plain tables in a schema of its own, in the platform's database; no rule is checked.
"""

import os
import re
import resource
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.harness import PostgresCpu

CLIENTS, THREADS = 16, 2
ACCOUNTS = 1000
NAME = f"pgbench, {CLIENTS} clients, a transaction of three statements for each bet"
MISSING = (
    "No pgbench on the PATH, so there is no yardstick. Install it: apt install postgresql-contrib (or postgresql)."
)

_TABLES = f"""
    DROP SCHEMA IF EXISTS yardstick CASCADE;
    CREATE SCHEMA yardstick;
    CREATE TABLE yardstick.account (id bigint PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0));
    CREATE TABLE yardstick.bet (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id bigint NOT NULL, round_id bigint NOT NULL,
        picks bit(80) NOT NULL, stake bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE yardstick.movement (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id bigint NOT NULL, amount bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now());
    INSERT INTO yardstick.account SELECT n, 100000000000 FROM generate_series(1, {ACCOUNTS}) n;
    ANALYZE yardstick.account;
"""
_SCRIPT = f"""\\set account random(1, {ACCOUNTS})
\\set stake random(100, 1000)
BEGIN;
UPDATE yardstick.account SET balance = balance - :stake WHERE id = :account;
INSERT INTO yardstick.bet (account_id, round_id, picks, stake) VALUES (:account, 1, 7::bit(80), :stake);
INSERT INTO yardstick.movement (account_id, amount) VALUES (:account, 0 - :stake);
COMMIT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """
    What one run of pgbench reached: transactions a second, their mean latency, and for each the CPU of PostgreSQL
    and of pgbench itself.
    """

    rate: float
    latency_ms: float
    postgres_cpu_us: float | None
    client_cpu_us: float


def is_there() -> bool:
    """Whether this machine has pgbench."""
    return shutil.which("pgbench") is not None


def prepare() -> None:
    """Make the tables anew."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_TABLES)


def measure(database_url: str, *, seconds: int) -> Measured:
    """
    Run it for so long.

    :raises RuntimeError: pgbench failed, or a transaction did.
    """
    cpu = PostgresCpu()
    before, client = cpu.seconds(), _children_s()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bet.sql"
        script.write_text(_SCRIPT)
        load = ["-M", "prepared", "-c", str(CLIENTS), "-j", str(THREADS), "-T", str(seconds)]
        done = subprocess.run(
            ["pgbench", "-n", *load, "-f", str(script), database_url],  # noqa: S607  # the system's own
            capture_output=True,
            check=False,
            text=True,
            env={**os.environ, "PGOPTIONS": ""},
        )
    after, client = cpu.seconds(), _children_s() - client
    return _read(done, after - before if after is not None and before is not None else None, client)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _read(done: "subprocess.CompletedProcess[str]", cpu_s: float | None, client_s: float) -> Measured:
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    count = re.search(r"actually processed: (\d+)", done.stdout)
    latency = re.search(r"latency average = ([\d.]+) ms", done.stdout)
    if done.returncode or rate is None or count is None or latency is None:
        raise RuntimeError(f"pgbench failed: {done.stdout}\n{done.stderr}")
    return Measured(
        rate=float(rate[1]),
        latency_ms=float(latency[1]),
        postgres_cpu_us=cpu_s / int(count[1]) * 1e6 if cpu_s is not None else None,
        client_cpu_us=client_s / int(count[1]) * 1e6,
    )
