"""
A line to the database that loses bytes and does not end: a worker that works by itself would read from it for ever. It
ends, and says where it stood.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from keno_platform.celery import app
from keno_platform.core.watchdog import STALLED
from keno_platform.local import children, ports
from keno_platform.local.programs import PROJECT
from rounds.services.tick import LEASE, STALL_S
from tests.support.database import parameters
from tests.support.rounds import wait_for

pytestmark = pytest.mark.usefixtures("committed")


@dataclass
class Tick:
    """A worker that drives the rounds, over a line that can be spoiled."""

    process: "subprocess.Popen[bytes]"
    log: Path
    mode: Path

    def leads(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM rounds_lease WHERE name = %s AND expires_at > clock_timestamp()", [LEASE])
            return cursor.fetchone() is not None


@pytest.fixture
def leader(tmp_path: Path) -> Iterator[Tick]:
    listen, queue = ports.find_free(), f"standing-{uuid4().hex}"
    target = parameters()["port"]
    proxy = [sys.executable, "-m", "tests.faults.proxy", str(tmp_path), f"database:{listen}:{target}"]
    worker = [sys.executable, "-m", "celery", "-A", "keno_platform", "worker", "-Q", queue, "-n", f"{queue}@%h"]
    line = make_conninfo(**parameters() | {"host": "127.0.0.1", "port": listen})
    log = tmp_path / "worker.log"
    with log.open("wb") as output:
        between = children.start(proxy, output=subprocess.DEVNULL, directory=PROJECT)
        process = children.start(
            [*worker, "--pool", "solo", "--without-gossip", "--without-mingle"],
            output=output,
            environment={**os.environ, "DATABASE_URL": line},
            directory=PROJECT,
        )
        try:
            for _ in range(4):
                app.send_task("rounds.tick", queue=queue)
            yield Tick(process, log, tmp_path / "database.mode")
        finally:
            children.stop(process)
            children.stop(between)


def test_a_worker_whose_line_lost_an_answer_ends_and_says_where_it_stood(leader: Tick) -> None:
    wait_for(leader.leads, what="a tick", seconds=90)
    leader.mode.write_text("oneway")
    assert leader.process.wait(STALL_S + 60) == STALLED
    told = leader.log.read_text()
    assert f"rounds.tick stood still for {STALL_S:.0f} s" in told
    assert "tick.py" in told


def test_a_worker_that_was_only_stopped_for_as_long_goes_on(leader: Tick) -> None:
    wait_for(leader.leads, what="a tick", seconds=90)
    leader.process.send_signal(signal.SIGSTOP)
    wait_for(lambda: not leader.leads(), what="the end of the lease", seconds=30)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [STALL_S])
    leader.process.send_signal(signal.SIGCONT)
    wait_for(leader.leads, what="the next tick", seconds=60)
